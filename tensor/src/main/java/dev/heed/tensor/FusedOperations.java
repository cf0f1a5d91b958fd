package dev.heed.tensor;

import static dev.heed.tensor.Node.record;
import static dev.heed.tensor.Operations.accumulate;
import static dev.heed.tensor.Operations.like;

import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The operations that a Transformer spends its time in, each one kernel forward and one backward.
/// Letters: N token rows, D width, H heads, V vocabulary.
public final class FusedOperations {
  private static final int LOGITS_AT_ONCE = 1 << 20;
  private static final int LEAST_ROWS = 256;

  private FusedOperations() {}

  /// activation(x [.., I] · weight [O, I]ᵀ + bias [O]) + residual [.., O] → [.., O].
  public static Tensor linear(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual) {
    requireLinear("linear", x, weight, bias);
    Shape shape = x.shape().withWidth(weight.shape().dimension(0));
    if (residual != null && !residual.shape().equals(shape)) {
      throw new IllegalArgumentException(
          "linear needs a residual %s: received %s".formatted(shape, residual.shape()));
    }
    if (residual != null) {
      Operations.requireSameType("linear", x, residual);
    }
    Tensor out = Tensor.empty(shape, x.dtype());
    boolean later = activation != Activation.NONE && Node.wanted(x, weight, bias, residual);
    Tensor before = later ? Tensor.empty(shape, x.dtype()) : null;
    Kernels.active().linear(x, weight, bias, activation, residual, before, out);
    return record(
        out,
        g -> {
          if (residual != null) {
            accumulate(residual, g);
          }
          Kernels kernels = Kernels.active();
          Tensor inside = g; // the gradient before the activation
          if (before != null) {
            inside = like(before);
            kernels.activationBackward(activation, before, g, inside);
          }
          Tensor rows = asRows(inside);
          if (bias != null && bias.requiresGradient()) {
            kernels.addColumnSums(rows, bias.gradientToAddTo());
          }
          if (weight.requiresGradient()) {
            kernels.matmul(rows, true, asRows(x), false, weight.gradientToAddTo(), true);
          }
          if (x.requiresGradient()) {
            Tensor gx = like(x);
            kernels.matmul(rows, false, plain(weight, x), false, asRows(gx), false);
            x.accumulate(gx);
          }
        },
        x,
        weight,
        bias,
        residual);
  }

