package dev.heed.kernels.x86;

import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The operations over F32 tensors as emitted machine code; other types, and what is not
/// overridden, are the reference's.
public final class X86Kernels extends ReferenceKernels {
  /// Elements that make a task worth a thread: some ten microseconds.
  private static final long ELEMENTS_PER_TASK = 1 << 14;

  private final KernelCache kernels;
  private final Matmul matmul;
  private final BfloatMatmul bfloat;
  private final QuantizedMatmul quantized;
  private final IntegerMatmul integers;
  private final Rows rows;
  private final FlashAttention attention;
  private final AttentionWeights weights;

  X86Kernels(Level level) {
    this(new KernelCache(level));
  }

  X86Kernels(KernelCache kernels) {
    this.kernels = kernels;
    this.matmul = new Matmul(kernels);
    this.bfloat = new BfloatMatmul(kernels);
    this.quantized = new QuantizedMatmul(kernels);
    this.integers = new IntegerMatmul(kernels);
    this.rows = new Rows(kernels);
    this.attention = new FlashAttention(kernels);
    this.weights = new AttentionWeights(kernels, matmul);
  }

  @Override
  public String name() {
    return "x86 " + kernels.level().name().toLowerCase(Locale.ROOT);
  }

  private static boolean isF32(@Nullable Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor != null && tensor.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  private static long address(@Nullable Tensor tensor) {
    return tensor == null ? 0 : tensor.memory().address();
  }

  // Products

  @Override
  public boolean keepsBf16() {
    return kernels.level().isWide();
  }

  private boolean isBf16Weight(Tensor weight) {
    return weight.dtype() == DType.BF16 && keepsBf16();
  }

  @Override
  public void matmul(
      Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor out, boolean addToOut) {
    if (!isF32(a, b, out)) {
      super.matmul(a, transposeA, b, transposeB, out, addToOut);
      return;
    }
    int m = out.shape().dimension(0);
    int n = out.shape().dimension(1);
    int k = a.shape().dimension(transposeA ? 0 : 1);
    multiply(
        new Product(
            m,
            n,
            k,
            new Product.Matrix(address(a), a.shape().width(), transposeA),
            new Product.Matrix(address(b), b.shape().width(), transposeB),
            address(out),
            n,
            addToOut,
            Product.NOTHING));
    Rows.keep(a, b, out);
  }

  private void multiply(Product product) {
    if (Precision.current() == Precision.BF16 && bfloat.takes(product)) {
      bfloat.multiply(product);
    } else {
      matmul.multiply(product);
    }
  }

  @Override
  public void linear(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual,
      @Nullable Tensor beforeActivation,
      Tensor out) {
    if (weight.dtype().isQuantized() && isF32(x, bias, residual, beforeActivation, out)) {
      int m = x.shape().rows();
      int n = weight.shape().dimension(0);
      Epilogue epilogue =
          new Epilogue(activation, address(bias), address(residual), address(beforeActivation));
      if (weight.dtype() == DType.I8 && integers.isPossible()) {
        integers.linear(x, weight, epilogue, out);
        Rows.keep(bias, residual, beforeActivation);
        return;
      }
      if (bfloat.takesQuantized(m, n)) {
        int k = weight.shape().width();
        bfloat.multiply(
            m, n, k, address(x), weight.dtype(), address(weight), address(out), epilogue);
        Rows.keep(x, weight, bias, residual, beforeActivation, out);
        return;
      }
      boolean plain = activation == Activation.NONE && beforeActivation == null;
      quantized.linear(x, weight, bias, plain ? residual : null, out);
      if (beforeActivation != null) {
        beforeActivation.memory().copyFrom(out.memory());
      }
      if (!plain) {
        if (activation != Activation.NONE) {
          activation(activation, out, out);
        }
        if (residual != null) {
          add(out, residual, 1, out);
        }
      }
      return;
    }
    boolean halves = isBf16Weight(weight);
    if (!isF32(x, bias, residual, beforeActivation, out) || !halves && !isF32(weight)) {
      super.linear(x, weight, bias, activation, residual, beforeActivation, out);
      return;
    }
    int n = weight.shape().dimension(0);
    int k = weight.shape().dimension(1);
    multiply(
        new Product(
            x.shape().rows(),
            n,
            k,
            new Product.Matrix(address(x), k, false),
            new Product.Matrix(address(weight), k, true, halves),
            address(out),
            n,
            false,
            new Epilogue(activation, address(bias), address(residual), address(beforeActivation))));
    Rows.keep(x, weight, bias, residual, beforeActivation, out);
  }

  @Override
  public void addColumnSums(Tensor x, Tensor sums) {
    if (!isF32(x, sums)) {
      super.addColumnSums(x, sums);
      return;
    }
    rows.addColumnSums(address(x), x.shape().rows(), x.shape().width(), address(sums));
    Rows.keep(x, sums);
  }

  // Attention

  @Override
  public void attention(
      Tensor q, Tensor k, Tensor v, AttentionArguments arguments, Tensor out, Tensor logSumExp) {
    if (!isF32(q, k, v, arguments.relativeBias(), out, logSumExp)) {
      super.attention(q, k, v, arguments, out, logSumExp);
      return;
    }
    attention.forward(q, k, v, arguments, out, logSumExp);
  }

  @Override
  public void attentionWeights(
      Tensor q,
      Tensor k,
      AttentionArguments arguments,
      Tensor logSumExp,
      int sequence,
      Tensor weights) {
    if (!isF32(q, k, arguments.relativeBias(), logSumExp, weights)) {
      super.attentionWeights(q, k, arguments, logSumExp, sequence, weights);
      return;
    }
    this.weights.compute(q, k, arguments, logSumExp, sequence, weights);
  }

  @Override
  public void attentionBackward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments arguments,
      Tensor out,
      Tensor logSumExp,
      Tensor outGradient,
      Tensor qGradient,
      Tensor kGradient,
      Tensor vGradient,
      @Nullable Tensor biasGradient) {
    if (!isF32(q, k, v, arguments.relativeBias(), out, logSumExp, outGradient)
        || !isF32(qGradient, kGradient, vGradient, biasGradient)) {
      super.attentionBackward(
          q,
          k,
          v,
          arguments,
          out,
          logSumExp,
          outGradient,
          qGradient,
          kGradient,
          vGradient,
          biasGradient);
      return;
    }
    attention.backward(
        q,
        k,
        v,
        arguments,
        out,
        logSumExp,
        outGradient,
        qGradient,
        kGradient,
        vGradient,
        biasGradient);
  }

