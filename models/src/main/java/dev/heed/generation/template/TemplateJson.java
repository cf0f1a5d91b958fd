package dev.heed.generation.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes values as Python's `json.dumps(ensure_ascii=False)` does, which chat templates use for
/// tools.
final class TemplateJson {
  private TemplateJson() {}

  /// @param indent blanks a level as a number; anything else for one line
  static String write(@Nullable Object value, @Nullable Object indent) {
    StringBuilder out = new StringBuilder();
    write(value, indent instanceof Long n ? (int) Math.clamp(n, 0, 16) : -1, 0, out);
    return out.toString();
  }

  private static void write(@Nullable Object value, int indent, int level, StringBuilder out) {
    switch (value) {
      case null -> out.append("null");
      case Boolean truth -> out.append(truth);
      case Long number -> out.append(number);
      case Integer number -> out.append(number);
      case Double number -> out.append(number);
      case String text -> string(text, out);
      case Map<?, ?> map -> {
        List<Runnable> items = new ArrayList<>();
        map.forEach((key, item) ->
            items.add(() -> {
              string(Values.text(key), out);
              out.append(": ");
              write(item, indent, level + 1, out);
            }));
        items('{', '}', items, indent, level, out);
      }
      case List<?> list -> {
        List<Runnable> items = new ArrayList<>();
        list.forEach(item -> items.add(() -> write(item, indent, level + 1, out)));
        items('[', ']', items, indent, level, out);
      }
      default -> throw new TemplateException("there is no JSON for " + Values.text(value));
    }
  }

  private static void items(
      char open, char close, List<Runnable> items, int indent, int level, StringBuilder out) {
    out.append(open);
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : indent < 0 ? ", " : ",");
      line(indent, level + 1, out);
      items.get(i).run();
    }
    if (!items.isEmpty()) {
      line(indent, level, out);
    }
    out.append(close);
  }

  private static void line(int indent, int level, StringBuilder out) {
    if (indent >= 0) {
      out.append('\n').append(" ".repeat(indent * level));
    }
  }

  private static void string(String text, StringBuilder out) {
    out.append('"');
    for (char c : text.toCharArray()) {
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
