package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Every library in the archive stands in THIRD-PARTY.md, with a licence that allows it there.
class ThirdPartyTest {
  // "| `picocli` | Apache-2.0 | the command line |"
  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([^`]+)` \\| ([^|]+?) \\|");
  private static final String ALLOWED =
      "Apache-2\\.0|MIT|BSD-[23]-Clause|WordNet-3\\.1|Unicode-3\\.0";

  @Test
  void everyLibraryThatIsShippedIsNamedWithItsLicence() throws IOException {
    Path shipped = Repository.ROOT.resolve("app/target/heed/lib");
    assumeThat(shipped).as("the archive is built by `mvn package`, which has not run").exists();
    Map<String, String> licences = new TreeMap<>();
    Matcher row = ROW.matcher(Repository.text(Repository.ROOT.resolve("THIRD-PARTY.md")));
    while (row.find()) {
      licences.put(row.group(1), row.group(2));
    }
    try (Stream<Path> jars = Files.list(shipped)) {
      assertThat(jars.map(jar -> jar.getFileName().toString().replaceFirst("\\.jar$", "")))
          .filteredOn(jar -> !jar.equals("heed") && !jar.startsWith("heed-"))
          .as("libraries in the archive, and the rows of THIRD-PARTY.md")
          .containsExactlyInAnyOrderElementsOf(licences.keySet());
    }
    assertThat(licences).allSatisfy((jar, licence) -> assertThat(licence).matches(ALLOWED));
  }
}
