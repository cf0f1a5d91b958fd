package dev.heed.tensor;

import org.jspecify.annotations.Nullable;

/// The meaning of every operation in plain Java: computes in double precision, rounds once when it
/// stores. Faster kernels extend this and override; it also is the fallback for whatever they lack.
///
/// Open to extension by design: each method stands alone, none calls another that may be
/// overridden.
public class ReferenceKernels implements Kernels {
  /// Elements or multiplications that make a task worth a thread.
  private static final long TASK = 1 << 15;

  private final ReferenceAttention attention = new ReferenceAttention();

  @Override
  public String name() {
    return "reference";
  }

  /// Runs `body` over ranges of rows, cut by the work a row needs.
  private static void forRows(long rows, long workPerRow, RowRange body) {
    long rowsPerTask = Math.max(1, TASK / Math.max(1, workPerRow));
    int tasks = Math.toIntExact((rows + rowsPerTask - 1) / rowsPerTask);
    Parallel.run(
        tasks, task -> body.run(task * rowsPerTask, Math.min(rows, (task + 1) * rowsPerTask)));
  }

  private interface RowRange {
    void run(long from, long to);
  }

  private interface Function {
    double at(double x);
  }

  // Products

  @Override
  public boolean keepsBf16() {
    return true;
  }

  @Override
  public void matmul(
      Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor out, boolean addToOut) {
    int m = out.shape().dimension(0);
    int n = out.shape().dimension(1);
    int inner = a.shape().dimension(transposeA ? 0 : 1);
    Elements left = Elements.of(a);
    Elements right = Elements.of(b);
    Elements to = Elements.of(out);
    long aRow = transposeA ? 1 : inner;
    long aColumn = transposeA ? m : 1;
    long bRow = transposeB ? 1 : n;
    long bColumn = transposeB ? inner : 1;
    forRows(
        m,
        (long) n * inner,
        (from, end) -> {
          double[] sums = new double[n];
          for (long i = from; i < end; i++) {
            java.util.Arrays.fill(sums, 0);
            for (int k = 0; k < inner; k++) {
              double factor = left.get(i * aRow + k * aColumn);
              for (int j = 0; j < n; j++) {
                sums[j] += factor * right.get(k * bRow + j * bColumn);
              }
            }
            for (int j = 0; j < n; j++) {
              to.set(i * n + j, addToOut ? to.get(i * n + j) + sums[j] : sums[j]);
            }
          }
        });
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
    if (weight.dtype().isQuantized()) {
      ReferenceQuantized.linear(x, weight, bias, activation, residual, beforeActivation, out);
      return;
    }
    int outWidth = weight.shape().dimension(0);
    int inner = weight.shape().dimension(1);
    Elements from = Elements.of(x);
    Elements w = Elements.of(weight);
    Elements b = bias == null ? null : Elements.of(bias);
    Elements skipped = residual == null ? null : Elements.of(residual);
    Elements before = beforeActivation == null ? null : Elements.of(beforeActivation);
    Elements to = Elements.of(out);
    forRows(
        x.shape().rows(),
        (long) outWidth * inner,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            for (int o = 0; o < outWidth; o++) {
              double sum = b == null ? 0 : b.get(o);
              for (int k = 0; k < inner; k++) {
                sum += from.get(i * inner + k) * w.get((long) o * inner + k);
              }
              long index = i * outWidth + o;
              if (before != null) {
                before.set(index, sum);
              }
              double value = ReferenceActivations.value(activation, sum);
              to.set(index, skipped == null ? value : value + skipped.get(index));
            }
          }
        });
  }

  @Override
  public void addColumnSums(Tensor x, Tensor sums) {
    int width = x.shape().width();
    int rows = x.shape().rows();
    Elements from = Elements.of(x);
    Elements to = Elements.of(sums);
    forRows(
        width,
        rows,
        (first, end) -> {
          for (long column = first; column < end; column++) {
            double sum = 0;
            for (long row = 0; row < rows; row++) {
              sum += from.get(row * width + column);
            }
            to.add(column, sum);
          }
        });
  }

  // Attention

  @Override
  public void attention(
      Tensor q, Tensor k, Tensor v, AttentionArguments arguments, Tensor out, Tensor logSumExp) {
    attention.forward(q, k, v, arguments, out, logSumExp);
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
  public void attentionWeights(
      Tensor q,
      Tensor k,
      AttentionArguments arguments,
      Tensor logSumExp,
      int sequence,
      Tensor weights) {
    attention.weights(q, k, arguments, logSumExp, sequence, weights);
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
    int width = x.shape().width();
    int headWidth = width / heads;
    int pairs = cosines.shape().width();
    Elements from = Elements.of(x);
    Elements cos = Elements.of(cosines);
    Elements sin = Elements.of(sines);
    Elements at = Elements.of(positions);
    Elements to = Elements.of(out);
    forRows(
        x.shape().rows(),
        4L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            long table = (long) at.get(row) * pairs;
            for (int head = 0; head < heads; head++) {
              long base = row * width + (long) head * headWidth;
              for (int pair = 0; pair < pairs; pair++) {
                long i = base + (halves ? pair : 2 * pair);
                long j = base + (halves ? pair + pairs : 2 * pair + 1);
                double a = from.get(i);
                double b = from.get(j);
                double c = cos.get(table + pair);
                double s = inverse ? -sin.get(table + pair) : sin.get(table + pair);
                to.set(i, a * c - b * s);
                to.set(j, b * c + a * s);
              }
              for (int rest = 2 * pairs; rest < headWidth; rest++) {
                to.set(base + rest, from.get(base + rest));
              }
            }
          }
        });
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
    ReferenceNorms.forward(x, gain, bias, epsilon, true, out, mean, rstd);
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
    ReferenceNorms.backward(
        x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient);
  }

  @Override
  public void rmsNorm(Tensor x, Tensor gain, double epsilon, Tensor out, Tensor rstd) {
    ReferenceNorms.forward(x, gain, null, epsilon, false, out, null, rstd);
  }

  @Override
  public void rmsNormBackward(
      Tensor x,
      Tensor gain,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient) {
    ReferenceNorms.backward(x, gain, null, rstd, outGradient, xGradient, gainGradient, null);
  }

  // Element by element

  private static void map(Tensor x, Tensor out, Function function) {
    Elements from = Elements.of(x);
    Elements to = Elements.of(out);
    forRows(
        x.elements(),
        8,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            to.set(i, function.at(from.get(i)));
          }
        });
  }

  @Override
  public void activation(Activation activation, Tensor x, Tensor out) {
    map(x, out, value -> ReferenceActivations.value(activation, value));
  }

  @Override
  public void activationBackward(
      Activation activation, Tensor x, Tensor outGradient, Tensor xGradient) {
    Elements from = Elements.of(x);
    Elements g = Elements.of(outGradient);
    Elements to = Elements.of(xGradient);
    forRows(
        x.elements(),
        8,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            to.set(i, g.get(i) * ReferenceActivations.slope(activation, from.get(i)));
          }
        });
  }

  @Override
  public void gated(Activation activation, Tensor gate, Tensor up, Tensor out) {
    Elements g = Elements.of(gate);
    Elements u = Elements.of(up);
    Elements to = Elements.of(out);
    forRows(
        gate.elements(),
        8,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            to.set(i, ReferenceActivations.value(activation, g.get(i)) * u.get(i));
          }
        });
  }

  @Override
  public void gatedBackward(
      Activation activation,
      Tensor gate,
      Tensor up,
      Tensor outGradient,
      Tensor gateGradient,
      Tensor upGradient) {
    Elements g = Elements.of(gate);
    Elements u = Elements.of(up);
    Elements dOut = Elements.of(outGradient);
    Elements dGate = Elements.of(gateGradient);
    Elements dUp = Elements.of(upGradient);
    forRows(
        gate.elements(),
        16,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            double gradient = dOut.get(i);
            double opened = g.get(i);
            dUp.set(i, gradient * ReferenceActivations.value(activation, opened));
            dGate.set(i, gradient * u.get(i) * ReferenceActivations.slope(activation, opened));
          }
        });
  }

  @Override
  public void add(Tensor a, Tensor b, double factor, Tensor out) {
    Elements x = Elements.of(a);
    Elements y = Elements.of(b);
    Elements to = Elements.of(out);
    long period = Math.max(1, b.elements());
    forRows(
        a.elements(),
        4,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            to.set(i, x.get(i) + factor * y.get(i % period));
          }
        });
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    Elements x = Elements.of(a);
    Elements y = Elements.of(b);
    Elements to = Elements.of(out);
    long period = Math.max(1, b.elements());
    forRows(
        a.elements(),
        4,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            to.set(i, x.get(i) * y.get(i % period));
          }
        });
  }

  @Override
  public void scale(Tensor x, double factor, Tensor out) {
    map(x, out, value -> factor * value);
  }

  @Override
  public void dropout(Tensor x, double rate, long key, Tensor out) {
    int width = x.shape().width();
    int threshold = CounterRandom.threshold(rate);
    double kept = 1 / (1 - rate);
    Elements from = Elements.of(x);
    Elements to = Elements.of(out);
    forRows(
        x.shape().rows(),
        8L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            int rowKey = CounterRandom.rowKey(key, row);
            for (int column = 0; column < width; column++) {
              long i = row * width + column;
              to.set(i, CounterRandom.keeps(rowKey, column, threshold) ? kept * from.get(i) : 0);
            }
          }
        });
  }

  // Rows

  @Override
  public void softmax(Tensor x, Tensor out) {
    int width = x.shape().width();
    Elements from = Elements.of(x);
    Elements to = Elements.of(out);
    forRows(
        x.shape().rows(),
        16L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            double max = Double.NEGATIVE_INFINITY;
            for (long i = row * width; i < (row + 1) * width; i++) {
              max = Math.max(max, from.get(i));
            }
            double sum = 0;
            for (long i = row * width; i < (row + 1) * width; i++) {
              sum += StrictMath.exp(from.get(i) - max);
            }
            for (long i = row * width; i < (row + 1) * width; i++) {
              boolean nowhere = max == Double.NEGATIVE_INFINITY;
              to.set(i, nowhere ? 0 : StrictMath.exp(from.get(i) - max) / sum);
            }
          }
        });
  }

  @Override
  public void softmaxBackward(Tensor out, Tensor outGradient, Tensor xGradient) {
    int width = out.shape().width();
    Elements p = Elements.of(out);
    Elements g = Elements.of(outGradient);
    Elements to = Elements.of(xGradient);
    forRows(
        out.shape().rows(),
        4L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            double dot = 0;
            for (long i = row * width; i < (row + 1) * width; i++) {
              dot += p.get(i) * g.get(i);
            }
            for (long i = row * width; i < (row + 1) * width; i++) {
              to.set(i, p.get(i) * (g.get(i) - dot));
            }
          }
        });
  }

  @Override
  public void crossEntropy(
      Tensor logits, Tensor targets, double smoothing, Tensor losses, double gradientScale) {
    int classes = logits.shape().width();
    double share = smoothing / classes;
    Elements x = Elements.of(logits);
    Elements wanted = Elements.of(targets);
    Elements to = Elements.of(losses);
    forRows(
        logits.shape().rows(),
        16L * classes,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            int target = (int) wanted.get(row);
            long base = row * classes;
            double max = Double.NEGATIVE_INFINITY;
            double total = 0;
            for (int c = 0; c < classes; c++) {
              max = Math.max(max, x.get(base + c));
              total += x.get(base + c);
            }
            double sum = 0;
            for (int c = 0; c < classes; c++) {
              sum += StrictMath.exp(x.get(base + c) - max);
            }
            double normalizer = max + StrictMath.log(sum);
            double loss = 0;
            if (target >= 0) {
              // A logit of −∞ (a word never to be said) must not turn 0 · ∞ into NaN.
              double spread = share == 0 ? 0 : share * total;
              loss = normalizer - (1 - smoothing) * x.get(base + target) - spread;
            }
            to.set(row, loss);
            if (gradientScale != 0) {
              for (int c = 0; c < classes; c++) {
                double p = StrictMath.exp(x.get(base + c) - normalizer);
                double goal = share + (c == target ? 1 - smoothing : 0);
                x.set(base + c, target < 0 ? 0 : gradientScale * (p - goal));
              }
            }
          }
        });
  }

  @Override
  public void gather(Tensor table, Tensor ids, double factor, Tensor out) {
    if (table.dtype().isQuantized()) {
      ReferenceQuantized.gather(table, ids, factor, out);
      return;
    }
    int width = table.shape().width();
    Elements from = Elements.of(table);
    Elements id = Elements.of(ids);
    Elements to = Elements.of(out);
    forRows(
        ids.elements(),
        width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            long base = (long) id.get(row) * width;
            for (int d = 0; d < width; d++) {
              to.set(row * width + d, factor * from.get(base + d));
            }
          }
        });
  }

  @Override
  public void scatterAdd(Tensor outGradient, Tensor ids, double factor, Tensor tableGradient) {
    int width = tableGradient.shape().width();
    long rows = ids.elements();
    Elements g = Elements.of(outGradient);
    Elements id = Elements.of(ids);
    Elements to = Elements.of(tableGradient);
    forRows(
        width,
        2 * rows,
        (first, end) -> {
          for (long row = 0; row < rows; row++) {
            long base = (long) id.get(row) * width;
            for (long d = first; d < end; d++) {
              to.add(base + d, factor * g.get(row * width + d));
            }
          }
        });
  }

  // Cells of recurrent layers

  @Override
  public void lstmCell(Tensor gates, Tensor cellsBefore, Tensor cells, Tensor states) {
    ReferenceCells.lstm(gates, cellsBefore, cells, states);
  }

  @Override
  public void lstmCellBackward(
      Tensor gates,
      Tensor cellsBefore,
      Tensor cells,
      Tensor stateGradient,
      Tensor cellGradient,
      Tensor gateGradients) {
    ReferenceCells.lstmBackward(
        gates, cellsBefore, cells, stateGradient, cellGradient, gateGradients);
  }

  @Override
  public void gruCell(Tensor gates, Tensor stateParts, Tensor statesBefore, Tensor states) {
    ReferenceCells.gru(gates, stateParts, statesBefore, states);
  }

  @Override
  public void gruCellBackward(
      Tensor gates,
      Tensor stateParts,
      Tensor statesBefore,
      Tensor stateGradient,
      Tensor gateGradients,
      Tensor partGradients) {
    ReferenceCells.gruBackward(
        gates, stateParts, statesBefore, stateGradient, gateGradients, partGradients);
  }

  // Learning

  @Override
  public double sumOfSquares(Tensor x) {
    return reduce(x, value -> value * value);
  }

  @Override
  public double sum(Tensor x) {
    return reduce(x, value -> value);
  }

  /// Chunks of a fixed size are added up alone, then in order.
  private static double reduce(Tensor x, Function function) {
    Elements from = Elements.of(x);
    long n = x.elements();
    int chunks = Math.toIntExact((n + TASK - 1) / TASK);
    double[] partial = new double[chunks];
    Parallel.run(
        chunks,
        chunk -> {
          double sum = 0;
          for (long i = chunk * TASK, end = Math.min(n, i + TASK); i < end; i++) {
            sum += function.at(from.get(i));
          }
          partial[chunk] = sum;
        });
    double total = 0;
    for (double sum : partial) {
      total += sum;
    }
    return total;
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
    Elements p = Elements.of(parameter);
    Elements g = Elements.of(gradient);
    Elements m = Elements.of(mean);
    Elements v = Elements.of(variance);
    double meanCorrection = 1 - StrictMath.pow(beta1, step);
    double varianceCorrection = StrictMath.sqrt(1 - StrictMath.pow(beta2, step));
    forRows(
        parameter.elements(),
        16,
        (first, end) -> {
          for (long i = first; i < end; i++) {
            double slope = gradientScale * g.get(i);
            double newMean = beta1 * m.get(i) + (1 - beta1) * slope;
            double newVariance = beta2 * v.get(i) + (1 - beta2) * slope * slope;
            m.set(i, newMean);
            v.set(i, newVariance);
            double denominator = Math.sqrt(newVariance) / varianceCorrection + epsilon;
            double decayed = p.get(i) * (1 - learningRate * weightDecay);
            p.set(i, decayed - learningRate / meanCorrection * newMean / denominator);
          }
        });
  }

  @Override
  public void convert(Tensor x, Tensor out) {
    map(x, out, value -> value);
  }
}
