package dev.heed.generation.grammar;

import dev.heed.generation.grammar.Expression.Choice;
import dev.heed.generation.grammar.Expression.Reference;
import dev.heed.generation.grammar.Expression.Repeat;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Turns a JSON schema into rules whose every text fits it.
///
/// Not every text that fits can come: properties keep the schema's order, keys that it does not
/// name come only where it says `additionalProperties`, and between values stands little white
/// space.
///
/// Source: JSON Schema 2020-12; `definitions` of draft 7 too.
final class JsonSchema {
  private static final Set<String> NOTES =
      Set.of(
          "$schema",
          "$id",
          "$comment",
          "$defs",
          "definitions",
          "title",
          "description",
          "default",
          "example",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly");
  private static final List<String> BOUNDS =
      List.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum");
  private static final Map<String, List<String>> KEYWORDS =
      Map.of(
          "object", List.of("properties", "required", "additionalProperties"),
          "array", List.of("items", "prefixItems", "minItems", "maxItems"),
          "string", List.of("minLength", "maxLength", "pattern", "format"),
          "number", BOUNDS,
          "integer", BOUNDS,
          "boolean", List.of(),
          "null", List.of());
  private static final List<String> TYPES =
      List.of("object", "array", "string", "number", "integer", "boolean", "null");
  private static final int DEEPEST = 100;
  private static final Expression SPACE = new Reference("space");
  private static final Expression COMMA = Expression.sequence(SPACE, Expression.text(","), SPACE);

  private final Map<String, @Nullable Object> document;
  private final Map<String, Expression> rules = new LinkedHashMap<>();
  private int depth;

  private JsonSchema(Map<String, @Nullable Object> document) {
    this.document = document;
  }

  /// The rules of the schema, `root` among them.
  static Map<String, Expression> rules(Map<String, @Nullable Object> schema) {
    JsonSchema made = new JsonSchema(schema);
    made.rules.put(
        "space",
        Expression.choice(
            Expression.EMPTY,
            Expression.text(" "),
            Expression.sequence(Expression.text("\n"), new Repeat(Expression.text(" "), 0, 20))));
    made.rules.put("character", JsonText.character());
    made.rules.put("root", made.schema(schema, "#"));
    return made.rules;
  }

  /// The rule of a schema, named by where it stands, so that it is there once.
  private Expression schema(@Nullable Object schema, String at) {
    if (rules.containsKey(at)) {
      return new Reference(at);
    }
    rules.put(at, Expression.EMPTY); // it may ask for itself
    if (Boolean.TRUE.equals(schema)) {
      rules.put(at, any());
    } else if (schema instanceof Map<?, ?> map) {
      if (++depth > DEEPEST) {
        throw error(at, "schemas must nest at most " + DEEPEST + " deep");
      }
      rules.put(at, object(map, at));
      depth--;
    } else {
      throw error(at, "a schema must be an object or true: received " + JsonText.write(schema));
    }
    return new Reference(at);
  }

  /// The rule of what several places ask for.
  private Expression rule(String name, Expression expression) {
    rules.put(name, expression);
    return new Reference(name);
  }

  private Expression object(Map<?, ?> schema, String at) {
    if (schema.containsKey("$ref")) {
      only(schema, at, "$ref");
      String name = String.valueOf(schema.get("$ref"));
      return schema(resolve(name), name);
    }
    if (schema.containsKey("const")) {
      only(schema, at, "const", "type");
      return values(List.of(new Given(schema.get("const"))), schema, at + "/const");
    }
    if (schema.containsKey("enum")) {
      only(schema, at, "enum", "type");
      List<Given> given = new ArrayList<>();
      list(schema.get("enum"), at + "/enum").forEach(value -> given.add(new Given(value)));
      return values(given, schema, at + "/enum");
    }
    for (String several : List.of("anyOf", "oneOf", "allOf")) {
      if (schema.containsKey(several)) {
        only(schema, at, several);
        List<?> members = list(schema.get(several), at + "/" + several);
        if (several.equals("oneOf")) {
          new Disjointness(this::resolve).check(members, at);
        }
        if (members.isEmpty() || several.equals("allOf") && members.size() > 1) {
          throw error(at, "%s of %d schemas is not supported".formatted(several, members.size()));
        }
        List<Expression> all = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
          all.add(schema(members.get(i), at + "/" + several + "/" + i));
        }
        return new Choice(all);
      }
    }
    return typed(schema, at);
  }

  /// A value that may be null.
  private record Given(@Nullable Object value) {}

  private Expression values(List<Given> given, Map<?, ?> schema, String at) {
    Set<String> types = schema.containsKey("type") ? types(schema, at) : Set.copyOf(TYPES);
    List<Expression> all = new ArrayList<>();
    for (Given one : given) {
      if (typesOf(one.value).stream().anyMatch(types::contains)) {
        all.add(Expression.text(JsonText.write(one.value)));
      }
    }
    if (all.isEmpty()) {
      throw error(at, "at least one value must be of the type that is asked for");
    }
    return new Choice(all);
  }

