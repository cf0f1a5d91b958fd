package dev.heed.generation.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.IntToLongFunction;

/// Sees to it that every rule can end, that none calls itself at its own beginning, and that the
/// shallowest text is not too deep; finds how short and how shallow each can be.
///
/// Source: D. Knuth, "A generalization of Dijkstra's algorithm", 1977, for the smallest values.
final class RuleChecks {
  /// How deep rules may nest in a text.
  static final int DEEPEST = 256;

  private static final long NEVER = Long.MAX_VALUE;

  private final int[] code;
  private final int[][] starts;
  private final List<String> names;

  private RuleChecks(int[] code, int[][] starts, List<String> names) {
    this.code = code;
    this.starts = starts;
    this.names = names;
  }

  /// The program out of these parts.
  ///
  /// @param names by rule, for messages
  static Program checked(int[] code, int[][] starts, long[] sets, List<String> names) {
    RuleChecks checks = new RuleChecks(code, starts, names);
    long[] shortest = new long[starts.length];
    checks.smallest(shortest, start -> checks.length(start, shortest));
    for (int rule = 0; rule < shortest.length; rule++) {
      if (shortest[rule] == NEVER) {
        throw new GrammarException("grammar: the rule " + names.get(rule) + " can never end");
      }
    }
    checks.refuseLeftRecursion(shortest);
    long[] shallowest = new long[starts.length];
    checks.smallest(shallowest, start -> checks.height(start, shallowest));
    if (shallowest[Program.ROOT] > DEEPEST) {
      throw new GrammarException(
          "grammar: rules must nest at most %d deep: received %d"
              .formatted(DEEPEST, shallowest[Program.ROOT]));
    }
    int[] heights = new int[code.length];
    for (int[] alternatives : starts) {
      for (int start : alternatives) {
        heights[start] = (int) Math.min(checks.height(start, shallowest), Integer.MAX_VALUE);
      }
    }
    int[] rest = new int[code.length];
    for (int at = code.length - 2; at >= 0; at--) {
      rest[at] =
          code[at] == Program.END
              ? 0
              : (int) Math.min(rest[at + 1] + checks.bytes(at, shortest), Integer.MAX_VALUE / 2);
    }
    return new Program(code, starts, sets, rest, heights);
  }

  private long bytes(int at, long[] shortest) {
    return Program.isRule(code[at]) ? shortest[Program.rule(code[at])] : 1;
  }

  private long length(int start, long[] shortest) {
    long sum = 0;
    for (int at = start; code[at] != Program.END; at++) {
      sum = Math.min(sum + bytes(at, shortest), NEVER / 4);
    }
    return sum;
  }

  /// A rule at the end of an alternative takes its place: that is no deeper.
  private long height(int start, long[] shallowest) {
    long most = 0;
    for (int at = start; code[at] != Program.END; at++) {
      if (Program.isRule(code[at])) {
        int below = code[at + 1] == Program.END ? 0 : 1;
        most = Math.max(most, shallowest[Program.rule(code[at])] + below);
      }
    }
    return most;
  }

  /// Gives each rule the smallest value of its alternatives, [#NEVER] where none has one.
  ///
  /// @param value of an alternative, never less than that of a rule in it
  private void smallest(long[] values, IntToLongFunction value) {
    record Candidate(int rule, long value) {}

    List<List<int[]>> users = new ArrayList<>(); // {user, start, index of its count}
    for (int rule = 0; rule < starts.length; rule++) {
      users.add(new ArrayList<>());
    }
    PriorityQueue<Candidate> open = new PriorityQueue<>(Comparator.comparingLong(Candidate::value));
    List<int[]> pending = new ArrayList<>();
    for (int rule = 0; rule < starts.length; rule++) {
      for (int start : starts[rule]) {
        int[] count = new int[1];
        for (int at = start; code[at] != Program.END; at++) {
          if (Program.isRule(code[at])) {
            count[0]++;
            users.get(Program.rule(code[at])).add(new int[] {rule, start, pending.size()});
          }
        }
        pending.add(count);
        if (count[0] == 0) {
          open.add(new Candidate(rule, value.applyAsLong(start)));
        }
      }
    }
    Arrays.fill(values, NEVER);
    while (!open.isEmpty()) {
      Candidate least = open.remove();
      if (values[least.rule] != NEVER) {
        continue;
      }
      values[least.rule] = least.value;
      for (int[] user : users.get(least.rule)) {
        if (--pending.get(user[2])[0] == 0) {
          open.add(new Candidate(user[0], value.applyAsLong(user[1])));
        }
      }
    }
  }

  /// A rule that comes to itself before any byte, with something to do afterwards, would never
  /// stop.
  private void refuseLeftRecursion(long[] shortest) {
    int[] component = components(shortest);
    for (int rule = 0; rule < starts.length; rule++) {
      for (int start : starts[rule]) {
        for (int at = start; code[at] != Program.END; at++) {
          boolean same =
              Program.isRule(code[at]) && component[Program.rule(code[at])] == component[rule];
          if (same && code[at + 1] != Program.END) {
            throw new GrammarException(
                "grammar: the rule %s must not begin with itself (left recursion)"
                    .formatted(names.get(rule)));
          }
          if (bytes(at, shortest) > 0) {
            break;
          }
        }
      }
    }
  }

  /// The rules that each alternative may begin with.
  private int[] first(int rule, long[] shortest) {
    List<Integer> found = new ArrayList<>();
    for (int start : starts[rule]) {
      for (int at = start; code[at] != Program.END; at++) {
        if (Program.isRule(code[at])) {
          found.add(Program.rule(code[at]));
        }
        if (bytes(at, shortest) > 0) {
          break;
        }
      }
    }
    return found.stream().mapToInt(Integer::intValue).distinct().toArray();
  }

  /// Rules that may begin with each other get the same number (Tarjan's algorithm, with a stack of
  /// its own, since chains of rules are long).
  private int[] components(long[] shortest) {
    int count = starts.length;
    int[][] edges = new int[count][];
    for (int rule = 0; rule < count; rule++) {
      edges[rule] = first(rule, shortest);
    }
    int[] order = new int[count];
    int[] low = new int[count];
    int[] component = new int[count];
    int[] nextEdge = new int[count];
    Arrays.fill(component, -1);
    Deque<Integer> open = new ArrayDeque<>();
    Deque<Integer> path = new ArrayDeque<>();
    int visited = 0;
    for (int from = 0; from < count; from++) {
      if (order[from] != 0) {
        continue;
      }
      path.push(from);
      while (!path.isEmpty()) {
        int rule = path.element();
        if (order[rule] == 0) {
          order[rule] = low[rule] = ++visited;
          open.push(rule);
        }
        if (nextEdge[rule] < edges[rule].length) {
          int to = edges[rule][nextEdge[rule]++];
          if (order[to] == 0) {
            path.push(to);
          } else if (component[to] < 0) {
            low[rule] = Math.min(low[rule], order[to]);
          }
          continue;
        }
        path.pop();
        if (!path.isEmpty()) {
          low[path.element()] = Math.min(low[path.element()], low[rule]);
        }
        if (low[rule] == order[rule]) {
          int member;
          do {
            member = open.pop();
            component[member] = rule;
          } while (member != rule);
        }
      }
    }
    return component;
  }
}
