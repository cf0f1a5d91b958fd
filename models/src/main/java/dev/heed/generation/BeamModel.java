package dev.heed.generation;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a beam search needs of a model.
///
/// @param <S> what the model knows of one text so far
public interface BeamModel<S> {
  /// The number of tokens V.
  int vocabulary();

  /// Adds a token to each text.
  ///
  /// @param texts what is known of them; takes up the tokens
  /// @return the logits of the token after, V for each text, one after the other
  float[] next(List<S> texts, int[] tokens);

  /// What is known of a text once more, to go another way.
  ///
  /// @param spare one that is needed no more and may be written over; null if there is none
  S copy(S text, @Nullable S spare);
}
