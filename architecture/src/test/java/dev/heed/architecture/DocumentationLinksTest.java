package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class DocumentationLinksTest {
  // [text](target) and ![picture](target), and the two attributes of HTML inside Markdown.
  private static final Pattern LINK =
      Pattern.compile("\\]\\(([^)\\s]+)\\)|(?:src|href|srcset)=\"([^\"]+)\"");
  private static final Pattern CODE =
      Pattern.compile("^```.*?^```|`[^`\\n]+`", Pattern.DOTALL | Pattern.MULTILINE);

  @Test
  void everyLinkInTheDocumentationPointsAtSomething() throws IOException {
    List<String> broken = new ArrayList<>();
    int checked = 0;
    for (Path page : Repository.files(".md")) {
      // Links in code are examples.
      Matcher link = LINK.matcher(CODE.matcher(Repository.text(page)).replaceAll("code"));
      while (link.find()) {
        String target = link.group(1) != null ? link.group(1) : link.group(2);
        if (!target.matches("(https?|mailto):.*")) {
          checked++;
          if (!leadsSomewhere(page, target)) {
            broken.add(Repository.name(page) + " → " + target);
          }
        }
      }
    }
    assertThat(broken).as("links that lead nowhere").isEmpty();
    assertThat(checked).isGreaterThan(20);
  }

  private static boolean leadsSomewhere(Path page, String target) throws IOException {
    int hash = target.indexOf('#');
    String path = hash < 0 ? target : target.substring(0, hash);
    Path file = path.isEmpty() ? page : page.resolveSibling(path).normalize();
    if (!Files.exists(file) || !file.startsWith(Repository.ROOT.normalize())) {
      return false;
    }
    if (hash < 0 || !file.toString().endsWith(".md")) {
      return true;
    }
    return anchors(file).contains(target.substring(hash + 1));
  }

  /// The anchors that a page's headings get: lower case, blanks to dashes, punctuation dropped.
  private static Set<String> anchors(Path page) throws IOException {
    return Repository.text(page)
        .lines()
        .filter(line -> line.matches("#{1,6} .*"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .collect(Collectors.toSet());
  }
}