  /// The names of a value's types.
  static Set<String> typesOf(@Nullable Object value) {
    return switch (value) {
      case null -> Set.of("null");
      case String _ -> Set.of("string");
      case Boolean _ -> Set.of("boolean");
      case Long _ -> Set.of("integer", "number");
      case Double number ->
          number == Math.rint(number) ? Set.of("integer", "number") : Set.of("number");
      case List<?> _ -> Set.of("array");
      default -> Set.of("object");
    };
  }

  /// The schema that `#/…` names.
  private @Nullable Object resolve(String pointer) {
    if (!pointer.equals("#") && !pointer.startsWith("#/")) {
      throw new GrammarException(
          "JSON schema: $ref must point into the schema itself (#/…): received " + pointer);
    }
    Object found = document;
    for (String step : pointer.length() < 2 ? new String[0] : pointer.substring(2).split("/")) {
      String key = step.replace("~1", "/").replace("~0", "~");
      if (found instanceof Map<?, ?> map && map.containsKey(key)) {
        found = map.get(key);
      } else if (found instanceof List<?> list
          && key.matches("\\d{1,6}")
          && Integer.parseInt(key) < list.size()) {
        found = list.get(Integer.parseInt(key));
      } else {
        throw new GrammarException("JSON schema: $ref names what there is not: " + pointer);
      }
    }
    return found;
  }

  private Expression typed(Map<?, ?> schema, String at) {
    Set<String> types = types(schema, at);
    Set<String> allowed = new TreeSet<>(Set.of("type"));
    KEYWORDS.values().forEach(allowed::addAll);
    only(schema, at, allowed.toArray(String[]::new));
    if (types.size() == TYPES.size()) {
      return any();
    }
    List<Expression> all = new ArrayList<>();
    for (String type : types) {
      all.add(
          switch (type) {
            case "object" ->
                new JsonSchemaObject(this::schema, this::rule, SPACE, COMMA).of(schema, at);
            case "array" -> array(schema, at);
            case "string" -> string(schema, at);
            case "number", "integer" -> number(schema, type, at);
            case "boolean" -> Expression.choice(Expression.text("true"), Expression.text("false"));
            case "null" -> Expression.text("null");
            default ->
                throw error(at, "type must be one of %s: received %s".formatted(TYPES, type));
          });
    }
    return new Choice(all);
  }

  /// What `type` says, else the types whose keywords there are, else all.
  static Set<String> types(Map<?, ?> schema, String at) {
    Object type = schema.get("type");
    Set<String> found = new TreeSet<>();
    if (type instanceof String one) {
      found.add(one);
    } else if (type instanceof List<?> several && !several.isEmpty()) {
      several.forEach(one -> found.add(String.valueOf(one)));
    } else if (schema.containsKey("type")) {
      throw error(at, "type must be a name or a list of names: received " + JsonText.write(type));
    } else {
      KEYWORDS.forEach((name, keywords) -> {
        if (!name.equals("integer") && keywords.stream().anyMatch(schema::containsKey)) {
          found.add(name);
        }
      });
      if (found.isEmpty()) {
        found.addAll(TYPES);
      }
    }
    if (found.contains("number")) {
      if (found.size() < TYPES.size()) {
        found.remove("integer"); // it is one of them
      }
    }
    return found;
  }

  private Expression any() {
    if (!rules.containsKey("value")) {
      Expression value = new Reference("value");
      Expression string = rule("string", string(Map.of(), "#"));
      Expression member =
          rule("member", Expression.sequence(string, SPACE, Expression.text(":"), SPACE, value));
      rules.put(
          "value",
          Expression.choice(
              Expression.text("null"),
              Expression.text("true"),
              Expression.text("false"),
              DigitRanges.anyNumber(),
              string,
              items("[", value, "]"),
              items("{", member, "}")));
    }
    return new Reference("value");
  }

  private static Expression items(String open, Expression item, String close) {
    return Expression.sequence(
        Expression.text(open),
        SPACE,
        Expression.optional(
            Expression.sequence(item, Expression.many(Expression.sequence(COMMA, item)), SPACE)),
        Expression.text(close));
  }

  private Expression string(Map<?, ?> schema, String at) {
    int least = count(schema, "minLength", 0, at);
    int most = count(schema, "maxLength", Repeat.UNBOUNDED, at);
    Object pattern = schema.get("pattern");
    Object format = schema.get("format");
    Expression inside;
    if (format != null || pattern != null) {
      if (format != null && pattern != null
          || schema.containsKey("minLength")
          || schema.containsKey("maxLength")) {
        throw error(at, "pattern, format and minLength or maxLength are not supported together");
      }
      inside =
          format != null
              ? JsonFormats.of(String.valueOf(format), at)
              : PatternParser.parse(String.valueOf(pattern), at);
    } else {
      if (least > most) {
        throw error(at, "minLength must be at most maxLength");
      }
      inside = new Repeat(new Reference("character"), least, most);
    }
    return Expression.sequence(Expression.text("\""), inside, Expression.text("\""));
  }

