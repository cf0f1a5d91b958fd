package dev.heed.generation.grammar;

import dev.heed.generation.grammar.Expression.Characters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// How JSON writes text and given values.
final class JsonText {
  /// Characters that stand for themselves.
  private static final Characters PLAIN = Characters.of(0, 0x1f, '"', '"', '\\', '\\').complement();

  private static final String ESCAPED = "\"\\/\b\f\n\r\t";
  private static final String ESCAPES = "\"\\/bfnrt";
  private static final Characters HEX = Characters.of('0', '9', 'a', 'f', 'A', 'F');

  private JsonText() {}

  /// A character of a string, escaped or not. Halves of characters cannot come, so that each is one
  /// code point, as `maxLength` counts.
  static Expression character() {
    return Expression.choice(
        PLAIN,
        Expression.sequence(Expression.text("\\"), Characters.oneOf(ESCAPES)),
        Expression.sequence(
            Expression.text("\\u"),
            Expression.choice(
                Expression.sequence(HEX.and(Characters.oneOf("dD").complement()), HEX, HEX, HEX),
                Expression.sequence(Characters.oneOf("dD"), Characters.of('0', '7'), HEX, HEX))));
  }

  /// One of these characters, as it is written within a string.
  static Expression oneOf(Characters set) {
    List<Expression> all = new ArrayList<>();
    Characters plain = set.and(PLAIN);
    if (!plain.ranges().isEmpty()) {
      all.add(plain);
    }
    for (int c = 0; c <= '\\'; c++) {
      if (set.contains(c) && !PLAIN.contains(c)) {
        all.add(Expression.text(escaped(c)));
      }
    }
    return new Expression.Choice(all);
  }

  private static String escaped(int c) {
    int named = ESCAPED.indexOf(c);
    return named >= 0 ? "\\" + ESCAPES.charAt(named) : "\\u%04x".formatted(c);
  }

  /// A text within a string, without the quotes around it.
  static String escaped(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          if (PLAIN.contains(c)) {
            out.appendCodePoint(c);
          } else {
            out.append(escaped(c));
          }
        });
    return out.toString();
  }

  /// A value in one line.
  static String write(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String text -> '"' + escaped(text) + '"';
      case List<?> list ->
          "[" + String.join(",", list.stream().map(JsonText::write).toList()) + "]";
      case Map<?, ?> map ->
          "{"
              + String.join(
                  ",",
                  map.entrySet().stream()
                      .map(entry -> write(entry.getKey()) + ":" + write(entry.getValue()))
                      .toList())
              + "}";
      default -> value.toString();
    };
  }

  /// The inside of a string that is none of `names`, without escapes.
  static Expression otherThan(Collection<String> names) {
    Node tree = new Node();
    for (String name : names) {
      Node node = tree;
      for (int c : name.codePoints().toArray()) {
        node = node.next.computeIfAbsent(c, key -> new Node());
      }
      node.ends = true;
    }
    return tree.others();
  }

  private static final class Node {
    private final Map<Integer, Node> next = new TreeMap<>();
    private boolean ends;

    Expression others() {
      List<Expression> all = new ArrayList<>();
      if (!ends) {
        all.add(Expression.EMPTY);
      }
      int[] bounds =
          next.keySet().stream()
              .flatMap(c -> java.util.stream.Stream.of(c, c))
              .mapToInt(c -> c)
              .toArray();
      all.add(
          Expression.sequence(
              PLAIN.and(Characters.of(bounds).complement()), Expression.many(PLAIN)));
      next.forEach((c, node) -> {
        if (PLAIN.contains(c)) {
          all.add(Expression.sequence(Expression.text(Character.toString(c)), node.others()));
        }
      });
      return new Expression.Choice(all);
    }
  }
}
