package dev.heed.generation.grammar;

import java.util.ArrayList;
import java.util.List;

/// What the right side of a grammar's rule says.
sealed interface Expression {
  /// Nothing.
  Expression EMPTY = new Sequence(List.of());

  /// Exactly this text.
  record Text(String text) implements Expression {}

  /// One character out of ranges.
  ///
  /// @param ranges first and last code point in turn, ascending and not touching
  record Characters(List<Integer> ranges) implements Expression {
    private static final int LAST = Character.MAX_CODE_POINT;

    public Characters {
      ranges = List.copyOf(ranges);
    }

    /// Of each pair of bounds the characters between them, both included.
    static Characters of(int... bounds) {
      List<int[]> sorted = new ArrayList<>();
      for (int i = 0; i < bounds.length; i += 2) {
        sorted.add(new int[] {bounds[i], bounds[i + 1]});
      }
      sorted.sort((a, b) -> Integer.compare(a[0], b[0]));
      List<Integer> merged = new ArrayList<>();
      for (int[] range : sorted) {
        int last = merged.size() - 1;
        if (last >= 0 && range[0] <= merged.get(last) + 1) {
          merged.set(last, Math.max(merged.get(last), range[1]));
        } else {
          merged.add(range[0]);
          merged.add(range[1]);
        }
      }
      return new Characters(merged);
    }

    /// Each of these characters.
    static Characters oneOf(String characters) {
      return of(
          characters.codePoints().flatMap(c -> java.util.stream.IntStream.of(c, c)).toArray());
    }

    /// Every character that is not one of these.
    Characters complement() {
      List<Integer> others = new ArrayList<>();
      int next = 0;
      for (int i = 0; i < ranges.size(); i += 2) {
        if (ranges.get(i) > next) {
          others.add(next);
          others.add(ranges.get(i) - 1);
        }
        next = ranges.get(i + 1) + 1;
      }
      if (next <= LAST) {
        others.add(next);
        others.add(LAST);
      }
      return new Characters(others);
    }

    /// What both have.
    Characters and(Characters other) {
      return complement().or(other.complement()).complement();
    }

    /// What either has.
    Characters or(Characters other) {
      List<Integer> all = new ArrayList<>(ranges);
      all.addAll(other.ranges);
      return of(all.stream().mapToInt(Integer::intValue).toArray());
    }

    boolean contains(int character) {
      for (int i = 0; i < ranges.size(); i += 2) {
        if (character >= ranges.get(i) && character <= ranges.get(i + 1)) {
          return true;
        }
      }
      return false;
    }
  }

  /// Another rule.
  record Reference(String rule) implements Expression {}

  /// One after the other.
  record Sequence(List<Expression> parts) implements Expression {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /// One of them.
  record Choice(List<Expression> alternatives) implements Expression {
    public Choice {
      alternatives = List.copyOf(alternatives);
    }
  }

  /// The same several times.
  ///
  /// @param most [#UNBOUNDED] for any number
  record Repeat(Expression of, int least, int most) implements Expression {
    static final int UNBOUNDED = Integer.MAX_VALUE;
  }

  static Expression text(String text) {
    return new Text(text);
  }

  static Expression sequence(Expression... parts) {
    return new Sequence(List.of(parts));
  }

  static Expression choice(Expression... alternatives) {
    return new Choice(List.of(alternatives));
  }

  static Expression optional(Expression of) {
    return new Repeat(of, 0, 1);
  }

  static Expression many(Expression of) {
    return new Repeat(of, 0, Repeat.UNBOUNDED);
  }
}
