package dev.heed.generation.template;

import dev.heed.generation.template.Scope.Expression;
import dev.heed.generation.template.TemplateLexer.Kind;
import dev.heed.generation.template.TemplateLexer.Word;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Makes expressions of a tag's words, by Jinja's rules of what binds how tightly.
final class ExpressionParser {
  private static final int DEEPEST = 200;

  private final List<Word> words;
  private int at;
  private int depth;

  ExpressionParser(List<Word> words) {
    this.words = words;
  }

  // Words

  Word peek() {
    return words.get(at);
  }

  Word next() {
    Word word = words.get(at);
    at = Math.min(at + 1, words.size() - 1);
    return word;
  }

  /// Takes the operator, if it comes next.
  boolean take(String operator) {
    boolean there = peek().kind() == Kind.OPERATOR && peek().text().equals(operator);
    if (there) {
      next();
    }
    return there;
  }

  /// Takes the word, if it comes next.
  boolean takeName(String name) {
    boolean there = peek().kind() == Kind.NAME && peek().text().equals(name);
    if (there) {
      next();
    }
    return there;
  }

  String name() {
    if (peek().kind() != Kind.NAME) {
      throw wrong("expected a name");
    }
    return next().text();
  }

  void expect(String name) {
    if (!takeName(name)) {
      throw wrong("expected " + name);
    }
  }

  void expectOperator(String operator) {
    if (!take(operator)) {
      throw wrong("expected " + operator);
    }
  }

  void end() {
    if (next().kind() != Kind.END) {
      throw wrong("expected the tag's end");
    }
  }

  TemplateException wrong(String what) {
    Word word = peek();
    return new TemplateException(
        "the chat template is not well-formed at character %d: %s: found %s"
            .formatted(word.at(), what, word.text().isEmpty() ? word.kind() : word.text()));
  }

  // Expressions

  /// `a, b` is a list.
  Expression tuple() {
    Expression first = whole();
    if (!take(",")) {
      return first;
    }
    List<Expression> all = new ArrayList<>(List.of(first));
    do {
      all.add(whole());
    } while (take(","));
    return list(all);
  }

  /// An expression, perhaps with `if … else`.
  Expression whole() {
    if (++depth > DEEPEST) {
      throw wrong("too deep");
    }
    Expression value = withoutCondition();
    while (takeName("if")) {
      Expression then = value;
      Expression test = withoutCondition();
      Expression otherwise = takeName("else") ? whole() : scope -> Scope.UNDEFINED;
      value = scope -> Values.truth(test.in(scope)) ? then.in(scope) : otherwise.in(scope);
    }
    depth--;
    return value;
  }

