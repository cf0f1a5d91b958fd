package dev.heed.tokenizer.regex;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// An expression as instructions for [Matcher].
final class Program {
  /// Takes one character of `sets[pc]`.
  static final int SET = 0;

  /// Goes on at `first[pc]`, and at `second[pc]` where that fails.
  static final int SPLIT = 1;

  static final int JUMP = 2;
  static final int ANCHOR = 3;

  /// Runs the part at `first[pc]` on its own and goes on at `second[pc]` where it ended.
  static final int ATOMIC = 4;

  static final int LOOK_AHEAD = 5;
  static final int LOOK_BEHIND = 6;
  static final int MATCH = 7;

  private static final int LONGEST = 20_000;
  private static final int FARTHEST_BEHIND = 255;

  int[] operations = new int[16];
  int[] first = new int[16];
  int[] second = new int[16];
  @Nullable Object[] arguments = new @Nullable Object[16];
  int size;

  /// The number of SPLITs; each has its number in `splitNumbers`.
  int splits;

  int[] splitNumbers = new int[16];

  /// Whether a loop may go round without taking a character.
  boolean hasEmptyLoop;

  private final String expression;

  Program(String expression) {
    this.expression = expression;
    compile(new Parser(expression).parse());
    add(MATCH);
  }

  record Behind(int shortest, int longest, boolean negative) {}

  private int add(int operation) {
    if (size == operations.length) {
      int length = size * 2;
      operations = Arrays.copyOf(operations, length);
      first = Arrays.copyOf(first, length);
      second = Arrays.copyOf(second, length);
      arguments = Arrays.copyOf(arguments, length);
      splitNumbers = Arrays.copyOf(splitNumbers, length);
    }
    if (size >= LONGEST) {
      throw new IllegalArgumentException(
          "The expression \"%s\" repeats too much: it would take more than %d steps"
              .formatted(
                  expression.length() <= 120 ? expression : expression.substring(0, 120) + "…",
                  LONGEST));
    }
    operations[size] = operation;
    if (operation == SPLIT) {
      splitNumbers[size] = splits++;
    }
    return size++;
  }

  private void add(int operation, Object argument) {
    int pc = add(operation);
    arguments[pc] = argument;
  }

  IntPredicate set(int pc) {
    return (IntPredicate) java.util.Objects.requireNonNull(arguments[pc]);
  }

  private void compile(Node node) {
    switch (node) {
      case Node.Set set -> add(SET, set.set());
      case Node.Sequence sequence -> sequence.parts().forEach(this::compile);
      case Node.Choice choice -> compile(choice);
      case Node.Repeat repeat -> compile(repeat);
      case Node.Anchor anchor -> add(ANCHOR, anchor.kind());
      case Node.Atomic atomic -> sub(add(ATOMIC), atomic.body());
      case Node.Look look -> compile(look);
    }
  }

  private void sub(int pc, Node body) {
    first[pc] = size;
    compile(body);
    add(MATCH);
    second[pc] = size;
  }

  private void compile(Node.Choice choice) {
    int[] ends = new int[choice.options().size() - 1];
    for (int i = 0; i < ends.length; i++) {
      int split = add(SPLIT);
      first[split] = size;
      compile(choice.options().get(i));
      ends[i] = add(JUMP);
      second[split] = size;
    }
    compile(choice.options().getLast());
    for (int end : ends) {
      first[end] = size;
    }
  }

  private void compile(Node.Repeat repeat) {
    for (int i = 0; i < repeat.min(); i++) {
      compile(repeat.body());
    }
    if (repeat.max() < 0) {
      hasEmptyLoop |= shortest(repeat.body()) == 0;
      int split = add(SPLIT);
      int body = size;
      compile(repeat.body());
      int jump = add(JUMP);
      first[jump] = split;
      branch(split, body, repeat.greedy());
      return;
    }
    int[] splits = new int[repeat.max() - repeat.min()];
    int[] bodies = new int[splits.length];
    for (int i = 0; i < splits.length; i++) {
      splits[i] = add(SPLIT);
      bodies[i] = size;
      compile(repeat.body());
    }
    for (int i = 0; i < splits.length; i++) {
      branch(splits[i], bodies[i], repeat.greedy());
    }
  }

  private void branch(int split, int body, boolean greedy) {
    first[split] = greedy ? body : size;
    second[split] = greedy ? size : body;
  }

  private void compile(Node.Look look) {
    if (!look.behind()) {
      int pc = add(LOOK_AHEAD);
      arguments[pc] = look.negative();
      sub(pc, look.body());
      return;
    }
    int longest = longest(look.body());
    if (longest < 0 || longest > FARTHEST_BEHIND) {
      throw new IllegalArgumentException(
          "The expression \"%s\" looks behind farther than %d characters"
              .formatted(expression, FARTHEST_BEHIND));
    }
    int pc = add(LOOK_BEHIND);
    arguments[pc] = new Behind(shortest(look.body()), longest, look.negative());
    sub(pc, look.body());
  }

  private static int shortest(Node node) {
    return switch (node) {
      case Node.Set _ -> 1;
      case Node.Sequence sequence ->
          sequence.parts().stream().mapToInt(Program::shortest).reduce(0, Program::capped);
      case Node.Choice choice ->
          choice.options().stream().mapToInt(Program::shortest).min().orElse(0);
      case Node.Repeat repeat ->
          (int) Math.min(1 << 20, (long) shortest(repeat.body()) * repeat.min());
      case Node.Atomic atomic -> shortest(atomic.body());
      case Node.Anchor _, Node.Look _ -> 0;
    };
  }

  private static int capped(int a, int b) {
    return Math.min(1 << 20, a + b);
  }

  /// -1 where there is no limit.
  private static int longest(Node node) {
    return switch (node) {
      case Node.Set _ -> 1;
      case Node.Sequence sequence -> {
        int sum = 0;
        for (Node part : sequence.parts()) {
          int length = longest(part);
          if (length < 0) {
            yield -1;
          }
          sum = capped(sum, length);
        }
        yield sum;
      }
      case Node.Choice choice -> {
        int most = 0;
        for (Node option : choice.options()) {
          int length = longest(option);
          if (length < 0) {
            yield -1;
          }
          most = Math.max(most, length);
        }
        yield most;
      }
      case Node.Repeat repeat -> {
        int length = longest(repeat.body());
        yield length == 0
            ? 0
            : repeat.max() < 0 || length < 0
                ? -1
                : (int) Math.min(1 << 20, (long) length * repeat.max());
      }
      case Node.Atomic atomic -> longest(atomic.body());
      case Node.Anchor _, Node.Look _ -> 0;
    };
  }
}
