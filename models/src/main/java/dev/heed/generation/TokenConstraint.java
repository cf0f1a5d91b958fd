package dev.heed.generation;

import java.util.Set;

/// What a whole new text must look like, such as a grammar: only tokens that keep it possible may
/// come.
public interface TokenConstraint {
  /// The state before the first token.
  State start();

  /// How far one text has come. For one thread.
  interface State {
    /// Gives tokens that cannot come next the logit −∞, in place.
    ///
    /// @param endTokens the tokens that end the text; they may come where it is complete
    void restrict(float[] logits, Set<Integer> endTokens);

    /// Takes the next token.
    void accept(int id);
  }
}
