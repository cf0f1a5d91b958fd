package dev.heed.generation.template;

import dev.heed.generation.template.Scope.Expression;
import dev.heed.generation.template.Scope.Statement;
import dev.heed.generation.template.TemplateLexer.Kind;
import dev.heed.generation.template.TemplateLexer.Word;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Makes statements of a template's tags: `if`, `for`, `set`, `macro`, `break`, `continue`.
final class TemplateParser {
  private static final int DEEPEST = 100;

  private final ExpressionParser expressions;
  private int depth;

  private TemplateParser(List<Word> words) {
    this.expressions = new ExpressionParser(words);
  }

  static Statement parse(String template) {
    TemplateParser parser = new TemplateParser(TemplateLexer.words(template));
    Statement all = parser.body(Set.of());
    if (parser.expressions.peek().kind() != Kind.EOF) {
      throw parser.expressions.wrong("what is opened must be closed");
    }
    return all;
  }

  /// Statements up to a tag that begins with one of `ends`, whose name is taken.
  private Statement body(Set<String> ends) {
    if (++depth > DEEPEST) {
      throw expressions.wrong("too deep");
    }
    List<Statement> parts = new ArrayList<>();
    while (true) {
      Word word = expressions.peek();
      if (word.kind() == Kind.EOF) {
        break;
      }
      expressions.next();
      if (word.kind() == Kind.TEXT) {
        String text = word.text();
        parts.add((scope, out) -> out.append(text));
      } else if (word.kind() == Kind.PRINT) {
        Expression value = expressions.whole();
        expressions.end();
        parts.add((scope, out) -> {
          scope.step(out);
          out.append(Values.text(value.in(scope)));
        });
      } else {
        if (ends.contains(expressions.peek().text())) {
          break;
        }
        parts.add(statement(expressions.name()));
      }
    }
    depth--;
    return (scope, out) -> {
      for (Statement part : parts) {
        scope.step(out);
        part.run(scope, out);
      }
    };
  }

  private Statement statement(String name) {
    return switch (name) {
      case "if" -> condition();
      case "for" -> loop();
      case "set" -> assignment();
      case "macro" -> macro();
      case "break" -> jump(true);
      case "continue" -> jump(false);
      case "generation" -> {
        expressions.end();
        Statement inside = body(Set.of("endgeneration"));
        close("endgeneration");
        yield inside;
      }
      case "do" -> {
        Expression value = expressions.whole();
        expressions.end();
        yield (scope, out) -> value.in(scope);
      }
      default -> throw expressions.wrong("Heed lacks the tag " + name);
    };
  }

  private Statement jump(boolean leaves) {
    expressions.end();
    return (scope, out) -> {
      throw new Scope.Jump(leaves);
    };
  }

  private void close(String name) {
    expressions.expect(name);
    expressions.end();
  }

  private Statement condition() {
    Expression test = expressions.whole();
    expressions.end();
    Statement then = body(Set.of("elif", "else", "endif"));
    String tag = expressions.name();
    Statement otherwise;
    switch (tag) {
      case "elif" -> otherwise = condition();
      case "else" -> {
        expressions.end();
        otherwise = body(Set.of("endif"));
        close("endif");
      }
      default -> {
        if (!tag.equals("endif")) {
          throw expressions.wrong("an if must end with endif");
        }
        expressions.end();
        otherwise = (scope, out) -> {};
      }
    }
    return (scope, out) -> (Values.truth(test.in(scope)) ? then : otherwise).run(scope, out);
  }

