package dev.heed.tensor;

import static dev.heed.tensor.Node.record;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/// The elementary operations, each with its backward pass beside it. See [FusedOperations] for
/// those that a Transformer spends its time in.
public final class Operations {
  private Operations() {}

  /// a + b; `b` is repeated if it has fewer elements (a bias on every row).
  public static Tensor add(Tensor a, Tensor b) {
    requireRepeats("add", a, b);
    Tensor out = Tensor.empty(a.shape(), a.dtype());
    Kernels.active().add(a, b, 1, out);
    return record(
        out,
        g -> {
          accumulate(a, g);
          if (b.requiresGradient()) {
            accumulateRepeated(b, g, 1);
          }
        },
        a,
        b);
  }

  /// a − b; `b` is repeated if it has fewer elements.
  public static Tensor subtract(Tensor a, Tensor b) {
    requireRepeats("subtract", a, b);
    Tensor out = Tensor.empty(a.shape(), a.dtype());
    Kernels.active().add(a, b, -1, out);
    return record(
        out,
        g -> {
          accumulate(a, g);
          if (b.requiresGradient()) {
            accumulateRepeated(b, g, -1);
          }
        },
        a,
        b);
  }

  /// a · b element by element; `b` is repeated if it has fewer elements.
  public static Tensor multiply(Tensor a, Tensor b) {
    requireRepeats("multiply", a, b);
    Tensor out = Tensor.empty(a.shape(), a.dtype());
    Kernels.active().multiply(a, b, out);
    return record(
        out,
        g -> {
          if (a.requiresGradient()) {
            Tensor ga = like(a);
            Kernels.active().multiply(g, b, ga);
            a.accumulate(ga);
          }
          if (b.requiresGradient()) {
            Tensor gb = like(a);
            Kernels.active().multiply(g, a, gb);
            accumulateRepeated(b, gb, 1);
          }
        },
        a,
        b);
  }

