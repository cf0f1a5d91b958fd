package dev.heed.task;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a classifier says of a text.
///
/// @param label the most probable label
/// @param labels all that hold: this one, or, where a text may have several labels, each that is as
///   probable as not or more, perhaps none
/// @param probabilities of each label, in the model's order; they sum to 1 unless a text may have
///   several labels
public record Prediction(String label, List<String> labels, Map<String, Float> probabilities) {
  public Prediction {
    labels = List.copyOf(labels);
  }

  /// The prediction that follows from a probability for each label.
  static Prediction of(List<String> names, float[] probabilities, boolean multiLabel) {
    Map<String, Float> byLabel = new LinkedHashMap<>();
    List<String> likely = new ArrayList<>();
    int best = 0;
    for (int i = 0; i < probabilities.length; i++) {
      byLabel.put(names.get(i), probabilities[i]);
      if (probabilities[i] >= 0.5f) {
        likely.add(names.get(i));
      }
      best = probabilities[i] > probabilities[best] ? i : best;
    }
    return new Prediction(names.get(best), multiLabel ? likely : List.of(names.get(best)), byLabel);
  }

  /// The probability of [#label].
  public float confidence() {
    return probabilities.getOrDefault(label, 0f);
  }
}
