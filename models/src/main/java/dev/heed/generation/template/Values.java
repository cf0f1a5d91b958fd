package dev.heed.generation.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What values of a template are and do, as Python has it: texts, `Long`, `Double`, `Boolean`,
/// lists, maps, null for None, [Scope#UNDEFINED], functions, namespaces.
final class Values {
  private Values() {}

  /// Variables that a template can set from inside a loop.
  record Namespace(Map<String, @Nullable Object> values) {}

  static boolean truth(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean truth -> truth;
      case Long number -> number != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> value != Scope.UNDEFINED;
    };
  }

  /// As it is printed.
  static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case Boolean truth -> truth ? "True" : "False";
      case List<?> list -> inside(list);
      case Map<?, ?> map -> inside(map);
      default -> value.toString();
    };
  }

  /// As Python shows it inside of a list.
  private static String quoted(@Nullable Object value) {
    if (!(value instanceof String text)) {
      return text(value);
    }
    char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
    StringBuilder out = new StringBuilder().append(quote);
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            case '\\' -> out.append("\\\\");
            default -> {
              if (c == quote) {
                out.append('\\');
              }
              out.appendCodePoint(c);
            }
          }
        });
    return out.append(quote).toString();
  }

  private static String inside(List<?> list) {
    List<String> items = new ArrayList<>();
    list.forEach(item -> items.add(quoted(item)));
    return "[" + String.join(", ", items) + "]";
  }

  private static String inside(Map<?, ?> map) {
    List<String> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(quoted(key) + ": " + quoted(value)));
    return "{" + String.join(", ", items) + "}";
  }

  /// What a loop goes over.
  static List<@Nullable Object> list(@Nullable Object value) {
    return switch (value) {
      case List<?> list -> Collections.unmodifiableList(list);
      case Map<?, ?> map -> new ArrayList<>(map.keySet());
      case String text -> {
        List<@Nullable Object> characters = new ArrayList<>();
        text.codePoints().forEach(c -> characters.add(Character.toString(c)));
        yield characters;
      }
      case null -> throw new TemplateException("the chat template goes over None");
      default -> {
        if (value == Scope.UNDEFINED) {
          yield List.of();
        }
        throw new TemplateException("the chat template goes over " + text(value));
      }
    };
  }

  static @Nullable Object attribute(@Nullable Object of, String name) {
    return switch (of) {
      case Map<?, ?> map -> map.containsKey(name) ? map.get(name) : Scope.UNDEFINED;
      case Namespace namespace ->
          namespace.values.containsKey(name) ? namespace.values.get(name) : Scope.UNDEFINED;
      case List<?> list when name.chars().allMatch(Character::isDigit) && name.length() < 9 ->
          item(list, Long.valueOf(name));
      case null -> Scope.UNDEFINED;
      default -> {
        if (of == Scope.UNDEFINED) {
          throw new TemplateException("the chat template asks what is undefined for " + name);
        }
        yield Scope.UNDEFINED;
      }
    };
  }

  static @Nullable Object item(@Nullable Object of, @Nullable Object index) {
    if (of == Scope.UNDEFINED) {
      throw new TemplateException("the chat template asks what is undefined for " + text(index));
    }
    if (index instanceof Long number) {
      List<@Nullable Object> list =
          of instanceof List<?> || of instanceof String ? list(of) : List.of();
      long at = number < 0 ? list.size() + number : number;
      return at >= 0 && at < list.size() ? list.get((int) at) : Scope.UNDEFINED;
    }
    return index instanceof String name ? attribute(of, name) : Scope.UNDEFINED;
  }

  static Object slice(
      @Nullable Object of, @Nullable Object from, @Nullable Object to, @Nullable Object step) {
    List<@Nullable Object> list = list(of);
    int by = step instanceof Long number ? (int) Math.clamp(number, -1_000_000, 1_000_000) : 1;
    if (by == 0) {
      throw new TemplateException("a slice's step must not be 0");
    }
    int size = list.size();
    int first = bound(from, by > 0 ? 0 : size - 1, size, by);
    int end = bound(to, by > 0 ? size : -1, size, by);
    List<@Nullable Object> part = new ArrayList<>();
    for (int i = first; by > 0 ? i < end : i > end; i += by) {
      part.add(list.get(i));
    }
    if (of instanceof String) {
      StringBuilder text = new StringBuilder();
      part.forEach(text::append);
      return text.toString();
    }
    return part;
  }

  private static int bound(@Nullable Object value, int otherwise, int size, int step) {
    if (!(value instanceof Long number)) {
      return otherwise;
    }
    long at = number < 0 ? size + number : number;
    return (int) (step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1));
  }

  static boolean equal(@Nullable Object a, @Nullable Object b) {
    if (number(a) && number(b)) {
      return real(a) == real(b);
    }
    return Objects.equals(a, b);
  }

  static boolean compare(String operator, @Nullable Object a, @Nullable Object b) {
    if (operator.equals("==") || operator.equals("!=")) {
      return equal(a, b) == operator.equals("==");
    }
    int order;
    if (a instanceof String first && b instanceof String second) {
      order = first.compareTo(second);
    } else if (number(a) && number(b)) {
      order = Double.compare(real(a), real(b));
    } else {
      throw new TemplateException(
          "the chat template compares %s with %s".formatted(text(a), text(b)));
    }
    return switch (operator) {
      case "<" -> order < 0;
      case ">" -> order > 0;
      case "<=" -> order <= 0;
      default -> order >= 0;
    };
  }

  static boolean contains(@Nullable Object container, @Nullable Object value) {
    return switch (container) {
      case String text -> value instanceof String part && text.contains(part);
      case Map<?, ?> map -> map.containsKey(value);
      case List<?> list -> list.stream().anyMatch(item -> equal(item, value));
      case null -> throw new TemplateException("the chat template looks into None");
      default -> false;
    };
  }

  private static boolean number(@Nullable Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  private static double real(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Double number -> number;
      case Boolean truth -> truth ? 1 : 0;
      case null, default -> throw new TemplateException(text(value) + " is no number");
    };
  }

  static Object arithmetic(String operator, @Nullable Object a, @Nullable Object b) {
    if (operator.equals("~")) {
      return text(a) + text(b);
    }
    if (operator.equals("+") && a instanceof String first && b instanceof String second) {
      return first + second;
    }
    if (operator.equals("+") && a instanceof List<?> first && b instanceof List<?> second) {
      List<@Nullable Object> both = new ArrayList<>(first);
      both.addAll(second);
      return both;
    }
    if (operator.equals("*") && a instanceof String text && b instanceof Long times) {
      if (text.length() * Math.max(0.0, times) > 1 << 20) {
        throw new TemplateException("the chat template repeats a text too often");
      }
      return text.repeat((int) Math.max(0, times));
    }
    if (!number(a) || !number(b)) {
      throw new TemplateException(
          "the chat template computes %s %s %s".formatted(text(a), operator, text(b)));
    }
    if (a instanceof Double || b instanceof Double || operator.equals("/")) {
      double x = real(a);
      double y = real(b);
      return switch (operator) {
        case "+" -> x + y;
        case "-" -> x - y;
        case "*" -> x * y;
        case "/" -> x / nonZero(y);
        case "//" -> Math.floor(x / nonZero(y));
        default -> x - nonZero(y) * Math.floor(x / y);
      };
    }
    long x = (long) real(a);
    long y = (long) real(b);
    return switch (operator) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "//" -> Math.floorDiv(x, (long) nonZero(y));
      default -> Math.floorMod(x, (long) nonZero(y));
    };
  }

  private static double nonZero(double divisor) {
    if (divisor == 0) {
      throw new TemplateException("the chat template divides by 0");
    }
    return divisor;
  }
}
