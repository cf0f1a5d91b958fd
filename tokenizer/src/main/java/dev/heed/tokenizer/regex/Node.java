package dev.heed.tokenizer.regex;

import java.util.List;
import java.util.function.IntPredicate;

/// A parsed expression.
sealed interface Node {
  /// One character out of a set.
  record Set(IntPredicate set) implements Node {}

  /// One after the other; none matches the empty text.
  record Sequence(List<Node> parts) implements Node {}

  /// The first that leads to a match.
  record Choice(List<Node> options) implements Node {}

  /// `min` to `max` times (`max` -1 for any number), as many as possible where `greedy`.
  record Repeat(Node body, int min, int max, boolean greedy) implements Node {}

  /// The first way in which `body` matches and no other.
  record Atomic(Node body) implements Node {}

  /// Whether `body` matches from here, or ends here where `behind`; takes nothing.
  record Look(Node body, boolean behind, boolean negative) implements Node {}

  /// A condition on the place.
  record Anchor(Kind kind) implements Node {
    enum Kind {
      TEXT_START,
      TEXT_END,
      TEXT_END_OR_LAST_LINE_BREAK,
      LINE_START,
      LINE_END,
      WORD_BOUNDARY,
      NO_WORD_BOUNDARY
    }
  }
}
