package dev.heed.generation.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Sees to it that no value fits two schemas of a `oneOf`, which asks for exactly one: their types
/// differ, their given values differ, or they are objects of which a property tells them apart.
///
/// @param resolve finds the schema that a `$ref` names
record Disjointness(Function<String, @Nullable Object> resolve) {
  private static final int MOST_REFERENCES = 16;

  void check(List<?> members, String at) {
    List<Map<?, ?>> schemas = new ArrayList<>();
    for (Object member : members) {
      schemas.add(target(member));
    }
    for (int i = 0; i < schemas.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (!apart(schemas.get(j), schemas.get(i))) {
          throw JsonSchema.error(
              at,
              "oneOf is not supported where a value may fit two of its schemas, here %d and %d: anyOf"
                      .formatted(j, i)
                  + " allows that");
        }
      }
    }
  }

  /// What a schema comes to; an empty one, which anything fits, where that cannot be said.
  private Map<?, ?> target(@Nullable Object schema) {
    Object found = schema;
    for (int i = 0; i < MOST_REFERENCES; i++) {
      if (!(found instanceof Map<?, ?> map)) {
        return Map.of();
      }
      if (!map.containsKey("$ref")) {
        return map;
      }
      found = resolve.apply(String.valueOf(map.get("$ref")));
    }
    return Map.of();
  }

  private boolean apart(Map<?, ?> a, Map<?, ?> b) {
    List<?> first = values(a);
    List<?> second = values(b);
    if (first != null && second != null) {
      return first.stream()
          .noneMatch(value -> second.stream().anyMatch(other -> same(value, other)));
    }
    if (types(a).stream().noneMatch(types(b)::contains)) {
      return true;
    }
    boolean objects = types(a).equals(Set.of("object")) && types(b).equals(Set.of("object"));
    return objects && (told(a, b) || told(b, a));
  }

  /// Whether `a` asks for a property that `b` does not allow, or allows with other values only.
  private boolean told(Map<?, ?> a, Map<?, ?> b) {
    if (!(a.get("required") instanceof List<?> required)) {
      return false;
    }
    for (Object name : required) {
      Map<?, ?> others = b.get("properties") instanceof Map<?, ?> named ? named : Map.of();
      if (!others.containsKey(name)) {
        if (Boolean.FALSE.equals(b.get("additionalProperties"))) {
          return true;
        }
      } else if (a.get("properties") instanceof Map<?, ?> own
          && own.containsKey(name)
          && apart(target(own.get(name)), target(others.get(name)))) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable List<?> values(Map<?, ?> schema) {
    if (schema.containsKey("const")) {
      return java.util.Collections.singletonList(schema.get("const"));
    }
    return schema.get("enum") instanceof List<?> values ? values : null;
  }

  private static boolean same(@Nullable Object a, @Nullable Object b) {
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() == y.doubleValue();
    }
    return JsonText.write(a).equals(JsonText.write(b));
  }

  /// The types of the values that fit, `number` for whole ones too.
  private static Set<String> types(Map<?, ?> schema) {
    List<?> values = values(schema);
    java.util.TreeSet<String> found = new java.util.TreeSet<>();
    if (values != null) {
      values.forEach(value -> found.addAll(JsonSchema.typesOf(value)));
    } else if (schema.containsKey("anyOf")
        || schema.containsKey("oneOf")
        || schema.containsKey("allOf")
        || !schema.containsKey("type")) {
      found.addAll(JsonSchema.types(Map.of(), ""));
    } else {
      found.addAll(JsonSchema.types(schema, ""));
    }
    if (found.remove("integer")) {
      found.add("number");
    }
    return found;
  }
}
