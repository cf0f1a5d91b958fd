package dev.heed.nn.transformer;

import dev.heed.nn.TrainingMode;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// The way around each sub-layer of a block: norm, dropout and the residual connection.
///
/// Source: pre-norm x + f(norm(x)), Xiong et al. 2020; post-norm norm(x + f(x)), Vaswani et al.
/// 2017.
final class SubLayer {
  private SubLayer() {}

  /// A sub-layer's computation: of its (perhaps normed) input, plus the residual if it is given
  /// one.
  interface Body {
    Tensor apply(Tensor input, @Nullable Tensor residual);
  }

  static Tensor apply(Tensor x, LayerNorm norm, BlockConfiguration configuration, Body body) {
    Tensor input = configuration.normFirst() ? norm.apply(x) : x;
    Tensor sum;
    if (TrainingMode.isOn() && configuration.dropout() > 0) {
      Tensor dropped = TrainingMode.dropout(body.apply(input, null), configuration.dropout());
      sum = Operations.add(x, dropped);
    } else {
      sum = body.apply(input, x); // the kernel adds the residual as it stores
    }
    return configuration.normFirst() ? sum : norm.apply(sum);
  }
}
