package dev.heed.generation.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Follows a grammar byte by byte: a pushdown automaton whose states are made when they are first
/// reached and kept. For one thread.
///
/// What may come is a set of stacks, each the positions in rules that are still to be gone on from.
/// Equal stacks are one object, and so are equal sets of them, so that a step that was made before
/// is one look into an array.
final class Automaton {
  private static final int MOST_WAYS = 4096;
  private static final int MOST_STATES = 8192;
  private static final int MOST_STACKS = 1 << 18;

  private final Program program;
  private final Map<Long, Stack> stacks = new HashMap<>();
  private final Map<List<Integer>, State> states = new HashMap<>();
  private int made;

  Automaton(Program program) {
    this.program = program;
  }

  /// A position, and where to go on after its alternative.
  private static final class Stack {
    final int id;
    final int position;
    final @Nullable Stack below;
    final int depth;
    final int bytes; // the fewest to the end of the whole text

    Stack(int id, int position, @Nullable Stack below, int rest) {
      this.id = id;
      this.position = position;
      this.below = below;
      this.depth = below == null ? 0 : below.depth + 1;
      this.bytes = Math.min(rest + (below == null ? 0 : below.bytes), Integer.MAX_VALUE / 2);
    }
  }

  /// All that may come after some text.
  static final class State {
    private final List<Stack> stacks;
    private final boolean complete;
    private final int bytes;
    private @Nullable State @Nullable [] next;
    @Nullable TokenMask mask;

    private State(List<Stack> stacks, boolean complete) {
      this.stacks = stacks;
      this.complete = complete;
      this.bytes =
          complete
              ? 0
              : stacks.stream().mapToInt(stack -> stack.bytes).min().orElse(Integer.MAX_VALUE);
    }

    /// Whether the text may end here.
    boolean complete() {
      return complete;
    }

    /// Whether the text is none of the grammar's, nor the beginning of one.
    boolean dead() {
      return !complete && stacks.isEmpty();
    }

    /// The fewest bytes that complete the text.
    int bytes() {
      return bytes;
    }
  }

  /// The state before the first byte.
  State start() {
    Closure closure = new Closure();
    closure.enter(Program.ROOT, null);
    return closure.state();
  }

  /// The state after a further byte.
  State next(State state, int b) {
    @Nullable State[] known = state.next;
    if (known == null) {
      known = new @Nullable State[256];
      state.next = known;
    }
    State next = known[b];
    if (next == null) {
      Closure closure = new Closure();
      for (Stack stack : state.stacks) {
        if (program.contains(program.code()[stack.position], b)) {
          closure.add(stack.position + 1, stack.below);
        }
      }
      next = closure.state();
      known[b] = next;
    }
    return next;
  }

  private Stack stack(int position, @Nullable Stack below) {
    long key = (long) (below == null ? -1 : below.id) << 32 | position;
    Stack known = stacks.get(key);
    if (known == null) {
      known = new Stack(made++, position, below, program.rest()[position]);
      stacks.put(key, known);
    }
    return known;
  }

  /// Forgets what was kept, which comes again where it is needed.
  private void forget() {
    states.values().forEach(state -> state.next = null);
    states.clear();
    stacks.clear();
  }

  /// Drops the masks of all states.
  void forgetMasks() {
    states.values().forEach(state -> state.mask = null);
  }

  /// Goes on from positions until a byte must come.
  private final class Closure {
    private final Deque<Stack> open = new ArrayDeque<>();
    private final Set<Stack> seen = new HashSet<>();
    private final List<Stack> waiting = new ArrayList<>();
    private boolean complete;

    void add(int position, @Nullable Stack below) {
      Stack stack = stack(position, below);
      if (seen.add(stack)) {
        if (seen.size() > MOST_WAYS) {
          throw new GrammarException(
              "grammar: it must be read in at most %d ways at once: it is too ambiguous"
                  .formatted(MOST_WAYS));
        }
        open.add(stack);
      }
    }

    void enter(int rule, @Nullable Stack below) {
      int depth = below == null ? 0 : below.depth + 1;
      for (int start : program.alternatives()[rule]) {
        if (depth + program.heights()[start] <= RuleChecks.DEEPEST) {
          add(start, below);
        }
      }
    }

    State state() {
      while (!open.isEmpty()) {
        Stack stack = open.remove();
        int symbol = program.code()[stack.position];
        if (symbol == Program.END) {
          Stack below = stack.below;
          if (below == null) {
            complete = true;
          } else {
            add(below.position, below.below);
          }
        } else if (Program.isRule(symbol)) {
          boolean last = program.code()[stack.position + 1] == Program.END;
          enter(Program.rule(symbol), last ? stack.below : stack(stack.position + 1, stack.below));
        } else {
          waiting.add(stack);
        }
      }
      if (states.size() >= MOST_STATES || stacks.size() >= MOST_STACKS) {
        forget();
      }
      waiting.sort(Comparator.comparingInt(stack -> stack.id));
      List<Integer> key = new ArrayList<>();
      key.add(complete ? 1 : 0);
      waiting.forEach(stack -> key.add(stack.id));
      return states.computeIfAbsent(key, ids -> new State(List.copyOf(waiting), complete));
    }
  }

  /// The state after these bytes.
  State after(State state, byte[] bytes) {
    for (byte b : bytes) {
      state = next(state, b & 0xff);
      if (state.dead()) {
        return state;
      }
    }
    return state;
  }
}
