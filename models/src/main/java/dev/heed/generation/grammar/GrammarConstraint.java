package dev.heed.generation.grammar;

import dev.heed.generation.TokenConstraint;
import java.util.BitSet;
import java.util.Set;

/// Lets only those tokens come that a grammar allows.
///
/// @param program the grammar
/// @param tokens the vocabulary
record GrammarConstraint(Program program, TokenTrie tokens) implements TokenConstraint {
  /// So many masks are kept: texts come back to the same states, such as the middle of a string.
  private static final int MOST_MASKS = 256;

  @Override
  public State start() {
    return new Text(program, tokens);
  }

  /// How far one text has come.
  private static final class Text implements State {
    private final TokenTrie tokens;
    private final Automaton automaton;
    private Automaton.State state;
    private int masks;

    Text(Program program, TokenTrie tokens) {
      this.tokens = tokens;
      this.automaton = new Automaton(program);
      this.state = automaton.start();
    }

    @Override
    public void restrict(float[] logits, Set<Integer> endTokens, int remaining) {
      TokenMask mask = mask();
      if (mask.mostBytes() >= remaining) {
        mask = TokenMask.of(tokens, automaton, state, remaining - 1);
      }
      BitSet allowed = mask.allowed();
      boolean possible = false;
      for (int id = 0; id < logits.length; id++) {
        boolean may = endTokens.contains(id) ? state.complete() : allowed.get(id);
        if (!may) {
          logits[id] = Float.NEGATIVE_INFINITY;
        } else if (logits[id] > Float.NEGATIVE_INFINITY) {
          possible = true;
        }
      }
      if (!possible && !state.complete()) {
        throw new IllegalStateException(
            "the grammar must allow a token that may come: there is none, as the vocabulary or"
                + " other rules leave none");
      }
    }

    private TokenMask mask() {
      TokenMask mask = state.mask;
      if (mask == null) {
        mask = TokenMask.of(tokens, automaton, state, Integer.MAX_VALUE);
        if (masks++ == MOST_MASKS) {
          automaton.forgetMasks();
          masks = 1;
        }
        state.mask = mask;
      }
      return mask;
    }

    @Override
    public void accept(int id) {
      Automaton.State after = automaton.after(state, tokens.bytes(id));
      if (after.dead() || tokens.bytes(id).length == 0) {
        throw new IllegalArgumentException("the grammar does not allow the token " + id + " here");
      }
      state = after;
    }
  }
}
