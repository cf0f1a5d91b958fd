package dev.heed.model;

import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.weights.PackedWeights;

/// Rounds the weights of a model's linear layers to 8-bit integers with a scale for each row, for
/// [dev.heed.tensor.Precision#INT8]. All else stays F32: embeddings, norms and biases.
final class EightBits {
  private EightBits() {}

  /// Rounds what has rows of whole blocks; the layers are frozen then.
  static void round(Layer model) {
    for (Layer layer : model.layers().values()) {
      if (layer instanceof Linear linear && isRoundable(linear.weight())) {
        Parameter weight = linear.weight();
        weight.share(PackedWeights.roundRows(weight.toFloatArray(), weight.shape()));
      }
    }
  }

  private static boolean isRoundable(Parameter weight) {
    return !weight.dtype().isQuantized() && weight.shape().width() % QuantizedLayout.GROUP == 0;
  }
}