  @Override
  public void rotate(
      Tensor x,
      int heads,
      Tensor cosines,
      Tensor sines,
      Tensor positions,
      boolean halves,
      boolean inverse,
      Tensor out) {
    if (!halves || !isF32(x, cosines, sines, out)) {
      super.rotate(x, heads, cosines, sines, positions, halves, inverse, out);
      return;
    }
    requireIds(positions, cosines.shape().rows());
    int width = x.shape().width();
    int pairs = cosines.shape().width();
    long headBytes = 4L * width / heads;
    long half = 4L * pairs;
    boolean isWhole = 2 * half == headBytes;
    if (!isWhole && address(x) != address(out)) {
      out.memory().copyFrom(x.memory()); // the columns that do not turn
    }
    MapCode code = new MapCode("rotate", 4, 2, 1);
    Kernel kernel = kernels.get(code, level -> code.emit(level, X86Kernels::rotate));
    long from = address(x);
    long to = address(out);
    long cos = address(cosines);
    long sin = address(sines);
    MemorySegment at = positions.memory();
    Rows.forRows(
        x.shape().rows(),
        2L * width,
        (first, end) -> {
          try (Scratch scratch = Scratch.take(0)) {
            Arguments arguments = scratch.arguments();
            arguments
                .set(MapCode.ROWS, heads)
                .set(MapCode.COLUMNS, pairs)
                .set(MapCode.SCALAR, inverse ? -1f : 1f);
            for (long row = first; row < end; row++) {
              long table = half * at.getAtIndex(ValueLayout.JAVA_INT, row);
              long place = 4 * row * width;
              arguments
                  .set(MapCode.ARRAY, from + place)
                  .set(MapCode.ARRAY + 1, headBytes)
                  .set(MapCode.ARRAY + 2, from + place + half)
                  .set(MapCode.ARRAY + 3, headBytes)
                  .set(MapCode.ARRAY + 4, cos + table)
                  .set(MapCode.ARRAY + 5, 0)
                  .set(MapCode.ARRAY + 6, sin + table)
                  .set(MapCode.ARRAY + 7, 0)
                  .set(MapCode.ARRAY + 8, to + place)
                  .set(MapCode.ARRAY + 9, headBytes)
                  .set(MapCode.ARRAY + 10, to + place + half)
                  .set(MapCode.ARRAY + 11, headBytes);
              kernel.call(arguments.address());
            }
          }
        });
    Rows.keep(x, cosines, sines, positions, out);
  }