  Expression withoutCondition() {
    Expression left = and();
    while (takeName("or")) {
      Expression a = left;
      Expression b = and();
      left =
          scope -> {
            Object value = a.in(scope);
            return Values.truth(value) ? value : b.in(scope);
          };
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (takeName("and")) {
      Expression a = left;
      Expression b = not();
      left =
          scope -> {
            Object value = a.in(scope);
            return Values.truth(value) ? b.in(scope) : value;
          };
    }
    return left;
  }

  private Expression not() {
    if (takeName("not")) {
      Expression value = not();
      return scope -> !Values.truth(value.in(scope));
    }
    return comparison();
  }

  private Expression comparison() {
    Expression left = sum();
    while (true) {
      Word word = peek();
      String operator = word.text();
      boolean symbol =
          word.kind() == Kind.OPERATOR
              && Set.of("==", "!=", "<", ">", "<=", ">=").contains(operator);
      boolean in = word.kind() == Kind.NAME && operator.equals("in");
      boolean notIn =
          word.kind() == Kind.NAME
              && operator.equals("not")
              && words.get(Math.min(at + 1, words.size() - 1)).text().equals("in");
      if (!symbol && !in && !notIn) {
        return left;
      }
      next();
      if (notIn) {
        next();
      }
      Expression a = left;
      Expression b = sum();
      left =
          symbol
              ? scope -> Values.compare(operator, a.in(scope), b.in(scope))
              : scope -> Values.contains(b.in(scope), a.in(scope)) != notIn;
    }
  }

  private Expression sum() {
    return texts(Set.of("+", "-"), () -> texts(Set.of("~"), this::product));
  }

  /// `~` binds more tightly than `+`.
  private Expression texts(Set<String> operators, Supplier<Expression> operand) {
    Expression left = operand.get();
    while (true) {
      String operator = peek().text();
      if (peek().kind() != Kind.OPERATOR || !operators.contains(operator)) {
        return left;
      }
      next();
      Expression a = left;
      Expression b = operand.get();
      left =
          scope -> {
            Object value = Values.arithmetic(operator, a.in(scope), b.in(scope));
            scope.step(value instanceof String text ? text.length() : 0);
            return value;
          };
    }
  }

  private Expression product() {
    Expression left = unary();
    while (true) {
      String operator = peek().text();
      if (peek().kind() != Kind.OPERATOR || !Set.of("*", "/", "//", "%").contains(operator)) {
        return left;
      }
      next();
      Expression a = left;
      Expression b = unary();
      left = scope -> Values.arithmetic(operator, a.in(scope), b.in(scope));
    }
  }

  private Expression unary() {
    return tests(filters(signed()));
  }

  private Expression signed() {
    if (take("-")) {
      Expression value = signed();
      return scope -> Values.arithmetic("-", 0L, value.in(scope));
    }
    take("+");
    return postfix(primary());
  }

  private Expression filters(Expression value) {
    Expression filtered = value;
    while (take("|")) {
      String name = name();
      Expression of = filtered;
      Arguments arguments = peek().text().equals("(") ? arguments() : new Arguments();
      filtered =
          scope -> {
            scope.step(0);
            return Filters.apply(
                name, of.in(scope), arguments.values(scope), arguments.named(scope));
          };
    }
    return filtered;
  }

  private Expression tests(Expression value) {
    Expression tested = value;
    while (takeName("is")) {
      boolean not = takeName("not");
      String name = name();
      Expression of = tested;
      Expression argument = null;
      Word word = peek();
      boolean operand =
          word.kind() == Kind.STRING
              || word.kind() == Kind.NUMBER
              || word.kind() == Kind.OPERATOR && word.text().equals("(")
              || word.kind() == Kind.NAME
                  && !Set.of("and", "or", "if", "else", "not", "is", "in").contains(word.text());
      if (operand) {
        argument = postfix(primary());
      }
      Expression with = argument;
      tested =
          scope -> Filters.test(name, of.in(scope), with == null ? null : with.in(scope)) != not;
    }
    return tested;
  }

  private static final class Arguments {
    private final List<Expression> values = new ArrayList<>();
    private final Map<String, Expression> named = new LinkedHashMap<>();

    List<@Nullable Object> values(Scope scope) {
      List<@Nullable Object> all = new ArrayList<>();
      values.forEach(value -> all.add(value.in(scope)));
      return all;
    }

    Map<String, @Nullable Object> named(Scope scope) {
      Map<String, @Nullable Object> all = new LinkedHashMap<>();
      named.forEach((name, value) -> all.put(name, value.in(scope)));
      return all;
    }
  }

  private Arguments arguments() {
    expectOperator("(");
    Arguments arguments = new Arguments();
    while (!take(")")) {
      boolean isNamed =
          peek().kind() == Kind.NAME
              && words.get(Math.min(at + 1, words.size() - 1)).kind() == Kind.OPERATOR
              && words.get(Math.min(at + 1, words.size() - 1)).text().equals("=");
      if (isNamed) {
        String name = name();
        next();
        arguments.named.put(name, whole());
      } else {
        arguments.values.add(whole());
      }
      if (!take(",") && !peek().text().equals(")")) {
        throw wrong("expected , or )");
      }
    }
    return arguments;
  }

  private Expression postfix(Expression value) {
    Expression of = value;
    while (true) {
      Expression before = of;
      if (take(".")) {
        String name = peek().kind() == Kind.NUMBER ? next().text() : name();
        if (peek().kind() == Kind.OPERATOR && peek().text().equals("(")) {
          Arguments arguments = arguments();
          of =
              scope -> {
                scope.step(0);
                return Filters.method(
                    before.in(scope), name, arguments.values(scope), arguments.named(scope));
              };
        } else {
          of = scope -> Values.attribute(before.in(scope), name);
        }
      } else if (take("[")) {
        of = subscript(before);
      } else if (peek().kind() == Kind.OPERATOR && peek().text().equals("(")) {
        Arguments arguments = arguments();
        of =
            scope -> {
              scope.step(0);
              if (!(before.in(scope) instanceof Scope.Function function)) {
                throw new TemplateException(
                    "the chat template calls what is no function that Heed has");
              }
              return function.call(arguments.values(scope), arguments.named(scope));
            };
      } else {
        return of;
      }
    }
  }

  private Expression subscript(Expression of) {
    Expression from = peek().text().equals(":") && peek().kind() == Kind.OPERATOR ? null : whole();
    if (!take(":")) {
      expectOperator("]");
      Expression index = from == null ? scope -> null : from;
      return scope -> Values.item(of.in(scope), index.in(scope));
    }
    Expression to = isOperator(":") || isOperator("]") ? null : whole();
    Expression step = take(":") && !isOperator("]") ? whole() : null;
    expectOperator("]");
    return scope ->
        Values.slice(
            of.in(scope),
            from == null ? null : from.in(scope),
            to == null ? null : to.in(scope),
            step == null ? null : step.in(scope));
  }

  private boolean isOperator(String text) {
    return peek().kind() == Kind.OPERATOR && peek().text().equals(text);
  }

  private Expression primary() {
    Word word = next();
    switch (word.kind()) {
      case STRING -> {
        StringBuilder text = new StringBuilder(word.text());
        while (peek().kind() == Kind.STRING) {
          text.append(next().text());
        }
        String all = text.toString();
        return scope -> all;
      }
      case NUMBER -> {
        Object number =
            word.text().contains(".")
                ? (Object) Double.valueOf(word.text())
                : (Object) whole(word.text());
        return scope -> number;
      }
      case NAME -> {
        return named(word.text());
      }
      case OPERATOR -> {
        switch (word.text()) {
          case "(" -> {
            if (take(")")) {
              return list(List.of());
            }
            Expression inside = tuple();
            expectOperator(")");
            return inside;
          }
          case "[" -> {
            List<Expression> items = new ArrayList<>();
            while (!take("]")) {
              items.add(whole());
              if (!take(",") && !isOperator("]")) {
                throw wrong("expected , or ]");
              }
            }
            return list(items);
          }
          case "{" -> {
            return map();
          }
          default -> {}
        }
      }
      default -> {}
    }
    at--;
    throw wrong("expected a value");
  }

  private Long whole(String digits) {
    try {
      return Long.valueOf(digits);
    } catch (NumberFormatException e) {
      throw wrong("a number is too large");
    }
  }

  private static Expression named(String name) {
    return switch (name) {
      case "true", "True" -> scope -> true;
      case "false", "False" -> scope -> false;
      case "none", "None" -> scope -> null;
      default -> scope -> scope.get(name);
    };
  }

  private static Expression list(List<Expression> items) {
    return scope -> {
      List<@Nullable Object> list = new ArrayList<>();
      items.forEach(item -> list.add(item.in(scope)));
      return list;
    };
  }

  private Expression map() {
    Map<Expression, Expression> items = new LinkedHashMap<>();
    while (!take("}")) {
      Expression key = whole();
      expectOperator(":");
      items.put(key, whole());
      if (!take(",") && !isOperator("}")) {
        throw wrong("expected , or }");
      }
    }
    return scope -> {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      items.forEach((key, value) -> map.put(Values.text(key.in(scope)), value.in(scope)));
      return map;
    };
  }
}
