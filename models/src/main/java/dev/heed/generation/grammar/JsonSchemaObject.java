package dev.heed.generation.grammar;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/// Objects of a JSON schema: its properties in their order, those that need not be there left out
/// or not, then others where the schema says `additionalProperties`.
///
/// @param schema what a value's schema allows, by the schema and where it stands
/// @param rule gives an expression a name and answers how to ask for it
/// @param space white space that may stand between signs
/// @param comma a comma with white space
record JsonSchemaObject(
    BiFunction<@Nullable Object, String, Expression> schema,
    BiFunction<String, Expression, Expression> rule,
    Expression space,
    Expression comma) {
  /// A member of an object.
  private record Member(Expression text, boolean required) {}

  Expression of(Map<?, ?> object, String at) {
    Map<String, @Nullable Object> properties = new LinkedHashMap<>();
    if (object.containsKey("properties")) {
      if (!(object.get("properties") instanceof Map<?, ?> named)) {
        throw JsonSchema.error(at, "properties must be an object");
      }
      named.forEach((name, value) -> properties.put(String.valueOf(name), value));
    }
    Set<String> required = new LinkedHashSet<>();
    if (object.containsKey("required")) {
      JsonSchema.list(object.get("required"), at + "/required")
          .forEach(name -> required.add(String.valueOf(name)));
    }
    Object others =
        object.containsKey("additionalProperties")
            ? object.get("additionalProperties")
            : (Object) properties.isEmpty();
    for (String name : required) {
      if (!properties.containsKey(name)) {
        if (Boolean.FALSE.equals(object.get("additionalProperties"))) {
          throw JsonSchema.error(at, "the required property " + name + " may not be there");
        }
        Object own = object.get("additionalProperties");
        properties.put(name, own == null ? Boolean.TRUE : own);
      }
    }
    List<Member> members = new ArrayList<>();
    properties.forEach((name, value) -> {
      if (!Boolean.FALSE.equals(value)) {
        members.add(
            new Member(
                member(
                    Expression.text(JsonText.escaped(name)),
                    schema.apply(value, at + "/properties/" + pointer(name))),
                required.contains(name)));
      } else if (required.contains(name)) {
        throw JsonSchema.error(at, "the required property " + name + " may not be there");
      }
    });
    // What may come where no member came before, and where one did.
    Expression first = space;
    Expression next = space;
    if (!Boolean.FALSE.equals(others)) {
      Expression more =
          rule.apply(
              at + " other",
              member(
                  JsonText.otherThan(properties.keySet()),
                  schema.apply(others, at + "/additionalProperties")));
      next =
          rule.apply(
              at + " others",
              Expression.sequence(Expression.many(Expression.sequence(comma, more)), space));
      first = Expression.choice(Expression.EMPTY, Expression.sequence(more, next));
    }
    for (int i = members.size() - 1; i >= 0; i--) {
      Member member = members.get(i);
      Expression here = rule.apply(at + " member " + i, member.text);
      Expression with = Expression.sequence(here, next);
      first =
          rule.apply(at + " first " + i, member.required ? with : Expression.choice(with, first));
      Expression after = Expression.sequence(comma, here);
      next =
          rule.apply(
              at + " next " + i,
              Expression.sequence(member.required ? after : Expression.optional(after), next));
    }
    return Expression.sequence(Expression.text("{"), space, first, Expression.text("}"));
  }

  private static String pointer(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  private Expression member(Expression name, Expression value) {
    return Expression.sequence(
        Expression.text("\""),
        name,
        Expression.text("\""),
        space,
        Expression.text(":"),
        space,
        value);
  }
}
