package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;

/// Seeded damage; the long search is `TokenizerJsonFuzzTest`.
class DamagedFilesTest {
  private static final int ROUNDS = 1500;
  private static final List<@Nullable Object> ODD =
      Arrays.asList(
          null,
          true,
          -1L,
          0L,
          1L,
          1e308,
          Long.MAX_VALUE,
          1L << 31,
          "",
          "x",
          "▁",
          "[UNK]",
          List.of(),
          Map.of(),
          List.of("a", "b"),
          List.of(0L, 1L),
          "(a*)*b",
          "Sequence",
          "NFD");

  static List<byte[]> valid() {
    return DamagedFiles.valid().toList();
  }

  @ParameterizedTest
  @MethodSource("valid")
  void otherValuesAnywhereGiveATokenizerOrAClearError(byte[] valid) throws IOException {
    assertThat(DamagedFiles.read(valid)).isTrue();
    SplittableRandom random = new SplittableRandom(7);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<Runnable> changes = new ArrayList<>();
      Object root = parse(valid);
      collect(root, changes, random);
      changes.get(random.nextInt(changes.size())).run();
      byte[] damaged = write(root);
      try {
        refused += DamagedFiles.read(damaged) ? 0 : 1;
      } catch (RuntimeException | Error e) {
        throw new AssertionError(
            "round %d: %s".formatted(round, new String(damaged, StandardCharsets.UTF_8)), e);
      }
    }
    assertThat(refused).isGreaterThan(ROUNDS / 50);
  }

  @ParameterizedTest
  @MethodSource("valid")
  void otherBytesAnywhereGiveATokenizerOrAClearError(byte[] valid) throws IOException {
    SplittableRandom random = new SplittableRandom(8);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] damaged = valid.clone();
      for (int i = random.nextInt(3); i >= 0; i--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      if (random.nextInt(8) == 0) {
        damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      }
      try {
        DamagedFiles.read(damaged);
      } catch (RuntimeException | Error e) {
        throw new AssertionError(
            "round %d: %s".formatted(round, new String(damaged, StandardCharsets.UTF_8)), e);
      }
    }
  }

  @Test
  void everyKindOfValueIsAmongTheChanges() throws IOException {
    List<Runnable> changes = new ArrayList<>();
    collect(parse(valid().getFirst()), changes, new SplittableRandom(1));
    assertThat(changes).hasSizeGreaterThan(300);
  }

  /// A change for every member and every element: another value there, or none.
  @SuppressWarnings("unchecked")
  private static void collect(
      @Nullable Object value, List<Runnable> changes, SplittableRandom random) {
    if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> fields = (Map<String, @Nullable Object>) map;
      for (String key : List.copyOf(fields.keySet())) {
        changes.add(
            random.nextInt(4) == 0
                ? () -> fields.remove(key)
                : () -> fields.put(key, ODD.get(random.nextInt(ODD.size()))));
        collect(fields.get(key), changes, random);
      }
    } else if (value instanceof List<?> list) {
      List<@Nullable Object> items = (List<@Nullable Object>) list;
      for (int i = 0; i < items.size(); i++) {
        int at = i;
        changes.add(() -> items.set(at, ODD.get(random.nextInt(ODD.size()))));
        collect(items.get(i), changes, random);
      }
    }
  }

  private static @Nullable Object parse(byte[] json) throws IOException {
    try (JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      return Json.read(parser);
    }
  }

  private static byte[] write(@Nullable Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      write(json, value);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator json, @Nullable Object value) {
    switch (value) {
      case null -> json.writeNull();
      case Boolean truth -> json.writeBoolean(truth);
      case Long number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      case Map<?, ?> map -> {
        json.writeStartObject();
        map.forEach((key, inner) -> {
          json.writeName(key.toString());
          write(json, inner);
        });
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        list.forEach(inner -> write(json, inner));
        json.writeEndArray();
      }
      default -> json.writeString(value.toString());
    }
  }
}
