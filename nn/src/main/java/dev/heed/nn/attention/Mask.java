package dev.heed.nn.attention;

import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Which keys a query may attend to, `true` and 1 meaning "may", and what is added to its scores.
///
/// @param left how many positions back a query sees, [Integer#MAX_VALUE] for all
/// @param right how many positions ahead: 0 is causal, [Integer#MAX_VALUE] for all
/// @param keys I32 [key rows], 0 where no query may attend (padding); null for all
/// @param bias [H, 2·c + 1], added to the scaled score of each head at the distance −c … c of the
///   key from the query; null for none
public record Mask(int left, int right, @Nullable Tensor keys, @Nullable Tensor bias) {
  private static final int ALL = Integer.MAX_VALUE;

  /// Every query sees every key of its sequence.
  public static Mask none() {
    return new Mask(ALL, ALL, null, null);
  }

  /// A query sees keys up to its own position: no leak from the future.
  public static Mask causal() {
    return new Mask(ALL, 0, null, null);
  }

  /// A query sees `left` positions back and `right` ahead.
  public static Mask window(int left, int right) {
    return new Mask(left, right, null, null);
  }

  /// Keys are seen where `valid` is true.
  ///
  /// @param valid one for each key row of the batch
  public static Mask padding(boolean... valid) {
    int[] keys = new int[valid.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = valid[i] ? 1 : 0;
    }
    return new Mask(ALL, ALL, Tensor.of(keys, keys.length), null);
  }

  /// Every query sees every key of its sequence; `bias` is added to the scores.
  ///
  /// @param bias such as [dev.heed.nn.embedding.RelativePositions#bias] gives
  public static Mask biased(Tensor bias) {
    return new Mask(ALL, ALL, null, bias);
  }

  /// What both masks allow.
  ///
  /// @throws IllegalArgumentException if both have keys that they hide, or both a bias
  public Mask and(Mask other) {
    if (keys != null && other.keys != null) {
      throw new IllegalArgumentException("only one of two masks may hide keys");
    }
    if (bias != null && other.bias != null) {
      throw new IllegalArgumentException("only one of two masks may have a bias");
    }
    return new Mask(
        Math.min(left, other.left),
        Math.min(right, other.right),
        keys != null ? keys : other.keys,
        bias != null ? bias : other.bias);
  }
}
