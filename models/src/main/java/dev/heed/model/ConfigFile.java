package dev.heed.model;

import dev.heed.tensor.Activation;
import dev.heed.weights.AtomicFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
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
  private static final int MOST_LAYERS = 10_000;
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /// Reads a file.
  ///
  /// @throws ModelException if it is no JSON object, or unreasonably large or deep
  public static ConfigFile read(Path file) {
    ConfigFile read = parse(file.toString(), bytes(file));
    return new ConfigFile(file.getFileName().toString(), read.values);
  }

  /// Reads a file that holds a list of objects, such as `modules.json`.
  ///
  /// @throws ModelException if it is no list of JSON objects, or unreasonably large or deep
  public static List<ConfigFile> readList(Path file) {
    return parse(
        file.toString(),
        bytes(file),
        parser -> {
          if (parser.nextToken() != JsonToken.START_ARRAY) {
            throw new ModelException(file + " must hold a JSON list");
          }
          List<ConfigFile> all = new ArrayList<>();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (parser.currentToken() != JsonToken.START_OBJECT) {
              throw new ModelException(file + " must hold a list of JSON objects");
            }
            all.add(new ConfigFile(file.getFileName().toString(), object(parser, 0)));
          }
          return all;
        });
  }

  /// Reads an object that is in memory, called `name` in messages.
  ///
  /// @throws ModelException if it is no JSON object, or unreasonably large or deep
  public static ConfigFile parse(String name, byte[] json) {
    if (json.length > LARGEST) {
      throw new ModelException(
          "%s must have at most %d bytes: received more".formatted(name, LARGEST));
    }
    return parse(
        name,
        json,
        parser -> {
          if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new ModelException(name + " must hold a JSON object");
          }
          return new ConfigFile(name, object(parser, 0));
        });
  }

  private static byte[] bytes(Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw new ModelException(
            "%s must have at most %d bytes: received %d"
                .formatted(file, LARGEST, Files.size(file)));
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T parse(String name, byte[] json, Function<JsonParser, T> body) {
    try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
      return body.apply(parser);
    } catch (JacksonException e) {
      throw new ModelException("%s is not valid JSON: %s".formatted(name, e.getOriginalMessage()));
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

  /// Writes the object on one line, keys in order. The file appears whole or not at all.
  public void write(Path file) {
    writeValue(file, values);
  }

  /// The object as JSON in UTF-8 on one line, keys in order.
  public byte[] toJson() {
    return json(values);
  }

  /// Writes a list of objects, such as `modules.json`, like [#write].
  public static void writeList(List<ConfigFile> objects, Path file) {
    writeValue(file, objects.stream().map(ConfigFile::values).toList());
  }

  private static void writeValue(Path file, Object value) {
    AtomicFile.write(file, json(value));
  }

  private static byte[] json(Object value) {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator generator = JSON.createGenerator(ObjectWriteContext.empty(), bytes)) {
      write(generator, value);
    }
    return bytes.toByteArray();
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

  /// The number of layers under `key`, at most 10,000: a model is laid out before its weights are
  /// looked at, and a damaged number must not lay out layers for hours.
  ///
  /// @throws ModelException if it is absent or something else
  public int layers(String key) {
    int count = integer(key);
    if (count < 1 || count > MOST_LAYERS) {
      throw wrong(key, "in 1…" + MOST_LAYERS);
    }
    return count;
  }

  /// The number under `key`.
  ///
  /// @throws ModelException if it is absent or something else
  public double number(String key) {
    if (values.get(key) instanceof Number number) {
      return number.doubleValue();
    }
    throw wrong(key, "a number");
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

  /// The whole number under `key`, or `otherwise` if it is absent or null.
  public int integer(String key, int otherwise) {
    return values.get(key) == null ? otherwise : integer(key);
  }

  /// The number under `key`, or `otherwise` if it is absent or null.
  public double number(String key, double otherwise) {
    return values.get(key) == null ? otherwise : number(key);
  }

  /// The text under `key`, or `otherwise` if it is absent or null.
  public String string(String key, String otherwise) {
    return values.get(key) == null ? otherwise : string(key);
  }

  /// The truth value under `key`, or `otherwise` if it is absent or null.
  public boolean flag(String key, boolean otherwise) {
    Object value = values.get(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Boolean flag) {
      return flag;
    }
    throw wrong(key, "true or false");
  }

  /// The texts under `key`, none if it is absent or null.
  public List<String> strings(String key) {
    return switch (values.get(key)) {
      case null -> List.of();
      case List<?> list when list.stream().allMatch(String.class::isInstance) ->
          list.stream().map(String.class::cast).toList();
      default -> throw wrong(key, "a list of texts");
    };
  }

  /// The activation function under `key`, by its name at Hugging Face.
  ///
  /// @throws ModelException if Heed lacks it; the message lists those that it has
  public Activation activation(String key) {
    Activation activation = ActivationNames.BY_NAME.get(string(key));
    if (activation == null) {
      throw wrong(key, "one of " + ActivationNames.BY_NAME.keySet().stream().sorted().toList());
    }
    return activation;
  }

  /// What `reader` makes of this file; what it finds impossible there is said with the file's name.
  ///
  /// @throws ModelException if the reader throws it, or an [IllegalArgumentException]
  public <C> C read(Function<ConfigFile, C> reader) {
    try {
      return reader.apply(this);
    } catch (IllegalArgumentException e) {
      throw new ModelException(name + ": " + e.getMessage());
    }
  }

  /// Refuses an option that Heed lacks.
  ///
  /// @param known what `key` may say; absent and null are taken for the first one
  /// @throws ModelException if it says something else
  public void require(String key, Object... known) {
    Object value = values.get(key);
    if (value != null && !List.of(known).contains(value)) {
      throw wrong(
          key,
          known.length == 1
              ? known[0] + ", which is all that Heed has"
              : "one of " + List.of(known));
    }
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
