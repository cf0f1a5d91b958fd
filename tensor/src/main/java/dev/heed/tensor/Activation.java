package dev.heed.tensor;

/// The functions applied to each element between two linear layers.
public enum Activation {
  /// The element itself.
  NONE,
  /// max(0, x).
  RELU,
  /// x · Φ(x) with the error function, as BERT uses it.
  GELU,
  /// x · Φ(x) by the approximation with tanh, as GPT-2 uses it.
  GELU_TANH,
  /// x · sigmoid(x), also called swish.
  SILU,
  /// The hyperbolic tangent, as BERT's pooler uses it.
  TANH,
  /// 1 / (1 + e⁻ˣ).
  SIGMOID
}
