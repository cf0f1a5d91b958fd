package dev.heed.generation.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// JSON schemas by chance, and what fits them.
final class RandomSchemas {
  private static final List<String> NAMES = List.of("a", "name", "x y", "\u00fc", "quote\"d", "");
  private static final List<String> PATTERNS =
      List.of(
          "^[a-z]{2,4}$", "b+", "^(?:x|y\"z|\\\\)\\d*$", "^\\w", "\u20ac.\\.$", "^$|^[^a\"]{3}$");

  private final Random random;

  RandomSchemas(long seed) {
    this.random = new Random(seed);
  }

  /// A schema of an object, with definitions.
  Map<String, Object> document() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    Map<String, Object> tree = new LinkedHashMap<>();
    tree.put("type", "object");
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put("value", schema(0));
    properties.put(
        "below", Map.of("type", "array", "items", Map.of("$ref", "#/$defs/tree"), "maxItems", 2L));
    tree.put("properties", properties);
    tree.put("required", List.of("value"));
    schema.put("$defs", Map.of("tree", tree));
    schema.putAll(schema(3));
    return schema;
  }

  Map<String, Object> schema(int depth) {
    Map<String, Object> schema = new LinkedHashMap<>();
    switch (random.nextInt(depth > 0 ? 14 : 9)) {
      case 0 -> schema.put("enum", List.of("red", "gr\"een", 3L, false, List.of(1L)));
      case 1 -> schema.put("const", random.nextBoolean() ? "fixed \u00e9" : -12L);
      case 2 -> {
        schema.put("type", "integer");
        bound(schema, "minimum", "exclusiveMinimum", -random.nextInt(1500));
        bound(schema, "maximum", "exclusiveMaximum", 2 + random.nextInt(1500));
      }
      case 3 -> {
        schema.put("type", "number");
        bound(schema, "minimum", "exclusiveMinimum", -random.nextInt(40) / 4.0);
        bound(schema, "maximum", "exclusiveMaximum", 2 + random.nextInt(40) / 4.0);
      }
      case 4, 5 -> {
        schema.put("type", "string");
        if (random.nextBoolean()) {
          schema.put("minLength", (long) random.nextInt(4));
          schema.put("maxLength", 4L + random.nextInt(4));
        }
      }
      case 6 -> {
        schema.put("type", "string");
        schema.put("pattern", PATTERNS.get(random.nextInt(PATTERNS.size())));
      }
      case 7 -> {
        schema.put("type", List.of("boolean", "null"));
        schema.put("description", "note");
      }
      case 8 -> {
        schema.put("type", "string");
        schema.put(
            "format", List.of("date", "time", "date-time", "uuid", "ipv4").get(random.nextInt(5)));
      }
      case 9, 10 -> object(schema, depth);
      case 11 -> {
        schema.put("type", "array");
        int prefix = random.nextInt(3);
        List<Object> items = new ArrayList<>();
        for (int i = 0; i < prefix; i++) {
          items.add(schema(depth - 1));
        }
        if (prefix > 0) {
          schema.put("prefixItems", items);
        }
        schema.put("items", prefix > 0 && random.nextBoolean() ? false : schema(depth - 1));
        boolean closed = Boolean.FALSE.equals(schema.get("items"));
        schema.put("minItems", (long) random.nextInt(closed ? prefix + 1 : 4));
        if (random.nextBoolean()) {
          schema.put("maxItems", 3L + random.nextInt(2));
        }
      }
      case 12 -> schema.put("anyOf", List.of(schema(depth - 1), schema(depth - 1)));
      default -> schema.put("$ref", "#/$defs/tree");
    }
    return schema;
  }

  private void bound(Map<String, Object> schema, String closed, String open, Number value) {
    if (random.nextInt(4) > 0) {
      Object stored = value instanceof Integer whole ? (Object) whole.longValue() : value;
      schema.put(random.nextBoolean() ? closed : open, stored);
    }
  }

  private void object(Map<String, Object> schema, int depth) {
    schema.put("type", "object");
    Map<String, Object> properties = new LinkedHashMap<>();
    List<Object> required = new ArrayList<>();
    for (String name : NAMES) {
      if (random.nextBoolean()) {
        properties.put(name, schema(depth - 1));
        if (random.nextBoolean()) {
          required.add(name);
        }
      }
    }
    if (!properties.isEmpty() || random.nextBoolean()) {
      schema.put("properties", properties);
    }
    schema.put("required", required);
    switch (random.nextInt(3)) {
      case 0 -> schema.put("additionalProperties", false);
      case 1 -> schema.put("additionalProperties", schema(0));
      default -> {}
    }
  }

  /// Whether a value fits a schema that this class made; written without a look at the product.
  static boolean fits(Object value, Map<?, ?> schema, Map<?, ?> document) {
    if (schema.containsKey("$ref")) {
      return document.get("$defs") instanceof Map<?, ?> definitions
          && definitions.get("tree") instanceof Map<?, ?> tree
          && fits(value, tree, document);
    }
    if (schema.containsKey("const") && !value.equals(schema.get("const"))) {
      return false;
    }
    if (schema.get("enum") instanceof List<?> values && !values.contains(value)) {
      return false;
    }
    if (schema.get("anyOf") instanceof List<?> any
        && any.stream().noneMatch(one -> fits(value, (Map<?, ?>) one, document))) {
      return false;
    }
    Object type = schema.get("type");
    List<?> types = type instanceof List<?> list ? list : type == null ? List.of() : List.of(type);
    if (!types.isEmpty() && types.stream().noneMatch(name -> is(value, String.valueOf(name)))) {
      return false;
    }
    return switch (value) {
      case String text -> fitsText(text, schema);
      case Number number -> fitsNumber(number.doubleValue(), schema);
      case List<?> list -> fitsList(list, schema, document);
      case Map<?, ?> map -> fitsObject(map, schema, document);
      default -> true;
    };
  }

  private static boolean is(Object value, String type) {
    return switch (type) {
      case "string" -> value instanceof String;
      case "integer" -> value instanceof Long;
      case "number" -> value instanceof Number;
      case "array" -> value instanceof List;
      case "object" -> value instanceof Map;
      case "boolean" -> value instanceof Boolean;
      case "null" -> value == NULL;
      default -> throw new AssertionError(type);
    };
  }

  /// Stands for null, which lists of `List.of` and `equals` do not like.
  static final Object NULL = new Object();

  private static boolean fitsText(String text, Map<?, ?> schema) {
    int length = text.codePointCount(0, text.length());
    boolean formatted =
        switch (String.valueOf(schema.get("format"))) {
          case "date" -> parses(() -> java.time.LocalDate.parse(text));
          case "time" ->
              parses(() -> java.time.OffsetTime.parse(text)) || text.matches(".*[+-](19|2\\d):..");
          case "date-time" ->
              parses(() -> java.time.OffsetDateTime.parse(text))
                  || text.matches(".*[+-](18|19|2\\d):..");
          case "uuid" -> parses(() -> java.util.UUID.fromString(text)) && length == 36;
          case "ipv4" ->
              text.split("\\.").length == 4
                  && java.util.Arrays.stream(text.split("\\."))
                      .allMatch(part -> Integer.parseInt(part) < 256);
          default -> true;
        };
    return formatted
        && length >= number(schema, "minLength", 0)
        && length <= number(schema, "maxLength", 1e9)
        && (!schema.containsKey("pattern")
            || java.util.regex.Pattern.compile(String.valueOf(schema.get("pattern")))
                .matcher(text)
                .find());
  }

  private static boolean parses(Runnable parse) {
    try {
      parse.run();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static boolean fitsNumber(double value, Map<?, ?> schema) {
    return value >= number(schema, "minimum", Double.NEGATIVE_INFINITY)
        && value <= number(schema, "maximum", Double.POSITIVE_INFINITY)
        && value > number(schema, "exclusiveMinimum", Double.NEGATIVE_INFINITY)
        && value < number(schema, "exclusiveMaximum", Double.POSITIVE_INFINITY);
  }

  private static double number(Map<?, ?> schema, String key, double usual) {
    return schema.get(key) instanceof Number number ? number.doubleValue() : usual;
  }

  private static boolean fitsList(List<?> list, Map<?, ?> schema, Map<?, ?> document) {
    List<?> prefix = schema.get("prefixItems") instanceof List<?> items ? items : List.of();
    for (int i = 0; i < list.size(); i++) {
      Object item = i < prefix.size() ? prefix.get(i) : schema.get("items");
      if (Boolean.FALSE.equals(item)
          || item instanceof Map<?, ?> map && !fits(list.get(i), map, document)) {
        return false;
      }
    }
    return list.size() >= number(schema, "minItems", 0)
        && list.size() <= number(schema, "maxItems", 1e9);
  }

  private static boolean fitsObject(Map<?, ?> map, Map<?, ?> schema, Map<?, ?> document) {
    Map<?, ?> properties = schema.get("properties") instanceof Map<?, ?> named ? named : Map.of();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object of =
          properties.containsKey(entry.getKey())
              ? properties.get(entry.getKey())
              : schema.get("additionalProperties");
      if (Boolean.FALSE.equals(of)
          || of instanceof Map<?, ?> inner && !fits(entry.getValue(), inner, document)) {
        return false;
      }
    }
    return !(schema.get("required") instanceof List<?> required)
        || map.keySet().containsAll(required);
  }
}