  private Expression array(Map<?, ?> schema, String at) {
    int least = count(schema, "minItems", 0, at);
    int most = count(schema, "maxItems", Repeat.UNBOUNDED, at);
    List<Expression> first = new ArrayList<>();
    if (schema.containsKey("prefixItems")) {
      List<?> prefix = list(schema.get("prefixItems"), at + "/prefixItems");
      for (int i = 0; i < prefix.size(); i++) {
        first.add(schema(prefix.get(i), at + "/prefixItems/" + i));
      }
    }
    Object items = schema.containsKey("items") ? schema.get("items") : Boolean.TRUE;
    if (Boolean.FALSE.equals(items)) {
      most = Math.min(most, first.size());
    }
    if (least > most) {
      throw error(at, "no array can have %d to %d items".formatted(least, most));
    }
    Expression item = most > first.size() ? schema(items, at + "/items") : Expression.EMPTY;
    // What may follow an item that is there; the first has no comma before it.
    Expression more =
        most <= first.size()
            ? Expression.EMPTY
            : new Repeat(
                Expression.sequence(COMMA, item),
                Math.max(0, least - Math.max(1, first.size())),
                most == Repeat.UNBOUNDED ? most : most - Math.max(1, first.size()));
    Expression inside;
    if (most == 0) {
      inside = Expression.EMPTY;
    } else if (first.isEmpty()) {
      Expression some = Expression.sequence(item, more, SPACE);
      inside = least == 0 ? Expression.optional(some) : some;
    } else {
      for (int i = Math.min(first.size(), most) - 1; i >= 0; i--) {
        Expression here =
            Expression.sequence(i == 0 ? Expression.EMPTY : COMMA, first.get(i), more);
        more = i < least ? here : Expression.optional(here);
      }
      inside = Expression.sequence(more, SPACE);
    }
    return Expression.sequence(Expression.text("["), SPACE, inside, Expression.text("]"));
  }

  private static Expression number(Map<?, ?> schema, String type, String at) {
    if (BOUNDS.stream().noneMatch(schema::containsKey)) {
      return type.equals("number")
          ? DigitRanges.anyNumber()
          : some(DigitRanges.integers(-DigitRanges.LARGEST, DigitRanges.LARGEST), at);
    }
    double least = bound(schema, "minimum", Double.NEGATIVE_INFINITY, at);
    double most = bound(schema, "maximum", Double.POSITIVE_INFINITY, at);
    double above = bound(schema, "exclusiveMinimum", Double.NEGATIVE_INFINITY, at);
    double below = bound(schema, "exclusiveMaximum", Double.POSITIVE_INFINITY, at);
    boolean openBelow = above >= least;
    boolean openAbove = below <= most;
    double first = Math.max(Math.max(least, above), -DigitRanges.LARGEST);
    double last = Math.min(Math.min(most, below), DigitRanges.LARGEST);
    if (type.equals("number")) {
      return some(DigitRanges.numbers(first, openBelow, last, openAbove), at);
    }
    long from = (long) Math.ceil(first);
    long to = (long) Math.floor(last);
    return some(
        DigitRanges.integers(
            openBelow && from == first ? from + 1 : from, openAbove && to == last ? to - 1 : to),
        at);
  }

  private static Expression some(@Nullable Expression found, String at) {
    if (found == null) {
      throw error(at, "no number is within the bounds, or only such between two whole numbers");
    }
    return found;
  }

  private static double bound(Map<?, ?> schema, String keyword, double usual, String at) {
    if (!schema.containsKey(keyword)) {
      return usual;
    }
    if (!(schema.get(keyword) instanceof Number number)
        || Math.abs(number.doubleValue()) > DigitRanges.LARGEST) {
      throw error(
          at,
          "%s must be a number of at most 16 digits: received %s"
              .formatted(keyword, JsonText.write(schema.get(keyword))));
    }
    return number.doubleValue();
  }

  private static int count(Map<?, ?> schema, String keyword, int usual, String at) {
    if (!schema.containsKey(keyword)) {
      return usual;
    }
    if (!(schema.get(keyword) instanceof Long number) || number < 0 || number > 1_000_000) {
      throw error(
          at,
          "%s must be in 0…1000000: received %s"
              .formatted(keyword, JsonText.write(schema.get(keyword))));
    }
    return number.intValue();
  }

  static List<?> list(@Nullable Object value, String at) {
    if (value instanceof List<?> list) {
      return list;
    }
    throw error(at, "must be a list: received " + JsonText.write(value));
  }

  private static void only(Map<?, ?> schema, String at, String... keywords) {
    for (Object key : schema.keySet()) {
      String keyword = String.valueOf(key);
      if (!NOTES.contains(keyword) && !List.of(keywords).contains(keyword)) {
        throw error(
            at,
            KEYWORDS.values().stream().anyMatch(known -> known.contains(keyword))
                    || List.of("type", "enum", "const", "anyOf", "oneOf", "allOf").contains(keyword)
                ? "%s is not supported beside %s".formatted(keyword, keywords[0])
                : keyword + " is not supported");
      }
    }
  }

  static GrammarException error(String at, String what) {
    return new GrammarException("JSON schema, %s: %s".formatted(at, what));
  }
}
