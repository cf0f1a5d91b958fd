package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Holds all sources to google-java-format. With `-Dheed.format=write` it rewrites them instead.
///
/// It is a test and no plugin because Maven itself may run on a JDK that is too old for the
/// formatter, while tests always run on the JDK that Heed needs.
class FormatTest {
  private static final String COMMAND =
      "mvn -q -Dquick test -pl architecture -am -Dtest=FormatTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dheed.format=write";

  @Test
  void allSourcesAreFormatted() throws IOException {
    Map<String, String> wrong = new TreeMap<>();
    List<Path> sources = Repository.files(".java");
    assertThat(sources).hasSizeGreaterThan(50);
    boolean write = System.getProperty("heed.format", "").equals("write");
    sources.parallelStream()
        .forEach(source -> {
          String said = difference(source, write);
          if (!said.isEmpty()) {
            synchronized (wrong) {
              wrong.put(Repository.name(source), said);
            }
          }
        });
    assertThat(wrong.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()))
        .as("sources that are not formatted; this formats them:%n  %s%n", COMMAND)
        .isEmpty();
  }

  /// What is wrong with a source; empty when nothing is, or when it was rewritten.
  private static String difference(Path source, boolean write) {
    try {
      String text = Repository.text(source);
      String formatted = new Formatter().formatSourceAndFixImports(text);
      if (formatted.equals(text)) {
        return "";
      }
      if (write) {
        Files.writeString(source, formatted);
        return "";
      }
      List<String> before = text.lines().collect(Collectors.toList());
      List<String> after = formatted.lines().collect(Collectors.toList());
      int line = 0;
      while (line < before.size()
          && line < after.size()
          && before.get(line).equals(after.get(line))) {
        line++;
      }
      return "first at line " + (line + 1);
    } catch (FormatterException | IOException e) {
      return "cannot be read: " + e.getMessage();
    }
  }
}