  /// (a·cos − b·sin, b·cos + a·sin); the scalar is −1 to turn back.
  private static List<Vec> rotate(VectorCode code, Vec[] in, Vec[] s) {
    Vec a = in[0];
    Vec b = in[1];
    Vec cos = in[2];
    Vec sin = in[3];
    code.mul(sin, sin, s[0]);
    Vec turnedA = code.vec();
    code.mul(turnedA, a, cos);
    code.subProduct(turnedA, b, sin);
    code.mul(b, b, cos);
    code.addProduct(b, a, sin);
    return List.of(turnedA, b);
  }

  // Norms

  @Override
  public void layerNorm(
      Tensor x,
      Tensor gain,
      @Nullable Tensor bias,
      double epsilon,
      Tensor out,
      Tensor mean,
      Tensor rstd) {
    if (!isF32(x, gain, bias, out, mean, rstd)) {
      super.layerNorm(x, gain, bias, epsilon, out, mean, rstd);
      return;
    }
    rows.norm(x, gain, bias, epsilon, out, mean, rstd);
  }

  @Override
  public void rmsNorm(Tensor x, Tensor gain, double epsilon, Tensor out, Tensor rstd) {
    if (!isF32(x, gain, out, rstd)) {
      super.rmsNorm(x, gain, epsilon, out, rstd);
      return;
    }
    rows.norm(x, gain, null, epsilon, out, null, rstd);
  }

