package dev.heed.model;

import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.weights.PackedWeights;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;

/// Rounds the weights of a model's linear layers to 8-bit integers in blocks of 32 with a scale
/// each (Q8_0), for [dev.heed.tensor.Precision#INT8]. All else stays F32: embeddings, norms and
/// biases.
final class EightBits {
  private EightBits() {}

  /// Rounds what is F32 in whole blocks; the layers are frozen then.
  static void round(Layer model) {
    for (Layer layer : model.layers().values()) {
      if (layer instanceof Linear linear && isRoundable(linear.weight())) {
        Parameter weight = linear.weight();
        StoredTensor rounded =
            StoredTensor.of("weight", weight.shape(), weight.toFloatArray()).as(StoredType.Q8_0);
        weight.share(PackedWeights.pack(rounded, 0, weight.shape()));
      }
    }
  }

  private static boolean isRoundable(Parameter weight) {
    return weight.dtype() == DType.F32 && weight.shape().width() % QuantizedLayout.GROUP == 0;
  }
}
