package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class NothingPrivateTest {
  // Put together here so that this file does not hold what it looks for.
  private static final Pattern MACHINE =
      Pattern.compile(
          "(?<![\\w./$}])/(?:"
              + "root|work|Users)/[\\w.]|(?<![\\w./$}])/ho"
              + "me/(?!linuxbrew)\\w");
  private static final Pattern REGISTRY =
      Pattern.compile(
          "repo1?\\.ma"
              + "ven|registry\\.np"
              + "mjs|files\\.pyth"
              + "onhosted|(?<!\\w)py"
              + "pi\\.");

  @Test
  void noFileNamesAPathOfAMachine() throws IOException {
    assertThat(found(MACHINE)).isEmpty();
  }

  @Test
  void noFileNamesAPackageRegistry() throws IOException {
    assertThat(found(REGISTRY)).isEmpty();
  }

  @Test
  void thePatternsFindWhatTheyAreFor() {
    assertThat(MACHINE.matcher("see /ho" + "me/somebody/x").find()).isTrue();
    assertThat(MACHINE.matcher("\"/ro" + "ot/.m2\"").find()).isTrue();
    assertThat(MACHINE.matcher("https://example.org/ho" + "me/page").find()).isFalse();
    assertThat(REGISTRY.matcher("https://repo.ma" + "ven.apache.org/x").find()).isTrue();
  }

  private static List<String> found(Pattern pattern) throws IOException {
    List<String> found = new ArrayList<>();
    for (Path file : Repository.files(file -> true)) {
      try {
        int line = 0;
        for (String text : Repository.text(file).split("\n", -1)) {
          line++;
          if (pattern.matcher(text).find()) {
            found.add(Repository.name(file) + ":" + line + ": " + text.strip());
          }
        }
      } catch (CharacterCodingException e) {
        // A binary file: an archive, weights, a picture.
        continue;
      }
    }
    return found;
  }
}