  /// (x − mean) / √(variance + epsilon) · gain + bias over the last dimension.
  public static Tensor layerNorm(Tensor x, Tensor gain, @Nullable Tensor bias, double epsilon) {
    requireWidth("layerNorm", x, gain);
    requireBias("layerNorm", x, x.shape().width(), bias);
    Tensor out = like(x);
    Tensor mean = Tensor.empty(Shape.of(x.shape().rows()), statistics(x));
    Tensor rstd = Tensor.empty(Shape.of(x.shape().rows()), statistics(x));
    Kernels.active().layerNorm(x, gain, bias, epsilon, out, mean, rstd);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Tensor gGain = gain.requiresGradient() ? gain.gradientToAddTo() : null;
          Tensor gBias = bias != null && bias.requiresGradient() ? bias.gradientToAddTo() : null;
          Kernels.active().layerNormBackward(x, gain, mean, rstd, g, gx, gGain, gBias);
          accumulate(x, gx);
        },
        x,
        gain,
        bias);
  }

  /// x / √(mean of squares + epsilon) · gain over the last dimension.
  public static Tensor rmsNorm(Tensor x, Tensor gain, double epsilon) {
    requireWidth("rmsNorm", x, gain);
    Tensor out = like(x);
    Tensor rstd = Tensor.empty(Shape.of(x.shape().rows()), statistics(x));
    Kernels.active().rmsNorm(x, gain, epsilon, out, rstd);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Tensor gGain = gain.requiresGradient() ? gain.gradientToAddTo() : null;
          Kernels.active().rmsNormBackward(x, gain, rstd, g, gx, gGain);
          accumulate(x, gx);
        },
        x,
        gain);
  }

  /// What [#attention] gives.
  ///
  /// @param out [queries, H·Dv]
  /// @param logSumExp [queries, H]; from it [#attentionWeights] shows the weights
  public record Attended(Tensor out, Tensor logSumExp) {}

  /// The weights [H, T, S] of one sequence, computed again from what [#attention] was given and
  /// gave, so that looking changes nothing. They are those before dropout.
  public static Tensor attentionWeights(
      Tensor q, Tensor k, AttentionArguments arguments, Tensor logSumExp, int sequence) {
    int t = arguments.queries().length(sequence);
    int s = arguments.keys().length(sequence);
    Tensor weights = Tensor.empty(Shape.of(arguments.heads(), t, s), q.dtype());
    Kernels.active().attentionWeights(q, k, arguments, logSumExp, sequence, weights);
    return weights;
  }

  /// Scaled dot-product attention of every head: softmax(scale · q · kᵀ + bias) · v.
  ///
  /// @param q [.., H·Dh] token rows
  /// @param k [.., K·Dh]
  /// @param v [.., K·Dv]
  public static Attended attention(Tensor q, Tensor k, Tensor v, AttentionArguments arguments) {
    requireRows("query", q, arguments.queries().rows(), arguments.heads());
    requireRows("key", k, arguments.keys().rows(), arguments.keyValueHeads());
    requireRows("value", v, arguments.keys().rows(), arguments.keyValueHeads());
    Operations.requireSameType("attention", q, k);
    Operations.requireSameType("attention", q, v);
    int keyWidth = k.shape().width() / arguments.keyValueHeads();
    if (q.shape().width() != arguments.heads() * keyWidth) {
      throw new IllegalArgumentException(
          "queries of %d heads with keys %d wide must be %d wide: received %s"
              .formatted(arguments.heads(), keyWidth, arguments.heads() * keyWidth, q.shape()));
    }
    int valueWidth = v.shape().width() / arguments.keyValueHeads();
    Tensor bias = arguments.relativeBias();
    if (bias != null) {
      Operations.requireSameType("attention", q, bias);
    }
    Tensor out = Tensor.empty(q.shape().withWidth(arguments.heads() * valueWidth), q.dtype());
    Tensor logSumExp = Tensor.empty(Shape.of(q.shape().rows(), arguments.heads()), statistics(q));
    Kernels.active().attention(q, k, v, arguments, out, logSumExp);
    record(
        out,
        g -> {
          Tensor gq = like(q);
          Tensor gk = like(k);
          Tensor gv = like(v);
          Tensor gBias = bias != null && bias.requiresGradient() ? bias.gradientToAddTo() : null;
          Kernels.active()
              .attentionBackward(q, k, v, arguments, out, logSumExp, g, gq, gk, gv, gBias);
          accumulate(q, gq);
          accumulate(k, gk);
          accumulate(v, gv);
        },
        q,
        k,
        v,
        bias);
    return new Attended(out, logSumExp);
  }

  /// Rotary positions: turns pairs of columns of each head by their position's angles. See
  /// [Kernels#rotate].
  ///
  /// @throws IllegalArgumentException if a position has no row in the tables, or a head is narrower
  ///   than their pairs
  public static Tensor rotate(
      Tensor x, int heads, Tensor cosines, Tensor sines, Tensor positions, boolean halves) {
    requireTables(x, heads, cosines, sines);
    requirePositions(x.shape().rows(), cosines.shape().dimension(0), positions);
    Tensor out = like(x);
    Kernels.active().rotate(x, heads, cosines, sines, positions, halves, false, out);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Kernels.active().rotate(g, heads, cosines, sines, positions, halves, true, gx);
          x.accumulate(gx);
        },
        x);
  }

  /// factor · the rows of table [V, D] that ids I32 [..] names → [.., D]; F32 of a BF16 table too.
  ///
  /// @throws IllegalArgumentException if an id is not in 0 … V − 1
  public static Tensor embedding(Tensor table, Tensor ids, double factor) {
    int size = table.shape().dimension(0);
    for (int id : ids.toIntArray()) {
      if (id < 0 || id >= size) {
        throw new IllegalArgumentException(
            "an id must be in 0…%d: received %d".formatted(size - 1, id));
      }
    }
    int[] dimensions = java.util.Arrays.copyOf(ids.shape().dimensions(), ids.shape().rank() + 1);
    dimensions[dimensions.length - 1] = table.shape().width();
    DType type = table.dtype().isWeightOfF32() ? DType.F32 : table.dtype();
    Tensor out = Tensor.empty(new Shape(dimensions), type);
    Kernels.active().gather(table, ids, factor, out);
    return record(
        out, g -> Kernels.active().scatterAdd(g, ids, factor, table.gradientToAddTo()), table);
  }

  /// The sum over the rows of the cross-entropy of softmax(logits [N, V]) with targets I32 [N], in
  /// nats; a negative target is skipped. Divide by the number of targets for the mean.
  ///
  /// @param smoothing the share of the target's probability that is spread over all classes
  public static Tensor crossEntropy(Tensor logits, Tensor targets, double smoothing) {
    requireTargets(logits.shape().rows(), logits.shape().width(), targets, smoothing);
    Tensor gradient = Tensor.empty(logits.shape(), logits.dtype());
    gradient.memory().copyFrom(logits.memory());
    Tensor losses = Tensor.empty(Shape.of(logits.shape().rows()), statistics(logits));
    boolean later = Node.wanted(logits);
    Kernels.active().crossEntropy(gradient, targets, smoothing, losses, later ? 1 : 0);
    return record(
        total(losses),
        g -> {
          Tensor gx = like(logits);
          Kernels.active().scale(gradient, g.item(), gx);
          logits.accumulate(gx);
        },
        logits);
  }

  /// [#crossEntropy] of x [N, D] · weight [V, D]ᵀ without ever holding all N × V logits: they are
  /// made, used for the loss and its gradient, and dropped, a chunk of rows at a time.
  public static Tensor linearCrossEntropy(
      Tensor x, Tensor weight, @Nullable Tensor bias, Tensor targets, double smoothing) {
    requireLinear("linearCrossEntropy", x, weight, bias);
    Tensor rows = asRows(x);
    int n = rows.shape().dimension(0);
    int vocabulary = weight.shape().dimension(0);
    requireTargets(n, vocabulary, targets, smoothing);
    boolean later = Node.wanted(x, weight, bias);
    Tensor gx = later && x.requiresGradient() ? like(x) : null;
    Tensor gWeight = later && weight.requiresGradient() ? zeros(weight) : null;
    Tensor gBias = later && bias != null && bias.requiresGradient() ? zeros(bias) : null;
    Tensor losses = Tensor.empty(Shape.of(n, 1), statistics(x));
    Tensor targetRows = targets.withShape(Shape.of(n, 1));
    int chunk = Math.min(n, Math.max(LEAST_ROWS, LOGITS_AT_ONCE / Math.max(1, vocabulary)));
    Tensor buffer = Tensor.empty(Shape.of(chunk, vocabulary), x.dtype());
    Tensor plain = gx == null ? weight : plain(weight, x);
    Kernels kernels = Kernels.active();
    for (int from = 0; from < n; from += chunk) {
      int to = Math.min(n, from + chunk);
      Tensor part = rows.rows(from, to);
      Tensor logits = buffer.rows(0, to - from);
      kernels.linear(part, weight, bias, Activation.NONE, null, null, logits);
      kernels.crossEntropy(
          logits, targetRows.rows(from, to), smoothing, losses.rows(from, to), later ? 1 : 0);
      if (gx != null) {
        kernels.matmul(logits, false, plain, false, asRows(gx).rows(from, to), false);
      }
      if (gWeight != null) {
        kernels.matmul(logits, true, part, false, gWeight, true);
      }
      if (gBias != null) {
        kernels.addColumnSums(logits, gBias);
      }
    }
    return record(
        total(losses),
        g -> {
          accumulateScaled(x, gx, g.item());
          accumulateScaled(weight, gWeight, g.item());
          if (bias != null) {
            accumulateScaled(bias, gBias, g.item());
          }
        },
        x,
        weight,
        bias);
  }

  /// The type of row statistics and losses: three digits of a BF16 log-sum-exp would be too few.
  private static DType statistics(Tensor x) {
    return x.dtype() == DType.BF16 ? DType.F32 : x.dtype();
  }

  private static void accumulateScaled(Tensor x, @Nullable Tensor gradient, double factor) {
    if (gradient != null) {
      Tensor sum = x.gradientToAddTo();
      Kernels.active().add(sum, gradient, factor, sum);
    }
  }

  private static Tensor zeros(Tensor like) {
    return Tensor.zeros(like.shape(), like.dtype());
  }

  private static Tensor total(Tensor losses) {
    Tensor total = Tensor.empty(Shape.of(), losses.dtype());
    Elements.of(total).set(0, Kernels.active().sum(losses));
    return total;
  }

  private static Tensor asRows(Tensor x) {
    Shape shape = x.shape();
    return shape.rank() == 2 ? x : x.withShape(Shape.of(shape.rows(), shape.width()));
  }

  private static void requireTargets(int rows, int classes, Tensor targets, double smoothing) {
    if (!(smoothing >= 0 && smoothing <= 1)) {
      throw new IllegalArgumentException("smoothing must be in [0, 1]: received " + smoothing);
    }
    if (targets.dtype() != DType.I32 || targets.elements() != rows) {
      throw new IllegalArgumentException(
          "cross-entropy of %d rows needs as many I32 targets: received %s"
              .formatted(rows, targets));
    }
    for (int target : targets.toIntArray()) {
      if (target >= classes) {
        throw new IllegalArgumentException(
            "a target must be below %d: received %d".formatted(classes, target));
      }
    }
  }

  private static void requireWidth(String operation, Tensor x, Tensor gain) {
    Operations.requireSameType(operation, x, gain);
    if (x.shape().rank() == 0 || gain.elements() != x.shape().width()) {
      throw new IllegalArgumentException(
          "%s needs rows as wide as its gain, %d: received %s"
              .formatted(operation, gain.elements(), x.shape()));
    }
  }

  /// A quantised or BF16 matrix [V, D] in F32; any other as it is.
  public static Tensor dequantized(Tensor matrix) {
    if (matrix.dtype() == DType.F32 || !matrix.dtype().isWeightOfF32()) {
      return matrix;
    }
    int rows = matrix.shape().dimension(0);
    Tensor plain = Tensor.empty(matrix.shape(), DType.F32);
    Tensor all = Tensor.of(IntStream.range(0, rows).toArray(), rows);
    Kernels.active().gather(matrix, all, 1, plain);
    return plain;
  }

  /// The weight as the products of `x` with it as it lies want it.
  private static Tensor plain(Tensor weight, Tensor x) {
    return weight.dtype() == x.dtype() ? weight : dequantized(weight);
  }

  private static void requireLinear(
      String operation, Tensor x, Tensor weight, @Nullable Tensor bias) {
    int inner = weight.shape().dimension(1);
    if (x.shape().rank() == 0 || x.shape().width() != inner) {
      throw new IllegalArgumentException(
          "%s needs rows of width %d: received %s".formatted(operation, inner, x.shape()));
    }
    if (!weight.dtype().isWeightOfF32() || x.dtype() != DType.F32) {
      Operations.requireSameType(operation, x, weight);
    }
    requireBias(operation, x, weight.shape().dimension(0), bias);
  }

  private static void requireBias(String operation, Tensor like, int width, @Nullable Tensor bias) {
    if (bias == null) {
      return;
    }
    Operations.requireSameType(operation, like, bias);
    if (bias.elements() != width) {
      throw new IllegalArgumentException(
          "%s needs a bias of %d elements: received %s".formatted(operation, width, bias.shape()));
    }
  }

  private static void requireTables(Tensor x, int heads, Tensor cosines, Tensor sines) {
    if (x.shape().rank() == 0 || heads < 1 || x.shape().width() % heads != 0) {
      throw new IllegalArgumentException(
          "rotate needs rows of %d equal heads: received %s".formatted(heads, x.shape()));
    }
    Operations.requireSameType("rotate", x, cosines);
    Operations.requireSameShape("rotate", cosines, sines);
    int headWidth = x.shape().width() / heads;
    if (cosines.shape().rank() != 2 || 2L * cosines.shape().width() > headWidth) {
      throw new IllegalArgumentException(
          "rotate of heads %d wide needs tables of at most %d columns: received %s"
              .formatted(headWidth, headWidth / 2, cosines.shape()));
    }
  }

  private static void requirePositions(int rows, int size, Tensor positions) {
    if (positions.dtype() != DType.I32 || positions.elements() != rows) {
      throw new IllegalArgumentException(
          "rotate of %d rows needs as many I32 positions: received %s".formatted(rows, positions));
    }
    for (int position : positions.toIntArray()) {
      if (position < 0 || position >= size) {
        throw new IllegalArgumentException(
            "a position must be in 0…%d: received %d".formatted(size - 1, position));
      }
    }
  }

  private static void requireRows(String name, Tensor x, int rows, int heads) {
    if (x.shape().rank() < 2 || x.shape().rows() != rows || x.shape().width() % heads != 0) {
      throw new IllegalArgumentException(
          "%s needs %d rows of %d equal heads: received %s"
              .formatted(name, rows, heads, x.shape()));
    }
  }
}
