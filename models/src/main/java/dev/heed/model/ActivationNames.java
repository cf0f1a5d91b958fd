package dev.heed.model;

import dev.heed.tensor.Activation;
import java.util.Map;

/// Hugging Face's names of the activation functions.
public final class ActivationNames {
  static final Map<String, Activation> BY_NAME =
      Map.of(
          "gelu_new", Activation.GELU_TANH,
          "gelu_pytorch_tanh", Activation.GELU_TANH,
          "gelu_fast", Activation.GELU_TANH,
          "gelu", Activation.GELU,
          "relu", Activation.RELU,
          "silu", Activation.SILU,
          "swish", Activation.SILU,
          "tanh", Activation.TANH);

  private ActivationNames() {}

  /// The name under which a function is saved.
  ///
  /// @throws IllegalArgumentException if it has none there
  public static String of(Activation activation) {
    return switch (activation) {
      case GELU_TANH -> "gelu_new";
      case GELU -> "gelu";
      case RELU -> "relu";
      case SILU -> "silu";
      case TANH -> "tanh";
      case NONE, SIGMOID ->
          throw new IllegalArgumentException("no name at Hugging Face for " + activation);
    };
  }
}
