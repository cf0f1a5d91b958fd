package dev.heed.generation;

import java.util.HashMap;
import java.util.Map;

/// What makes tokens that already came less probable.
///
/// Source: `repetition` Keskar et al. 2019 (CTRL), as `RepetitionPenaltyLogitsProcessor` of
/// transformers has it; `presence` and `frequency` as the OpenAI interface defines them.
///
/// @param repetition what the logit of a token of the prompt or the new text is divided by where
///   positive, and multiplied with where negative; 1 for none
/// @param presence what is taken from the logit of a token of the new text; 0 for none
/// @param frequency what is taken from it for each time it came there; 0 for none
public record Penalties(double repetition, double presence, double frequency) {
  public static final Penalties NONE = new Penalties(1, 0, 0);

  public Penalties {
    if (!(repetition > 0) || !Double.isFinite(presence + frequency + repetition)) {
      throw new IllegalArgumentException(
          "repetition must be above 0, presence and frequency numbers: received repetition=%s,"
                  .formatted(repetition)
              + " presence=%s, frequency=%s".formatted(presence, frequency));
    }
  }

  /// Changes `logits` [V] in place.
  ///
  /// @param ids the prompt and, after its `promptLength` tokens, the new text
  /// @param length the number of tokens of both
  void apply(float[] logits, int[] ids, int promptLength, int length) {
    if (equals(NONE)) {
      return;
    }
    Map<Integer, Integer> counts = new HashMap<>(); // in the new text; 0 for those before it alone
    for (int i = 0; i < length; i++) {
      counts.merge(ids[i], i < promptLength ? 0 : 1, Integer::sum);
    }
    counts.forEach((id, count) -> {
      double logit = logits[id];
      logit = logit > 0 ? logit / repetition : logit * repetition;
      logits[id] = (float) (logit - (count > 0 ? presence : 0) - count * frequency);
    });
  }
}