  /// factor · x.
  public static Tensor scale(Tensor x, double factor) {
    Tensor out = like(x);
    Kernels.active().scale(x, factor, out);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Kernels.active().scale(g, factor, gx);
          x.accumulate(gx);
        },
        x);
  }

  /// a [M, K] · b [K, N] → [M, N].
  public static Tensor matmul(Tensor a, Tensor b) {
    return matmul(a, false, b, false);
  }

  /// op(a) · op(b) of two matrices, where op transposes when asked.
  public static Tensor matmul(Tensor a, boolean transposeA, Tensor b, boolean transposeB) {
    requireMatrix("matmul", a);
    requireMatrix("matmul", b);
    int m = a.shape().dimension(transposeA ? 1 : 0);
    int k = a.shape().dimension(transposeA ? 0 : 1);
    int n = b.shape().dimension(transposeB ? 0 : 1);
    if (b.shape().dimension(transposeB ? 1 : 0) != k) {
      throw new IllegalArgumentException(
          "matmul needs inner dimensions that agree: received %s%s and %s%s"
              .formatted(
                  a.shape(),
                  transposeA ? " transposed" : "",
                  b.shape(),
                  transposeB ? " transposed" : ""));
    }
    requireSameType("matmul", a, b);
    Tensor out = Tensor.empty(Shape.of(m, n), a.dtype());
    Kernels.active().matmul(a, transposeA, b, transposeB, out, false);
    return record(
        out,
        g -> {
          Kernels kernels = Kernels.active();
          if (a.requiresGradient()) {
            Tensor ga = a.gradientToAddTo();
            if (transposeA) {
              kernels.matmul(b, transposeB, g, true, ga, true);
            } else {
              kernels.matmul(g, false, b, !transposeB, ga, true);
            }
          }
          if (b.requiresGradient()) {
            Tensor gb = b.gradientToAddTo();
            if (transposeB) {
              kernels.matmul(g, true, a, transposeA, gb, true);
            } else {
              kernels.matmul(a, !transposeA, g, false, gb, true);
            }
          }
        },
        a,
        b);
  }

  /// The same elements under another shape.
  public static Tensor reshape(Tensor x, int... shape) {
    Tensor out = x.withShape(Shape.of(shape));
    return record(out, g -> x.accumulate(g.withShape(x.shape())), x);
  }

  /// Rows of a matrix, picked by I32 `ids` (each 0 … rows − 1), in their order.
  public static Tensor selectRows(Tensor x, Tensor ids) {
    return FusedOperations.embedding(x, ids, 1);
  }

  /// Matrices of equal width one below the other: [M₁, D], [M₂, D], … → [M₁ + M₂ + …, D].
  public static Tensor concatenate(List<Tensor> parts) {
    Tensor first = parts.getFirst();
    int rows = 0;
    for (Tensor part : parts) {
      requireMatrix("concatenate", part);
      requireSameType("concatenate", first, part);
      if (part.shape().width() != first.shape().width()) {
        throw new IllegalArgumentException(
            "concatenate needs equal widths: received %s and %s"
                .formatted(first.shape(), part.shape()));
      }
      rows += part.shape().dimension(0);
    }
    Tensor out = Tensor.empty(Shape.of(rows, first.shape().width()), first.dtype());
    int row = 0;
    for (Tensor part : parts) {
      int end = row + part.shape().dimension(0);
      out.rows(row, end).copyFrom(part);
      row = end;
    }
    return record(
        out,
        g -> {
          int from = 0;
          for (Tensor part : parts) {
            int to = from + part.shape().dimension(0);
            accumulate(part, g.rows(from, to));
            from = to;
          }
        },
        parts.toArray(Tensor[]::new));
  }

  /// Two matrices with equally many rows side by side: [M, A], [M, B] → [M, A + B].
  public static Tensor sideBySide(Tensor a, Tensor b) {
    requireMatrix("sideBySide", a);
    requireMatrix("sideBySide", b);
    requireSameType("sideBySide", a, b);
    int rows = a.shape().dimension(0);
    if (b.shape().dimension(0) != rows) {
      throw new IllegalArgumentException(
          "sideBySide needs equally many rows: received %s and %s".formatted(a.shape(), b.shape()));
    }
    long left = a.dtype().bytes(Shape.of(a.shape().width()));
    long right = b.dtype().bytes(Shape.of(b.shape().width()));
    Tensor out = Tensor.empty(Shape.of(rows, a.shape().width() + b.shape().width()), a.dtype());
    copyColumns(a, 0, left, out, 0, rows, left);
    copyColumns(b, 0, right, out, left, rows, right);
    return record(
        out,
        g -> {
          if (a.requiresGradient()) {
            Tensor ga = like(a);
            copyColumns(g, 0, left + right, ga, 0, rows, left);
            a.accumulate(ga);
          }
          if (b.requiresGradient()) {
            Tensor gb = like(b);
            copyColumns(g, left, left + right, gb, 0, rows, right);
            b.accumulate(gb);
          }
        },
        a,
        b);
  }

  /// Copies `bytes` of every row; `fromRow` is how long a row of `from` is.
  private static void copyColumns(
      Tensor from, long fromStart, long fromRow, Tensor to, long toStart, int rows, long bytes) {
    long toRow = rows == 0 ? 0 : to.memory().byteSize() / rows;
    for (int i = 0; i < rows; i++) {
      MemorySegment.copy(
          from.memory(), i * fromRow + fromStart, to.memory(), i * toRow + toStart, bytes);
    }
  }

  /// activation(x), element by element.
  public static Tensor activation(Activation activation, Tensor x) {
    if (activation == Activation.NONE) {
      return x;
    }
    Tensor out = like(x);
    Kernels.active().activation(activation, x, out);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Kernels.active().activationBackward(activation, x, g, gx);
          x.accumulate(gx);
        },
        x);
  }

  /// activation(gate) · up, element by element, as in the gated feed-forward.
  public static Tensor gated(Activation activation, Tensor gate, Tensor up) {
    requireSameShape("gated", gate, up);
    Tensor out = like(gate);
    Kernels.active().gated(activation, gate, up, out);
    return record(
        out,
        g -> {
          Tensor gGate = like(gate);
          Tensor gUp = like(up);
          Kernels.active().gatedBackward(activation, gate, up, g, gGate, gUp);
          accumulate(gate, gGate);
          accumulate(up, gUp);
        },
        gate,
        up);
  }

  /// Softmax over the last dimension: each row becomes positive and sums to 1.
  public static Tensor softmax(Tensor x) {
    Tensor out = like(x);
    Kernels.active().softmax(x, out);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Kernels.active().softmaxBackward(out, g, gx);
          x.accumulate(gx);
        },
        x);
  }

  /// Sets the share `rate` of the elements to 0 and divides the others by 1 − rate. Which ones
  /// follows from `key` alone ([CounterRandom#key]).
  ///
  /// @throws IllegalArgumentException if `rate` is not in [0, 1)
  public static Tensor dropout(Tensor x, double rate, long key) {
    if (!(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException("dropout must be in [0, 1): received " + rate);
    }
    if (rate == 0) {
      return x;
    }
    Tensor out = like(x);
    Kernels.active().dropout(x, rate, key, out);
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          Kernels.active().dropout(g, rate, key, gx);
          x.accumulate(gx);
        },
        x);
  }

  /// The sum of all elements, a scalar.
  public static Tensor sum(Tensor x) {
    Tensor out = Tensor.empty(Shape.of(), x.dtype());
    Elements.of(out).set(0, Kernels.active().sum(x));
    return record(
        out,
        g -> {
          Tensor gx = like(x);
          fill(gx, g.item());
          x.accumulate(gx);
        },
        x);
  }

  /// The mean of all elements, a scalar.
  public static Tensor mean(Tensor x) {
    return scale(sum(x), 1.0 / x.elements());
  }

  /// The mean of the rows of each sequence: x [rows, D] → [sequences, D]; zeros for an empty
  /// sequence.
  public static Tensor meanPerSequence(Tensor x, Sequences sequences) {
    if (x.shape().rows() != sequences.rows()) {
      throw new IllegalArgumentException(
          "the sequences have %d rows: received shape %s".formatted(sequences.rows(), x.shape()));
    }
    Tensor rows = flatten(x);
    Tensor out = Tensor.zeros(Shape.of(sequences.count(), x.shape().width()), x.dtype());
    Kernels kernels = Kernels.active();
    for (int i = 0; i < sequences.count(); i++) {
      if (sequences.length(i) > 0) {
        Tensor mean = out.rows(i, i + 1);
        kernels.addColumnSums(rows.rows(sequences.start(i), sequences.start(i + 1)), mean);
        kernels.scale(mean, 1.0 / sequences.length(i), mean);
      }
    }
    return record(
        out,
        g -> {
          Tensor gx = Tensor.zeros(rows.shape(), rows.dtype());
          for (int i = 0; i < sequences.count(); i++) {
            if (sequences.length(i) > 0) {
              Tensor part = gx.rows(sequences.start(i), sequences.start(i + 1));
              kernels.add(part, g.rows(i, i + 1), 1.0 / sequences.length(i), part);
            }
          }
          rows.accumulate(gx);
        },
        rows);
  }

  /// The largest number of each column among the rows of each sequence: x [rows, D] → [sequences,
  /// D]; the gradient goes to the first of equal ones, zeros for an empty sequence.
  public static Tensor maxPerSequence(Tensor x, Sequences sequences) {
    if (x.shape().rows() != sequences.rows()) {
      throw new IllegalArgumentException(
          "the sequences have %d rows: received shape %s".formatted(sequences.rows(), x.shape()));
    }
    int width = x.shape().width();
    Tensor out = Tensor.zeros(Shape.of(sequences.count(), width), x.dtype());
    long[] places = new long[sequences.count() * width];
    Arrays.fill(places, -1);
    Elements from = Elements.of(x);
    Elements to = Elements.of(out);
    for (int i = 0; i < places.length; i++) {
      int sequence = i / width;
      for (int row = sequences.start(sequence); row < sequences.start(sequence + 1); row++) {
        long place = (long) row * width + i % width;
        if (places[i] < 0 || from.get(place) > from.get(places[i])) {
          places[i] = place;
        }
      }
      if (places[i] >= 0) {
        to.set(i, from.get(places[i]));
      }
    }
    return record(
        out,
        g -> {
          Tensor gx = Tensor.zeros(x.shape(), x.dtype());
          for (int i = 0; i < places.length; i++) {
            if (places[i] >= 0) {
              Elements.of(gx).set(places[i], Elements.of(g).get(i));
            }
          }
          x.accumulate(gx);
        },
        x);
  }

  /// x as a matrix of rows.
  static Tensor flatten(Tensor x) {
    Shape shape = x.shape();
    return shape.rank() == 2 ? x : reshape(x, shape.rows(), shape.width());
  }

  static void fill(Tensor x, double value) {
    Elements to = Elements.of(x);
    for (long i = 0, n = x.elements(); i < n; i++) {
      to.set(i, value);
    }
  }

  static Tensor like(Tensor x) {
    return Tensor.empty(x.shape(), x.dtype());
  }

  static void accumulate(Tensor x, Tensor gradient) {
    if (x.requiresGradient()) {
      x.accumulate(gradient);
    }
  }

  /// The gradient of something repeated is the sum over its repetitions.
  private static void accumulateRepeated(Tensor b, Tensor g, double factor) {
    if (b.elements() == g.elements() && factor == 1) {
      b.accumulate(b.shape().equals(g.shape()) ? g : g.withShape(b.shape()));
      return;
    }
    int width = Math.toIntExact(b.elements());
    Tensor sums = Tensor.zeros(b.shape(), b.dtype());
    if (width > 0) {
      Tensor rows = g.withShape(Shape.of(Math.toIntExact(g.elements() / width), width));
      Kernels.active().addColumnSums(rows, sums);
    }
    if (factor != 1) {
      Kernels.active().scale(sums, factor, sums);
    }
    b.accumulate(sums);
  }

  private static void requireRepeats(String operation, Tensor a, Tensor b) {
    requireSameType(operation, a, b);
    int[] wide = a.shape().dimensions();
    int[] narrow = b.shape().dimensions();
    int from = wide.length - narrow.length;
    if (from < 0 || !Arrays.equals(Arrays.copyOfRange(wide, from, wide.length), narrow)) {
      throw new IllegalArgumentException(
          "%s needs a second shape that ends the first: received %s and %s"
              .formatted(operation, a.shape(), b.shape()));
    }
  }

  static void requireSameShape(String operation, Tensor a, Tensor b) {
    requireSameType(operation, a, b);
    if (!a.shape().equals(b.shape())) {
      throw new IllegalArgumentException(
          "%s needs equal shapes: received %s and %s".formatted(operation, a.shape(), b.shape()));
    }
  }

  static void requireSameType(String operation, Tensor a, Tensor b) {
    if (a.dtype() != b.dtype()) {
      throw new IllegalArgumentException(
          "%s needs equal types: received %s and %s".formatted(operation, a.dtype(), b.dtype()));
    }
  }

  static void requireMatrix(String operation, Tensor x) {
    if (x.shape().rank() != 2) {
      throw new IllegalArgumentException(
          "%s needs matrices: received shape %s".formatted(operation, x.shape()));
    }
  }
}
