package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Seeded damage; the long search is `ConfigFuzzTest`.
class DamagedConfigTest {
  private static final int ROUNDS = 40;
  private static final Pattern VALUE =
      Pattern.compile(": (\"[^\"]*\"|-?\\d[0-9.e+-]*|true|false|null|\\[[^]]*])");
  private static final String[] ODD = {
    "null",
    "true",
    "false",
    "-1",
    "0",
    "1",
    "2",
    "3",
    "7",
    "2147483647",
    "4294967296",
    "9223372036854775807",
    "99999999999999999999999",
    "1e308",
    "-0.5",
    "0.5",
    "\"\"",
    "\"x\"",
    "\"24\"",
    "[]",
    "[1]",
    "[\"GPT2LMHeadModel\"]",
    "{}",
    "{\"a\": []}"
  };

  @TempDir private Path parent;

  static List<Path> models() throws IOException {
    return DamagedConfig.models();
  }

  @ParameterizedTest
  @MethodSource("models")
  void otherValuesGiveAModelOrAClearError(Path model) throws IOException {
    Path folder = DamagedConfig.withWeightsOf(model, parent);
    String valid = Files.readString(model.resolve("config.json"));
    List<MatchResult> values = VALUE.matcher(valid).results().toList();
    assertThat(values).hasSizeGreaterThan(10);
    SplittableRandom random = new SplittableRandom(9);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      MatchResult value = values.get(random.nextInt(values.size()));
      String damaged =
          valid.substring(0, value.start(1))
              + ODD[random.nextInt(ODD.length)]
              + valid.substring(value.end(1));
      refused += opens(folder, damaged) ? 0 : 1;
    }
    assertThat(refused).isGreaterThan(ROUNDS / 10);
  }

  @ParameterizedTest
  @MethodSource("models")
  void otherBytesGiveAModelOrAClearError(Path model) throws IOException {
    Path folder = DamagedConfig.withWeightsOf(model, parent);
    String valid = Files.readString(model.resolve("config.json"));
    SplittableRandom random = new SplittableRandom(10);
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder damaged = new StringBuilder(valid);
      damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(1, 256));
      if (random.nextInt(8) == 0) {
        damaged.setLength(random.nextInt(damaged.length()));
      }
      opens(folder, damaged.toString());
    }
  }

  private static boolean opens(Path folder, String config) {
    try {
      return DamagedConfig.open(folder, config.getBytes(StandardCharsets.UTF_8));
    } catch (RuntimeException | Error e) {
      throw new AssertionError(config, e);
    }
  }
}
