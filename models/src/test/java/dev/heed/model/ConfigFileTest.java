package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
  @TempDir Path folder;

  @Test
  void valuesHaveTheTypesOfTheFile() {
    ConfigFile file =
        read(
            """
            {"text": "é\\n", "whole": 7, "large": 9007199254740993, "real": 1e-05, "yes": true,
             "no": false, "nothing": null, "list": [1, "a", [null]], "inner": {"b": 2.0}}\
            """);
    assertThat(file.name()).isEqualTo("config.json");
    assertThat(file.values().keySet())
        .containsExactly("text", "whole", "large", "real", "yes", "no", "nothing", "list", "inner");
    assertThat(file.string("text")).isEqualTo("é\n");
    assertThat(file.integer("whole")).isEqualTo(7);
    assertThat(file.number("whole")).isEqualTo(7.0);
    assertThat(file.values().get("large")).isEqualTo(9007199254740993L);
    assertThat(file.number("real")).isEqualTo(1e-5);
    assertThat(file.value("yes")).contains(true);
    assertThat(file.value("no")).contains(false);
    assertThat(file.value("nothing")).isEmpty();
    assertThat(file.value("absent")).isEmpty();
    assertThat(file.value("list")).contains(Arrays.asList(1L, "a", Arrays.asList((Object) null)));
    assertThat(file.value("inner")).contains(Map.of("b", 2.0));
  }

  @Test
  void anotherTypeIsRefusedWithTheKeyAndTheValue() {
    ConfigFile file = read("{\"a\": \"12\", \"b\": 1.5, \"c\": 4294967296, \"d\": null}");
    assertThatThrownBy(() -> file.integer("a"))
        .isInstanceOf(ModelException.class)
        .hasMessage("config.json: a must be a whole number: received 12");
    assertThatThrownBy(() -> file.integer("b")).hasMessageContaining("received 1.5");
    assertThatThrownBy(() -> file.integer("c")).hasMessageContaining("received 4294967296");
    assertThatThrownBy(() -> file.integer("d")).hasMessageContaining("received null");
    assertThatThrownBy(() -> file.number("a"))
        .isInstanceOf(ModelException.class)
        .hasMessage("config.json: a must be a number: received 12");
    assertThatThrownBy(() -> file.string("b"))
        .isInstanceOf(ModelException.class)
        .hasMessage("config.json: b must be a text: received 1.5");
    assertThatThrownBy(() -> file.string("absent")).isInstanceOf(ModelException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[1]",
        "7",
        "{\"a\": 1",
        "{\"a\" 1}",
        "{\"a\": [1, 2}",
        "{\"a\": 1, \"a\": 2}",
        "{\"a\": {\"b\": 1, \"b\": 1}}",
        "{\"a\": NaN}",
        "{\"a\": 12345678901234567890}",
        "nul"
      })
  void whatIsNoObjectIsRefusedWithTheFile(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("config.json");
  }

  @Test
  void nestingIsReadUntilALimit() {
    String open = "{\"a\":".repeat(64);
    ConfigFile deep = read(open + "1" + "}".repeat(64));
    assertThat(deep.value("a").orElseThrow()).isInstanceOf(Map.class);
    assertThatThrownBy(() -> read(open + "{\"a\":1}" + "}".repeat(64)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("64");
    assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(100_000)))
        .isInstanceOf(ModelException.class);
  }

  @Test
  void aFileThatIsTooLargeIsRefusedBeforeItIsRead() throws IOException {
    Path file = folder.resolve("config.json");
    Files.write(file, new byte[(16 << 20) + 1]);
    assertThatThrownBy(() -> ConfigFile.read(file))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("16777216")
        .hasMessageContaining("16777217");
  }

  @Test
  void aMissingFileIsAnInputError() {
    assertThatThrownBy(() -> ConfigFile.read(folder.resolve("none.json")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("none.json");
  }

  @Test
  void whatIsWrittenIsReadAgainInTheSameOrder() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("z", "\"quoted\" \u2028");
    values.put("a", Long.MIN_VALUE);
    values.put("m", List.of(0.1, true, Map.of("k", List.of())));
    values.put("b", null);
    Path file = folder.resolve("config.json");
    new ConfigFile("config.json", values).write(file);
    ConfigFile read = ConfigFile.read(file);
    assertThat(read.values()).isEqualTo(values);
    assertThat(read.values().keySet()).containsExactly("z", "a", "m", "b");
  }

  @Test
  void aValueThatJsonLacksIsRefused() {
    ConfigFile file = new ConfigFile("config.json", Map.of("a", new StringBuilder("b")));
    assertThatThrownBy(() -> file.write(folder.resolve("config.json")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("StringBuilder");
  }

  private ConfigFile read(String text) {
    Path file = folder.resolve("config.json");
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ConfigFile.read(file);
  }
}
