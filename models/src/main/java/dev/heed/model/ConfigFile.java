package dev.heed.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/// A JSON object from a model's directory, such as `config.json`, with typed access.
///
/// Values are `String`, `Boolean`, `Long`, `Double`, `List`, `Map` or null, as the file has them.
///
/// @param name the file's name, for messages
/// @param values by key, in the file's order
public record ConfigFile(String name, Map<String, @Nullable Object> values) {
  private static final long LARGEST = 16 << 20;
  private static final int DEEPEST = 64;
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /// Reads a file.
  ///
  /// @throws ModelException if it is no JSON object, or unreasonably large or deep
  public static ConfigFile read(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new ModelException(
            "%s must have at most %d bytes: received %d"
                .formatted(file, LARGEST, Files.size(file)));
      }
      try (JsonParser parser =
          JSON.createParser(ObjectReadContext.empty(), Files.readAllBytes(file))) {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
          throw new ModelException(file + " must hold a JSON object");
        }
        return new ConfigFile(file.getFileName().toString(), object(parser, 0));
      }
    } catch (JacksonException e) {
      throw new ModelException("%s is not valid JSON: %s".formatted(file, e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, @Nullable Object> object(JsonParser parser, int depth) {
    Map<String, @Nullable Object> object = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      parser.nextToken();
      object.put(key, value(parser, depth + 1));
    }
    return object;
  }

  private static @Nullable Object value(JsonParser parser, int depth) {
    if (depth > DEEPEST) {
      throw new ModelException("JSON must be at most " + DEEPEST + " levels deep");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, depth);
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser, depth + 1));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new ModelException("unexpected JSON: " + parser.currentToken());
    };
  }

  /// Writes the object, indented by nothing, keys in order.
  public void write(Path file) {
    try (JsonGenerator generator =
        JSON.createGenerator(ObjectWriteContext.empty(), Files.newOutputStream(file))) {
      write(generator, values);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(JsonGenerator generator, @Nullable Object value) {
    switch (value) {
      case null -> generator.writeNull();
      case Map<?, ?> map -> {
        generator.writeStartObject();
        map.forEach((key, inner) -> {
          generator.writeName(key.toString());
          write(generator, inner);
        });
        generator.writeEndObject();
      }
      case List<?> list -> {
        generator.writeStartArray();
        list.forEach(inner -> write(generator, inner));
        generator.writeEndArray();
      }
      case String text -> generator.writeString(text);
      case Boolean flag -> generator.writeBoolean(flag);
      case Integer number -> generator.writeNumber(number);
      case Long number -> generator.writeNumber(number);
      case Double number -> generator.writeNumber(number);
      default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
    }
  }

  /// The whole number under `key`.
  ///
  /// @throws ModelException if it is absent or something else
  public int integer(String key) {
    if (values.get(key) instanceof Long number
        && number >= Integer.MIN_VALUE
        && number <= Integer.MAX_VALUE) {
      return number.intValue();
    }
    throw wrong(key, "a whole number");
  }

  /// The number under `key`.
  ///
  /// @throws ModelException if it is absent or something else
  public double number(String key) {
    return switch (values.get(key)) {
      case Long number -> number;
      case Double number -> number;
      case null, default -> throw wrong(key, "a number");
    };
  }

  /// The text under `key`.
  ///
  /// @throws ModelException if it is absent or something else
  public String string(String key) {
    if (values.get(key) instanceof String text) {
      return text;
    }
    throw wrong(key, "a text");
  }

  /// The value under `key` unless it is absent or null.
  public Optional<Object> value(String key) {
    return Optional.ofNullable(values.get(key));
  }

  private ModelException wrong(String key, String expected) {
    return new ModelException(
        "%s: %s must be %s: received %s".formatted(name, key, expected, values.get(key)));
  }
}
