package dev.heed.generation.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Jinja's filters and tests, and the methods of Python's texts and dictionaries, as far as chat
/// templates use them.
final class Filters {
  private Filters() {}

  static @Nullable Object apply(
      String name,
      @Nullable Object value,
      List<@Nullable Object> arguments,
      Map<String, @Nullable Object> named) {
    Object first = arguments.isEmpty() ? null : arguments.getFirst();
    return switch (name) {
      case "trim" -> strip(Values.text(value), first, true, true);
      case "length", "count" -> (long) size(value);
      case "upper" -> Values.text(value).toUpperCase(Locale.ROOT);
      case "lower" -> Values.text(value).toLowerCase(Locale.ROOT);
      case "capitalize", "title" -> method(Values.text(value), name, arguments, named);
      case "string" -> Values.text(value);
      case "safe" -> value;
      case "list" -> new ArrayList<>(Values.list(value));
      case "first" ->
          Values.list(value).isEmpty() ? Scope.UNDEFINED : Values.list(value).getFirst();
      case "last" -> Values.list(value).isEmpty() ? Scope.UNDEFINED : Values.list(value).getLast();
      case "reverse" -> Values.slice(value, null, null, -1L);
      case "unique" -> new ArrayList<>(new LinkedHashSet<>(Values.list(value)));
      case "join" -> join(Values.list(value), first == null ? "" : Values.text(first));
      case "default", "d" -> {
        boolean falsy = arguments.size() > 1 && Values.truth(arguments.get(1));
        yield value == Scope.UNDEFINED || falsy && !Values.truth(value) ? first : value;
      }
      case "int" -> integer(value);
      case "float" -> Double.valueOf(Values.text(value));
      case "abs" -> value instanceof Long number ? (Object) Math.abs(number) : value;
      case "items" -> method(value, "items", arguments, named);
      case "dictsort" -> {
        List<@Nullable Object> items = Values.list(method(value, "items", List.of(), Map.of()));
        List<@Nullable Object> sorted = new ArrayList<>(items);
        sorted.sort((a, b) ->
            Values.text(Values.item(a, 0L)).compareToIgnoreCase(Values.text(Values.item(b, 0L))));
        yield sorted;
      }
      case "replace" -> method(Values.text(value), "replace", arguments, named);
      case "tojson" -> TemplateJson.write(value, indent(first, named));
      case "indent" -> indented(Values.text(value), first, named);
      case "map" -> {
        List<@Nullable Object> mapped = new ArrayList<>();
        for (Object item : Values.list(value)) {
          mapped.add(
              named.containsKey("attribute")
                  ? Values.attribute(item, Values.text(named.get("attribute")))
                  : apply(Values.text(first), item, arguments.subList(1, arguments.size()), named));
        }
        yield mapped;
      }
      case "selectattr", "rejectattr" -> {
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : Values.list(value)) {
          Object attribute = Values.attribute(item, Values.text(first));
          boolean holds =
              arguments.size() < 2
                  ? Values.truth(attribute)
                  : test(
                      Values.text(arguments.get(1)),
                      attribute,
                      arguments.size() > 2 ? arguments.get(2) : null);
          if (holds == name.equals("selectattr")) {
            kept.add(item);
          }
        }
        yield kept;
      }
      case "select", "reject" -> {
        List<@Nullable Object> kept = new ArrayList<>();
        for (Object item : Values.list(value)) {
          boolean holds =
              first == null
                  ? Values.truth(item)
                  : test(Values.text(first), item, arguments.size() > 1 ? arguments.get(1) : null);
          if (holds == name.equals("select")) {
            kept.add(item);
          }
        }
        yield kept;
      }
      default ->
          throw new TemplateException("Heed lacks the filter " + name + " of chat templates");
    };
  }

  private static @Nullable Object indent(
      @Nullable Object first, Map<String, @Nullable Object> named) {
    return named.containsKey("indent") ? named.get("indent") : first;
  }

  private static String indented(
      String text, @Nullable Object first, Map<String, @Nullable Object> named) {
    Object width = first != null ? first : named.getOrDefault("width", 4L);
    String blanks = width instanceof Long n ? " ".repeat((int) Math.clamp(n, 0, 100)) : "";
    String[] lines = text.split("\n", -1);
    for (int i = Values.truth(named.get("first")) ? 0 : 1; i < lines.length; i++) {
      lines[i] = lines[i].isEmpty() ? "" : blanks + lines[i];
    }
    return String.join("\n", lines);
  }

  private static Object integer(@Nullable Object value) {
    return switch (value) {
      case Long number -> number;
      case Double number -> (long) (double) number;
      case Boolean truth -> truth ? 1L : 0L;
      case null, default -> {
        try {
          yield Long.valueOf(Values.text(value).strip());
        } catch (NumberFormatException e) {
          yield 0L;
        }
      }
    };
  }

  private static int size(@Nullable Object value) {
    return value instanceof String text
        ? text.codePointCount(0, text.length())
        : Values.list(value).size();
  }

  private static String join(List<@Nullable Object> items, String between) {
    List<String> texts = new ArrayList<>();
    items.forEach(item -> texts.add(Values.text(item)));
    return String.join(between, texts);
  }

  static boolean test(String name, @Nullable Object value, @Nullable Object argument) {
    return switch (name) {
      case "defined" -> value != Scope.UNDEFINED;
      case "undefined" -> value == Scope.UNDEFINED;
      case "none" -> value == null;
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map;
      case "sequence" -> value instanceof List || value instanceof String || value instanceof Map;
      case "iterable" -> value instanceof List || value instanceof String || value instanceof Map;
      case "number" -> value instanceof Long || value instanceof Double || value instanceof Boolean;
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "callable" -> value instanceof Scope.Function;
      case "equalto", "eq", "==" -> Values.equal(value, argument);
      case "ne", "!=" -> !Values.equal(value, argument);
      case "gt", "greaterthan", ">" -> Values.compare(">", value, argument);
      case "lt", "lessthan", "<" -> Values.compare("<", value, argument);
      case "ge", ">=" -> Values.compare(">=", value, argument);
      case "le", "<=" -> Values.compare("<=", value, argument);
      case "in" -> Values.contains(argument, value);
      case "odd" -> value instanceof Long number && number % 2 != 0;
      case "even" -> value instanceof Long number && number % 2 == 0;
      case "divisibleby" ->
          value instanceof Long n && argument instanceof Long by && by != 0 && n % by == 0;
      case "lower" -> value instanceof String text && text.equals(text.toLowerCase(Locale.ROOT));
      case "upper" -> value instanceof String text && text.equals(text.toUpperCase(Locale.ROOT));
      default -> throw new TemplateException("Heed lacks the test " + name + " of chat templates");
    };
  }

  static @Nullable Object method(
      @Nullable Object of,
      String name,
      List<@Nullable Object> arguments,
      Map<String, @Nullable Object> named) {
    return switch (of) {
      case String text -> textMethod(text, name, arguments);
      case Map<?, ?> map -> mapMethod(map, name, arguments, named);
      case List<?> list when name.equals("index") -> {
        for (int i = 0; i < list.size(); i++) {
          if (Values.equal(list.get(i), arguments.getFirst())) {
            yield (long) i;
          }
        }
        throw new TemplateException("the chat template looks for what is not in a list");
      }
      case List<?> list when name.equals("count") ->
          list.stream().filter(item -> Values.equal(item, arguments.getFirst())).count();
      case null, default -> {
        if (Values.attribute(of, name) instanceof Scope.Function function) {
          yield function.call(arguments, named);
        }
        throw new TemplateException(
            "the chat template calls %s of %s, which Heed lacks".formatted(name, Values.text(of)));
      }
    };
  }

  private static Object textMethod(String text, String name, List<@Nullable Object> arguments) {
    Object first = arguments.isEmpty() ? null : arguments.getFirst();
    Object second = arguments.size() < 2 ? null : arguments.get(1);
    return switch (name) {
      case "strip" -> strip(text, first, true, true);
      case "lstrip" -> strip(text, first, true, false);
      case "rstrip" -> strip(text, first, false, true);
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "startswith" -> affix(text, first, true);
      case "endswith" -> affix(text, first, false);
      case "replace" ->
          replace(text, first, second, arguments.size() > 2 ? arguments.get(2) : null);
      case "split" -> split(text, first, second);
      case "splitlines" -> text.lines().map(Object.class::cast).toList();
      case "find" -> (long) text.indexOf(Values.text(first));
      case "count" ->
          (long) (text.split(java.util.regex.Pattern.quote(Values.text(first)), -1).length - 1);
      case "isdigit" -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
      case "capitalize" ->
          text.isEmpty()
              ? text
              : text.substring(0, 1).toUpperCase(Locale.ROOT)
                  + text.substring(1).toLowerCase(Locale.ROOT);
      case "title" -> title(text);
      case "join" -> join(Values.list(first), text);
      default ->
          throw new TemplateException("Heed lacks the method " + name + " of texts in templates");
    };
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean inWord = false;
    for (char c : text.toCharArray()) {
      out.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inWord = Character.isLetter(c);
    }
    return out.toString();
  }

  private static String replace(
      String text, @Nullable Object from, @Nullable Object to, @Nullable Object times) {
    String old = Values.text(from);
    String by = Values.text(to);
    long left = times instanceof Long number && number >= 0 ? number : Long.MAX_VALUE;
    if (old.isEmpty()) {
      throw new TemplateException("the chat template replaces an empty text");
    }
    StringBuilder out = new StringBuilder();
    int at = 0;
    for (int found = text.indexOf(old); found >= 0 && left-- > 0; found = text.indexOf(old, at)) {
      out.append(text, at, found).append(by);
      at = found + old.length();
      if (out.length() > 8 << 20) {
        throw new TemplateException("the chat template makes a text too long");
      }
    }
    return out.append(text, at, text.length()).toString();
  }

  private static boolean affix(String text, @Nullable Object affix, boolean start) {
    if (affix instanceof List<?> list) {
      return list.stream().anyMatch(one -> affix(text, one, start));
    }
    String other = Values.text(affix);
    return start ? text.startsWith(other) : text.endsWith(other);
  }

  private static List<@Nullable Object> split(
      String text, @Nullable Object separator, @Nullable Object most) {
    int limit = most instanceof Long number && number >= 0 ? (int) Math.min(number, 1 << 20) : -1;
    List<@Nullable Object> parts = new ArrayList<>();
    if (separator == null) {
      String rest = text.strip();
      if (rest.isEmpty()) {
        return parts;
      }
      parts.addAll(List.of(rest.split("\\s+", limit < 0 ? 0 : limit + 1)));
      return parts;
    }
    String at = Objects.requireNonNull(Values.text(separator));
    if (at.isEmpty()) {
      throw new TemplateException("the chat template splits at an empty text");
    }
    int from = 0;
    for (int found = text.indexOf(at);
        found >= 0 && (limit < 0 || parts.size() < limit);
        found = text.indexOf(at, from)) {
      parts.add(text.substring(from, found));
      from = found + at.length();
    }
    parts.add(text.substring(from));
    return parts;
  }

  private static String strip(String text, @Nullable Object of, boolean left, boolean right) {
    String characters = of == null ? null : Values.text(of);
    int from = 0;
    int to = text.length();
    while (left && from < to && stripped(text.charAt(from), characters)) {
      from++;
    }
    while (right && to > from && stripped(text.charAt(to - 1), characters)) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean stripped(char c, @Nullable String characters) {
    return characters == null
        ? Character.isWhitespace(c) || c == '\u00a0' || c == '\u0085'
        : characters.indexOf(c) >= 0;
  }

  private static @Nullable Object mapMethod(
      Map<?, ?> map,
      String name,
      List<@Nullable Object> arguments,
      Map<String, @Nullable Object> named) {
    switch (name) {
      case "items" -> {
        List<@Nullable Object> items = new ArrayList<>();
        map.forEach((key, value) -> {
          List<@Nullable Object> item = new ArrayList<>();
          item.add(key);
          item.add(value);
          items.add(item);
        });
        return items;
      }
      case "keys" -> {
        return new ArrayList<>(map.keySet());
      }
      case "values" -> {
        return new ArrayList<>(map.values());
      }
      case "get" -> {
        Object key = arguments.isEmpty() ? null : arguments.getFirst();
        return map.containsKey(key) ? map.get(key) : arguments.size() > 1 ? arguments.get(1) : null;
      }
      default -> {
        if (map.get(name) instanceof Scope.Function function) {
          return function.call(arguments, named);
        }
        Map<String, @Nullable Object> unused = new LinkedHashMap<>(named);
        throw new TemplateException(
            "Heed lacks the method %s of dictionaries in templates%s"
                .formatted(name, unused.isEmpty() ? "" : " with names"));
      }
    }
  }
}