  @Override
  public void layerNormBackward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient,
      @Nullable Tensor biasGradient) {
    if (!isF32(x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient)) {
      super.layerNormBackward(
          x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient);
      return;
    }
    rows.normBackward(x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient);
  }

  @Override
  public void rmsNormBackward(
      Tensor x,
      Tensor gain,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient) {
    if (!isF32(x, gain, rstd, outGradient, xGradient, gainGradient)) {
      super.rmsNormBackward(x, gain, rstd, outGradient, xGradient, gainGradient);
      return;
    }
    rows.normBackward(x, gain, null, rstd, outGradient, xGradient, gainGradient, null);
  }

  // Element by element

  /// Runs a kernel over arrays of `n` elements, the inputs first, in tasks of a fixed size.
  private void map(MapCode code, MapCode.Body body, long n, float[] scalars, Tensor... arrays) {
    Kernel kernel = kernels.get(code, level -> code.emit(level, body));
    long[] addresses = addresses(arrays);
    Parallel.run(
        Math.toIntExact((n + ELEMENTS_PER_TASK - 1) / ELEMENTS_PER_TASK),
        task -> {
          long from = task * ELEMENTS_PER_TASK;
          try (Scratch scratch = Scratch.take(0)) {
            Arguments arguments = scratch.arguments();
            arguments
                .set(MapCode.ROWS, 1)
                .set(MapCode.COLUMNS, Math.min(ELEMENTS_PER_TASK, n - from));
            for (int i = 0; i < addresses.length; i++) {
              arguments.set(MapCode.ARRAY + 2 * i, addresses[i] + 4 * from);
            }
            for (int i = 0; i < scalars.length; i++) {
              arguments.set(MapCode.SCALAR + i, scalars[i]);
            }
            kernel.call(arguments.address());
          }
        });
    Rows.keep(arrays);
  }

  private static long[] addresses(Tensor... tensors) {
    long[] addresses = new long[tensors.length];
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = address(tensors[i]);
    }
    return addresses;
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  @Override
  public void activation(Activation activation, Tensor x, Tensor out) {
    if (!isF32(x, out)) {
      super.activation(activation, x, out);
      return;
    }
    map(
        new MapCode("activation " + activation, 1, 1, 0),
        (code, in, s) -> {
          Activations.value(code, activation, in[0]);
          return List.of(in[0]);
        },
        x.elements(),
        floats(),
        x,
        out);
  }

  @Override
  public void activationBackward(
      Activation activation, Tensor x, Tensor outGradient, Tensor xGradient) {
    if (!isF32(x, outGradient, xGradient)) {
      super.activationBackward(activation, x, outGradient, xGradient);
      return;
    }
    map(
        new MapCode("activationBackward " + activation, 2, 1, 0),
        (code, in, s) -> {
          Activations.slope(code, activation, in[0]);
          code.mul(in[0], in[0], in[1]);
          return List.of(in[0]);
        },
        x.elements(),
        floats(),
        x,
        outGradient,
        xGradient);
  }

  @Override
  public void gated(Activation activation, Tensor gate, Tensor up, Tensor out) {
    if (!isF32(gate, up, out)) {
      super.gated(activation, gate, up, out);
      return;
    }
    map(
        new MapCode("gated " + activation, 2, 1, 0),
        (code, in, s) -> {
          Activations.value(code, activation, in[0]);
          code.mul(in[0], in[0], in[1]);
          return List.of(in[0]);
        },
        gate.elements(),
        floats(),
        gate,
        up,
        out);
  }

  @Override
  public void gatedBackward(
      Activation activation,
      Tensor gate,
      Tensor up,
      Tensor outGradient,
      Tensor gateGradient,
      Tensor upGradient) {
    if (!isF32(gate, up, outGradient, gateGradient, upGradient)) {
      super.gatedBackward(activation, gate, up, outGradient, gateGradient, upGradient);
      return;
    }
    map(
        new MapCode("gatedBackward " + activation, 3, 2, 0),
        (code, in, s) -> {
          Vec value = code.vec();
          code.move(value, in[0]);
          Activations.slope(code, activation, in[0]);
          code.mul(in[0], in[0], in[1]);
          code.mul(in[0], in[0], in[2]);
          Activations.value(code, activation, value);
          code.mul(value, value, in[2]);
          return List.of(in[0], value);
        },
        gate.elements(),
        floats(),
        gate,
        up,
        outGradient,
        gateGradient,
        upGradient);
  }

  @Override
  public void add(Tensor a, Tensor b, double factor, Tensor out) {
    if (!isF32(a, b, out) || !rows.canRepeat(b, a)) {
      super.add(a, b, factor, out);
      return;
    }
    MapCode code = new MapCode("add", 2, 1, 1);
    MapCode.Body body =
        (c, in, s) -> {
          c.addProduct(in[0], in[1], s[0]);
          return List.of(in[0]);
        };
    if (a.elements() == b.elements()) {
      map(code, body, a.elements(), floats(factor), a, b, out);
    } else {
      rows.mapRepeated(code, body, floats(factor), a, b, out);
    }
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    if (!isF32(a, b, out) || !rows.canRepeat(b, a)) {
      super.multiply(a, b, out);
      return;
    }
    MapCode code = new MapCode("multiply", 2, 1, 0);
    MapCode.Body body =
        (c, in, s) -> {
          c.mul(in[0], in[0], in[1]);
          return List.of(in[0]);
        };
    if (a.elements() == b.elements()) {
      map(code, body, a.elements(), floats(), a, b, out);
    } else {
      rows.mapRepeated(code, body, floats(), a, b, out);
    }
  }

  @Override
  public void scale(Tensor x, double factor, Tensor out) {
    if (!isF32(x, out)) {
      super.scale(x, factor, out);
      return;
    }
    map(
        new MapCode("scale", 1, 1, 1),
        (code, in, s) -> {
          code.mul(in[0], in[0], s[0]);
          return List.of(in[0]);
        },
        x.elements(),
        floats(factor),
        x,
        out);
  }

  @Override
  public void dropout(Tensor x, double rate, long key, Tensor out) {
    if (!isF32(x, out)) {
      super.dropout(x, rate, key, out);
      return;
    }
    Kernel kernel = kernels.get("dropout", DropoutCode::emit);
    int width = x.shape().width();
    long from = address(x);
    long to = address(out);
    Rows.forRows(
        x.shape().rows(),
        2L * width,
        (first, end) -> {
          int count = (int) (end - first);
          try (Scratch scratch = Scratch.take(count)) {
            MemorySegment keys = scratch.memory();
            for (int i = 0; i < count; i++) {
              keys.setAtIndex(ValueLayout.JAVA_INT, i, CounterRandom.rowKey(key, first + i));
            }
            scratch
                .arguments()
                .set(DropoutCode.ROWS, count)
                .set(DropoutCode.COLUMNS, width)
                .set(DropoutCode.X, from + 4 * first * width)
                .set(DropoutCode.OUT, to + 4 * first * width)
                .set(DropoutCode.KEYS, scratch.address())
                .set(DropoutCode.BOUND, CounterRandom.threshold(rate) - 1)
                .set(DropoutCode.SCALE, (float) (1 / (1 - rate)));
            kernel.call(scratch.arguments().address());
          }
        });
    Rows.keep(x, out);
  }

  // Rows

  @Override
  public void softmax(Tensor x, Tensor out) {
    if (!isF32(x, out)) {
      super.softmax(x, out);
      return;
    }
    Kernel kernel = kernels.get("softmax", SoftmaxCode::forward);
    int width = x.shape().width();
    long from = address(x);
    long to = address(out);
    Rows.forRows(
        x.shape().rows(),
        4L * width,
        (first, end) ->
            Rows.call(
                kernel,
                arguments ->
                    arguments
                        .set(SoftmaxCode.ROWS, end - first)
                        .set(SoftmaxCode.COLUMNS, width)
                        .set(SoftmaxCode.X, from + 4 * first * width)
                        .set(SoftmaxCode.OUT, to + 4 * first * width)));
    Rows.keep(x, out);
  }

  @Override
  public void softmaxBackward(Tensor out, Tensor outGradient, Tensor xGradient) {
    if (!isF32(out, outGradient, xGradient)) {
      super.softmaxBackward(out, outGradient, xGradient);
      return;
    }
    Kernel kernel = kernels.get("softmaxBackward", SoftmaxCode::backward);
    int width = out.shape().width();
    long p = address(out);
    long g = address(outGradient);
    long to = address(xGradient);
    Rows.forRows(
        out.shape().rows(),
        2L * width,
        (first, end) ->
            Rows.call(
                kernel,
                arguments ->
                    arguments
                        .set(SoftmaxCode.ROWS, end - first)
                        .set(SoftmaxCode.COLUMNS, width)
                        .set(SoftmaxCode.X, to + 4 * first * width)
                        .set(SoftmaxCode.OUT, p + 4 * first * width)
                        .set(SoftmaxCode.OUT_GRADIENT, g + 4 * first * width)));
    Rows.keep(out, outGradient, xGradient);
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, double smoothing, Tensor losses, double gradientScale) {
    if (!isF32(logits, losses)) {
      super.crossEntropy(logits, targets, smoothing, losses, gradientScale);
      return;
    }
    int width = logits.shape().width();
    requireTargets(targets, width);
    Kernel kernel = kernels.get("crossEntropy", SoftmaxCode::crossEntropy);
    long x = address(logits);
    long classes = address(targets);
    long to = address(losses);
    Rows.forRows(
        logits.shape().rows(),
        6L * width,
        (first, end) ->
            Rows.call(
                kernel,
                arguments ->
                    arguments
                        .set(SoftmaxCode.ROWS, end - first)
                        .set(SoftmaxCode.COLUMNS, width)
                        .set(SoftmaxCode.X, x + 4 * first * width)
                        .set(SoftmaxCode.TARGETS, classes + 4 * first)
                        .set(SoftmaxCode.LOSSES, to + 4 * first)
                        .set(SoftmaxCode.SMOOTHED, (float) (smoothing / width))
                        .set(SoftmaxCode.CERTAIN, (float) (1 - smoothing))
                        .set(SoftmaxCode.GRADIENT_SCALE, (float) gradientScale)
                        .set(SoftmaxCode.WITH_GRADIENT, gradientScale != 0 ? 1 : 0)));
    Rows.keep(logits, targets, losses);
  }

  @Override
  public void gather(Tensor table, Tensor ids, double factor, Tensor out) {
    boolean halves = isBf16Weight(table);
    if (!isF32(out) || !halves && !isF32(table)) {
      super.gather(table, ids, factor, out);
      return;
    }
    requireIds(ids, table.shape().rows());
    Kernel kernel =
        kernels.get(
            halves ? "gather halves" : "gather", level -> GatherCode.emit(level, false, halves));
    int width = table.shape().width();
    long from = address(table);
    long names = address(ids);
    long to = address(out);
    Rows.forRows(
        ids.elements(),
        width,
        (first, end) ->
            Rows.call(
                kernel,
                arguments ->
                    arguments
                        .set(GatherCode.ROWS, end - first)
                        .set(GatherCode.COLUMNS, width)
                        .set(GatherCode.IDS, names + 4 * first)
                        .set(GatherCode.TABLE, from)
                        .set(GatherCode.TABLE_ROW, (halves ? 2L : 4L) * width)
                        .set(GatherCode.X, to + 4 * first * width)
                        .set(GatherCode.X_ROW, 4L * width)
                        .set(GatherCode.FACTOR, (float) factor)));
    Rows.keep(table, ids, out);
  }

  @Override
  public void scatterAdd(Tensor outGradient, Tensor ids, double factor, Tensor tableGradient) {
    if (!isF32(outGradient, tableGradient)) {
      super.scatterAdd(outGradient, ids, factor, tableGradient);
      return;
    }
    requireIds(ids, tableGradient.shape().rows());
    Kernel kernel = kernels.get("scatterAdd", level -> GatherCode.emit(level, true, false));
    int width = tableGradient.shape().width();
    long from = address(outGradient);
    long names = address(ids);
    long to = address(tableGradient);
    long count = ids.elements();
    // A task takes all rows of some columns: two rows may name the same entry.
    int lanes = kernels.level().lanes();
    Rows.forRows(
        (width + lanes - 1) / lanes,
        count * lanes,
        (first, end) -> {
          long column = first * lanes;
          Rows.call(
              kernel,
              arguments ->
                  arguments
                      .set(GatherCode.ROWS, count)
                      .set(GatherCode.COLUMNS, Math.min(width, end * lanes) - column)
                      .set(GatherCode.IDS, names)
                      .set(GatherCode.TABLE, to + 4 * column)
                      .set(GatherCode.TABLE_ROW, 4L * width)
                      .set(GatherCode.X, from + 4 * column)
                      .set(GatherCode.X_ROW, 4L * width)
                      .set(GatherCode.FACTOR, (float) factor));
        });
    Rows.keep(outGradient, ids, tableGradient);
  }

  /// Machine code checks no bounds, so a wrong number must not reach it.
  private static void requireIds(Tensor ids, int entries) {
    MemorySegment memory = ids.memory();
    for (long i = 0; i < ids.elements(); i++) {
      int id = memory.getAtIndex(ValueLayout.JAVA_INT, i);
      if (id < 0 || id >= entries) {
        throw new IndexOutOfBoundsException(
            "an id must name a row of the table: received " + id + " of " + entries);
      }
    }
  }

  /// Machine code checks no bounds, so a wrong class must not reach it.
  private static void requireTargets(Tensor targets, int classes) {
    MemorySegment memory = targets.memory();
    for (long i = 0; i < targets.elements(); i++) {
      int target = memory.getAtIndex(ValueLayout.JAVA_INT, i);
      if (target >= classes) {
        throw new IndexOutOfBoundsException(
            "a target must be below the number of classes: received " + target + " of " + classes);
      }
    }
  }

  // Cells of recurrent layers

  @Override
  public void lstmCell(Tensor gates, Tensor cellsBefore, Tensor cells, Tensor states) {
    if (!isF32(gates, cellsBefore, cells, states)) {
      super.lstmCell(gates, cellsBefore, cells, states);
      return;
    }
    CellCode.run(kernels, CellCode.Kind.LSTM, gates, cellsBefore, cells, states);
  }

  @Override
  public void lstmCellBackward(
      Tensor gates,
      Tensor cellsBefore,
      Tensor cells,
      Tensor stateGradient,
      Tensor cellGradient,
      Tensor gateGradients) {
    if (!isF32(gates, cellsBefore, cells, stateGradient, cellGradient, gateGradients)) {
      super.lstmCellBackward(gates, cellsBefore, cells, stateGradient, cellGradient, gateGradients);
      return;
    }
    CellCode.run(
        kernels,
        CellCode.Kind.LSTM_BACKWARD,
        gates,
        cellsBefore,
        cells,
        stateGradient,
        cellGradient,
        gateGradients);
  }

  @Override
  public void gruCell(Tensor gates, Tensor stateParts, Tensor statesBefore, Tensor states) {
    if (!isF32(gates, stateParts, statesBefore, states)) {
      super.gruCell(gates, stateParts, statesBefore, states);
      return;
    }
    CellCode.run(kernels, CellCode.Kind.GRU, gates, stateParts, statesBefore, states);
  }

  @Override
  public void gruCellBackward(
      Tensor gates,
      Tensor stateParts,
      Tensor statesBefore,
      Tensor stateGradient,
      Tensor gateGradients,
      Tensor partGradients) {
    if (!isF32(gates, stateParts, statesBefore, stateGradient, gateGradients, partGradients)) {
      super.gruCellBackward(
          gates, stateParts, statesBefore, stateGradient, gateGradients, partGradients);
      return;
    }
    CellCode.run(
        kernels,
        CellCode.Kind.GRU_BACKWARD,
        gates,
        stateParts,
        statesBefore,
        stateGradient,
        gateGradients,
        partGradients);
  }

  // Learning

  @Override
  public double sumOfSquares(Tensor x) {
    if (!isF32(x)) {
      return super.sumOfSquares(x);
    }
    double sum = rows.sum(address(x), x.elements(), true);
    Rows.keep(x);
    return sum;
  }

  @Override
  public double sum(Tensor x) {
    if (!isF32(x)) {
      return super.sum(x);
    }
    double sum = rows.sum(address(x), x.elements(), false);
    Rows.keep(x);
    return sum;
  }

  @Override
  public void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor mean,
      Tensor variance,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      long step,
      double gradientScale) {
    if (!isF32(parameter, gradient, mean, variance)) {
      super.adamW(
          parameter,
          gradient,
          mean,
          variance,
          learningRate,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          step,
          gradientScale);
      return;
    }
    double meanCorrection = 1 - StrictMath.pow(beta1, (double) step);
    double varianceCorrection = StrictMath.sqrt(1 - StrictMath.pow(beta2, (double) step));
    map(
        new MapCode("adamW", 4, 3, 9),
        X86Kernels::adamW,
        parameter.elements(),
        floats(
            gradientScale,
            beta1,
            1 - beta1,
            beta2,
            1 - beta2,
            1 / varianceCorrection,
            epsilon,
            1 - learningRate * weightDecay,
            learningRate / meanCorrection),
        parameter,
        gradient,
        mean,
        variance,
        parameter,
        mean,
        variance);
  }

  private static List<Vec> adamW(VectorCode code, Vec[] in, Vec[] s) {
    Vec p = in[0];
    Vec g = in[1];
    Vec m = in[2];
    Vec v = in[3];
    code.mul(g, g, s[0]);
    // m = beta1·m + (1 − beta1)·g, v = beta2·v + (1 − beta2)·g²
    code.mul(m, m, s[1]);
    code.addProduct(m, g, s[2]);
    code.mul(g, g, g);
    code.mul(v, v, s[3]);
    code.addProduct(v, g, s[4]);
    // p = p·decay − rate·m / (√v / correction + epsilon)
    code.asm.emit(VectorOp.VSQRTPS, g, v);
    code.mulAdd(g, s[5], s[6]);
    code.mul(p, p, s[7]);
    Vec change = code.vec();
    code.mul(change, m, s[8]);
    code.div(change, change, g);
    code.sub(p, p, change);
    return List.of(p, m, v);
  }
}
