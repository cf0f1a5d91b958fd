package dev.heed.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/// Small JSON values as plain Java ones, and objects with typed access whose errors name the place.
final class Json {
  /// Deeper than any tokenizer file is; a file that nests deeper is refused before the stack grows.
  private static final int DEEPEST = 64;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Hardly a name comes twice in a vocabulary, so a table of the names seen costs more than
          // it saves.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxStringLength(64 << 20)
                  .maxNameLength(1 << 20)
                  .build())
          .build();

  private Json() {}

  /// The value that `parser` stands at: Map, List, String, Number, Boolean or null.
  static @Nullable Object read(JsonParser parser) throws TokenizerFormatException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          fields.put(name, read(parser));
        }
        yield fields;
      }
      case START_ARRAY -> {
        List<@Nullable Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(read(parser));
        }
        yield items;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> integer(parser);
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new TokenizerFormatException("Expected a JSON value: found " + token);
    };
  }

  private static Number integer(JsonParser parser) {
    return switch (parser.getNumberType()) {
      case INT, LONG -> parser.getLongValue();
      default -> parser.getDoubleValue();
    };
  }

  /// An object of a file with the path that leads to it, for messages.
  record Obj(String path, Map<String, @Nullable Object> fields) {
    @SuppressWarnings("unchecked")
    static Obj of(String path, @Nullable Object value) throws TokenizerFormatException {
      if (value instanceof Map<?, ?> map) {
        return new Obj(path, (Map<String, @Nullable Object>) map);
      }
      throw wrong(path, "an object", value);
    }

    private static TokenizerFormatException wrong(
        String path, String expected, @Nullable Object value) {
      String found = value == null ? "nothing" : value.getClass().getSimpleName() + " " + value;
      return new TokenizerFormatException(
          "%s: expected %s, found %s"
              .formatted(
                  path, expected, found.length() > 80 ? found.substring(0, 80) + "…" : found));
    }

    String type() throws TokenizerFormatException {
      return string("type");
    }

    boolean has(String name) {
      return fields.get(name) != null;
    }

    String string(String name) throws TokenizerFormatException {
      return fields.get(name) instanceof String s
          ? s
          : raise(wrong(path + "." + name, "a string", fields.get(name)));
    }

    @Nullable String stringOrNull(String name) throws TokenizerFormatException {
      return fields.get(name) == null ? null : string(name);
    }

    boolean bool(String name, boolean fallback) throws TokenizerFormatException {
      Object value = fields.get(name);
      return value == null
          ? fallback
          : value instanceof Boolean b ? b : raise(wrong(path + "." + name, "a boolean", value));
    }

    int integer(String name) throws TokenizerFormatException {
      return fields.get(name) instanceof Long n && n == n.intValue()
          ? n.intValue()
          : raise(wrong(path + "." + name, "an integer", fields.get(name)));
    }

    int integer(String name, int fallback) throws TokenizerFormatException {
      return fields.get(name) == null ? fallback : integer(name);
    }

    double number(String name) throws TokenizerFormatException {
      return fields.get(name) instanceof Number n
          ? n.doubleValue()
          : raise(wrong(path + "." + name, "a number", fields.get(name)));
    }

    List<?> list(String name) throws TokenizerFormatException {
      return fields.get(name) instanceof List<?> list
          ? list
          : raise(wrong(path + "." + name, "an array", fields.get(name)));
    }

    List<Obj> objects(String name) throws TokenizerFormatException {
      List<Obj> objects = new ArrayList<>();
      for (Object item : list(name)) {
        objects.add(of(path + "." + name + "[" + objects.size() + "]", item));
      }
      return objects;
    }

    Obj object(String name) throws TokenizerFormatException {
      return of(path + "." + name, fields.get(name));
    }

    @Nullable Obj objectOrNull(String name) throws TokenizerFormatException {
      return has(name) ? object(name) : null;
    }

    TokenizerFormatException unknown(String known) {
      return unknown("type", known);
    }

    TokenizerFormatException unknown(String name, String known) {
      return new TokenizerFormatException(
          "%s.%s: Heed has no \"%s\"; known are %s".formatted(path, name, fields.get(name), known));
    }

    /// A string of one code point.
    int character(String name) throws TokenizerFormatException {
      String text = string(name);
      return text.codePointCount(0, text.length()) == 1
          ? text.codePointAt(0)
          : raise(wrong(path + "." + name, "one character", text));
    }

    private static <T> T raise(TokenizerFormatException e) throws TokenizerFormatException {
      throw e;
    }
  }
}
