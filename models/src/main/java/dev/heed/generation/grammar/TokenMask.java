package dev.heed.generation.grammar;

import java.util.BitSet;

/// The tokens that may come in a state.
///
/// @param allowed by id
/// @param mostBytes the most bytes that a text still needs after one of them
record TokenMask(BitSet allowed, int mostBytes) {
  /// Those after which at most so many bytes are needed, or, where there are none, those after
  /// which the fewest are.
  static TokenMask of(TokenTrie tokens, Automaton automaton, Automaton.State state, int bytes) {
    int[] least = {Integer.MAX_VALUE};
    int[] most = {0};
    BitSet allowed = new BitSet(tokens.vocabulary());
    tokens.visit(
        automaton,
        state,
        (id, after) -> {
          least[0] = Math.min(least[0], after.bytes());
          if (after.bytes() <= bytes) {
            most[0] = Math.max(most[0], after.bytes());
            allowed.set(id);
          }
        });
    if (allowed.isEmpty() && least[0] < Integer.MAX_VALUE) {
      return of(tokens, automaton, state, least[0]);
    }
    return new TokenMask(allowed, most[0]);
  }
}