  private Statement loop() {
    List<String> names = new ArrayList<>(List.of(expressions.name()));
    while (expressions.take(",")) {
      names.add(expressions.name());
    }
    expressions.expect("in");
    Expression values = expressions.withoutCondition();
    Expression filter = expressions.takeName("if") ? expressions.whole() : scope -> true;
    expressions.end();
    Statement inside = body(Set.of("else", "endfor"));
    Statement otherwise = (scope, out) -> {};
    if (expressions.takeName("else")) {
      expressions.end();
      otherwise = body(Set.of("endfor"));
    }
    close("endfor");
    Statement empty = otherwise;
    return (scope, out) -> {
      List<@Nullable Object> kept = new ArrayList<>();
      for (Object value : Values.list(values.in(scope))) {
        scope.step(out);
        Scope one = scope.inner();
        bind(one, names, value);
        if (Values.truth(filter.in(one))) {
          kept.add(value);
        }
      }
      if (kept.isEmpty()) {
        empty.run(scope, out);
      }
      for (int i = 0; i < kept.size(); i++) {
        Scope turn = scope.inner();
        bind(turn, names, kept.get(i));
        turn.set("loop", loopVariable(kept, i));
        try {
          inside.run(turn, out);
        } catch (Scope.Jump jump) {
          if (jump.leaves) {
            break;
          }
        }
      }
    };
  }

  private static Map<String, @Nullable Object> loopVariable(List<@Nullable Object> all, int i) {
    Map<String, @Nullable Object> loop = new LinkedHashMap<>();
    loop.put("index", i + 1L);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) all.size() - i);
    loop.put("revindex0", all.size() - 1L - i);
    loop.put("first", i == 0);
    loop.put("last", i == all.size() - 1);
    loop.put("length", (long) all.size());
    loop.put("previtem", i == 0 ? Scope.UNDEFINED : all.get(i - 1));
    loop.put("nextitem", i == all.size() - 1 ? Scope.UNDEFINED : all.get(i + 1));
    return loop;
  }

  private static void bind(Scope scope, List<String> names, @Nullable Object value) {
    if (names.size() == 1) {
      scope.set(names.getFirst(), value);
      return;
    }
    List<@Nullable Object> parts = Values.list(value);
    if (parts.size() != names.size()) {
      throw new TemplateException(
          "the chat template expects %d values: found %d".formatted(names.size(), parts.size()));
    }
    for (int i = 0; i < names.size(); i++) {
      scope.set(names.get(i), parts.get(i));
    }
  }

  private Statement assignment() {
    List<String> names = new ArrayList<>(List.of(expressions.name()));
    String attribute = expressions.take(".") ? expressions.name() : null;
    while (expressions.take(",")) {
      names.add(expressions.name());
    }
    if (!expressions.take("=")) {
      expressions.end();
      Statement inside = body(Set.of("endset"));
      close("endset");
      return (scope, out) -> {
        StringBuilder text = new StringBuilder();
        inside.run(scope.inner(), text);
        scope.set(names.getFirst(), text.toString());
      };
    }
    Expression value = expressions.tuple();
    expressions.end();
    if (attribute == null) {
      return (scope, out) -> bind(scope, names, value.in(scope));
    }
    return (scope, out) -> {
      if (!(scope.get(names.getFirst()) instanceof Values.Namespace namespace)) {
        throw new TemplateException(
            "only a namespace's attributes can be set: " + names.getFirst() + " is none");
      }
      namespace.values().put(attribute, value.in(scope));
    };
  }

  private Statement macro() {
    String name = expressions.name();
    expressions.expectOperator("(");
    Map<String, @Nullable Expression> parameters = new LinkedHashMap<>();
    while (!expressions.take(")")) {
      String parameter = expressions.name();
      parameters.put(parameter, expressions.take("=") ? expressions.whole() : null);
      expressions.take(",");
    }
    expressions.end();
    Statement inside = body(Set.of("endmacro"));
    close("endmacro");
    return (scope, out) ->
        scope.set(
            name,
            (Scope.Function)
                (arguments, named) -> {
                  Scope own = scope.inner();
                  int i = 0;
                  for (Map.Entry<String, @Nullable Expression> parameter : parameters.entrySet()) {
                    String key = parameter.getKey();
                    Expression usual = parameter.getValue();
                    own.set(
                        key,
                        i < arguments.size()
                            ? arguments.get(i)
                            : named.containsKey(key)
                                ? named.get(key)
                                : usual == null ? Scope.UNDEFINED : usual.in(scope));
                    i++;
                  }
                  StringBuilder text = new StringBuilder();
                  scope.enter();
                  inside.run(own, text);
                  scope.leave();
                  return text.toString();
                });
  }
}
