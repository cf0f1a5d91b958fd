package dev.heed.generation.grammar;

import dev.heed.generation.grammar.Expression.Characters;
import dev.heed.generation.grammar.Expression.Choice;
import dev.heed.generation.grammar.Expression.Reference;
import dev.heed.generation.grammar.Expression.Repeat;
import dev.heed.generation.grammar.Expression.Sequence;
import dev.heed.generation.grammar.Expression.Text;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Turns rules about characters into a [Program] about bytes.
final class Compiler {
  private static final int MOST_SYMBOLS = 500_000;

  private final Map<String, Integer> named = new LinkedHashMap<>();
  private final List<List<List<Integer>>> rules = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final Map<List<Long>, Integer> sets = new LinkedHashMap<>();
  private final Map<Characters, Integer> characters = new HashMap<>();
  private int symbols;

  private Compiler() {}

  /// @throws GrammarException if a rule is missing, can never end, calls itself at its own
  ///   beginning, or all of them are too large
  static Program compile(Map<String, Expression> grammar) {
    return new Compiler().program(grammar);
  }

  private Program program(Map<String, Expression> grammar) {
    if (!grammar.containsKey("root")) {
      throw new GrammarException("grammar: there must be a rule named root");
    }
    newRule("root");
    named.put("root", Program.ROOT);
    grammar.keySet().forEach(name -> named.computeIfAbsent(name, this::newRule));
    grammar.forEach(
        (name, expression) -> alternatives(Objects.requireNonNull(named.get(name)), expression));

    int[] code = new int[symbols];
    int[][] starts = new int[rules.size()][];
    int at = 0;
    for (int rule = 0; rule < starts.length; rule++) {
      starts[rule] = new int[rules.get(rule).size()];
      for (int i = 0; i < starts[rule].length; i++) {
        starts[rule][i] = at;
        for (int symbol : rules.get(rule).get(i)) {
          code[at++] = symbol;
        }
        code[at++] = Program.END;
      }
    }
    long[] bits = sets.keySet().stream().flatMap(List::stream).mapToLong(Long::longValue).toArray();
    return RuleChecks.checked(code, starts, bits, names);
  }

  private int newRule(String name) {
    rules.add(new ArrayList<>());
    names.add(name);
    return rules.size() - 1;
  }

  private void alternatives(int rule, Expression expression) {
    List<Expression> all =
        expression instanceof Choice choice ? choice.alternatives() : List.of(expression);
    for (Expression alternative : all) {
      List<Integer> sequence = new ArrayList<>();
      append(alternative, sequence, rule);
      add(rule, sequence);
    }
  }

  private void add(int rule, List<Integer> sequence) {
    checkSize(sequence.size() + 1);
    symbols += sequence.size() + 1;
    rules.get(rule).add(sequence);
  }

  private void append(Expression expression, List<Integer> to, int rule) {
    switch (expression) {
      case Text text -> {
        for (byte b : text.text().getBytes(StandardCharsets.UTF_8)) {
          to.add(set(b & 0xff, b & 0xff));
        }
      }
      case Characters set -> to.add(symbol(set));
      case Reference reference -> {
        Integer number = named.get(reference.rule());
        if (number == null) {
          throw new GrammarException(
              "grammar: the rule %s asks for %s, which there is not"
                  .formatted(names.get(rule), reference.rule()));
        }
        to.add(Program.rule(number));
      }
      case Sequence sequence -> sequence.parts().forEach(part -> append(part, to, rule));
      case Choice choice -> {
        int own = newRule(names.get(rule));
        alternatives(own, choice);
        to.add(Program.rule(own));
      }
      case Repeat repeat -> repeat(repeat, to, rule);
    }
    checkSize(to.size());
  }

  private void checkSize(int more) {
    if ((long) symbols + more > MOST_SYMBOLS) {
      throw new GrammarException("grammar: it must come to at most " + MOST_SYMBOLS + " symbols");
    }
  }

  private void repeat(Repeat repeat, List<Integer> to, int rule) {
    List<Integer> once = new ArrayList<>();
    append(repeat.of(), once, rule);
    int symbol;
    if (once.size() == 1) {
      symbol = once.getFirst();
    } else {
      int own = newRule(names.get(rule));
      add(own, once);
      symbol = Program.rule(own);
    }
    for (int i = 0; i < repeat.least() && i <= MOST_SYMBOLS; i++) {
      to.add(symbol);
    }
    if (repeat.most() == Repeat.UNBOUNDED) {
      int more = newRule(names.get(rule));
      add(more, List.of(symbol, Program.rule(more)));
      add(more, List.of());
      to.add(Program.rule(more));
    } else if (repeat.most() > repeat.least()) {
      // Each further one may come only after the one before it.
      int next = -1;
      for (int i = repeat.least(); i < repeat.most(); i++) {
        int more = newRule(names.get(rule));
        add(more, next < 0 ? List.of(symbol) : List.of(symbol, Program.rule(next)));
        add(more, List.of());
        next = more;
      }
      to.add(Program.rule(next));
    }
  }

  private int symbol(Characters ranges) {
    if (ranges.ranges().isEmpty()) {
      throw new GrammarException("grammar: [] must have at least one character");
    }
    Integer known = characters.get(ranges);
    if (known != null) {
      return known;
    }
    long[] single = new long[4];
    List<List<Integer>> several = new ArrayList<>();
    for (int i = 0; i < ranges.ranges().size(); i += 2) {
      for (int[] bytes : Utf8Ranges.of(ranges.ranges().get(i), ranges.ranges().get(i + 1))) {
        if (bytes.length == 2) {
          fill(single, bytes[0], bytes[1]);
        } else {
          List<Integer> sequence = new ArrayList<>();
          for (int b = 0; b < bytes.length; b += 2) {
            sequence.add(set(bytes[b], bytes[b + 1]));
          }
          several.add(sequence);
        }
      }
    }
    boolean anySingle = (single[0] | single[1]) != 0;
    int symbol;
    if (several.isEmpty() && anySingle) {
      symbol = set(single);
    } else {
      int rule = newRule("[…]");
      if (anySingle) {
        add(rule, List.of(set(single)));
      }
      several.forEach(sequence -> add(rule, sequence));
      symbol = Program.rule(rule);
    }
    characters.put(ranges, symbol);
    return symbol;
  }

  private int set(int first, int last) {
    long[] bits = new long[4];
    fill(bits, first, last);
    return set(bits);
  }

  private int set(long[] bits) {
    return sets.computeIfAbsent(List.of(bits[0], bits[1], bits[2], bits[3]), key -> sets.size());
  }

  private static void fill(long[] bits, int first, int last) {
    for (int b = first; b <= last; b++) {
      bits[b >> 6] |= 1L << (b & 63);
    }
  }
}
