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
    /// @param remaining how many tokens may still come, the next one included, without one that
    ///   ends the text
    /// @throws IllegalStateException if the text is not complete and no token may come
    void restrict(float[] logits, Set<Integer> endTokens, int remaining);

    /// Takes the next token.
    void accept(int id);
  }
}
