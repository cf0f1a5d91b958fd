package dev.heed.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Products with quantised matrices: activations become 8-bit integers with a scale for each group
/// of 32, or for each run of 128, the products of integers are exact, everything else is rounded
/// once.
///
/// Source: the idea is ggml's. Differs: ggml takes groups of 256 with the K formats.
final class ReferenceQuantized {
  private static final int GROUP = QuantizedLayout.GROUP;
  private static final int ROWS = QuantizedLayout.ROWS;

  private ReferenceQuantized() {}

  /// One row of activations: value ≈ scale · code.
  private record Activations(byte[] codes, float[] scales) {}

  /// The largest magnitude of so many columns becomes 127; halves round to even.
  private static Activations quantize(Elements x, long first, int width, int columns) {
    byte[] codes = new byte[width];
    float[] scales = new float[width / GROUP];
    for (int g = 0; g < scales.length; g++) {
      int from = g * GROUP / columns * columns;
      float largest = largest(x, first + from, Math.min(columns, width - from));
      scales[g] = largest / 127;
      float inverse = largest == 0 ? 0 : 127 / largest;
      for (int i = 0; i < GROUP; i++) {
        float scaled = (float) x.get(first + g * GROUP + i) * inverse;
        codes[g * GROUP + i] = (byte) Math.rint(scaled);
      }
    }
    return new Activations(codes, scales);
  }

  private static float largest(Elements x, long first, int count) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs((float) x.get(first + i)));
    }
    return largest;
  }

  static void linear(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual,
      @Nullable Tensor beforeActivation,
      Tensor out) {
    QuantizedLayout layout = QuantizedLayout.of(weight.dtype());
    int width = weight.shape().width();
    int outWidth = weight.shape().dimension(0);
    int rows = x.shape().rows();
    Elements from = Elements.of(x);
    Activations[] activations = new Activations[rows];
    int together = layout.wholeRows() ? QuantizedLayout.RUN : GROUP;
    Parallel.run(
        rows, row -> activations[row] = quantize(from, (long) row * width, width, together));
    Elements b = bias == null ? null : Elements.of(bias);
    Elements skipped = residual == null ? null : Elements.of(residual);
    Elements before = beforeActivation == null ? null : Elements.of(beforeActivation);
    Elements to = Elements.of(out);
    MemorySegment memory = weight.memory();
    Parallel.run(
        (outWidth + ROWS - 1) / ROWS,
        panel -> {
          Panel codes = new Panel(layout, memory, (long) panel * ROWS, width);
          for (int row = 0; row < rows; row++) {
            for (int lane = 0; lane < Math.min(ROWS, outWidth - panel * ROWS); lane++) {
              int o = panel * ROWS + lane;
              double sum = codes.product(lane, activations[row]) + (b == null ? 0 : b.get(o));
              long index = (long) row * outWidth + o;
              if (before != null) {
                before.set(index, sum);
              }
              double value = ReferenceActivations.value(activation, sum);
              to.set(index, skipped == null ? value : value + skipped.get(index));
            }
          }
        });
  }

  /// The rows of a panel with their codes apart.
  private static final class Panel {
    private final byte[][] codes; // minus the zero, so that they fit
    private final double[][] scales; // one for 16 columns
    private final double[][] minima; // one a group

    Panel(QuantizedLayout layout, MemorySegment memory, long firstRow, int width) {
      codes = new byte[ROWS][width];
      scales = new double[ROWS][width / 16];
      minima = new double[ROWS][width / GROUP];
      for (int column = 0; column < width; column += GROUP) {
        long block = layout.block(width, firstRow, column);
        int inBlock = column % layout.blockColumns() / GROUP;
        long group = block + layout.headerBytes() + (long) inBlock * layout.groupBytes();
        for (int row = 0; row < ROWS; row++) {
          minima[row][column / GROUP] = layout.minimum(memory, block, group, row);
          for (int half = 0; half < 2; half++) {
            scales[row][column / 16 + half] = layout.scale(memory, block, group, row, 16 * half);
          }
          for (int i = 0; i < GROUP; i++) {
            codes[row][column + i] =
                (byte) (layout.code(memory, group + layout.partBytes(), row, i) - layout.zero());
          }
        }
      }
    }

    double product(int row, Activations x) {
      byte[] mine = codes[row];
      double sum = 0;
      for (int g = 0; g < x.scales.length; g++) {
        double inGroup = 0;
        int all = 0;
        for (int half = 0; half < 2; half++) {
          int products = 0;
          for (int i = g * GROUP + 16 * half; i < g * GROUP + 16 * half + 16; i++) {
            products += mine[i] * x.codes[i];
            all += x.codes[i];
          }
          inGroup += scales[row][2 * g + half] * products;
        }
        sum += x.scales[g] * (inGroup + minima[row][g] * all);
      }
      return sum;
    }
  }

  /// Like [Kernels#gather] for a quantised table.
  static void gather(Tensor table, Tensor ids, double factor, Tensor out) {
    QuantizedLayout layout = QuantizedLayout.of(table.dtype());
    int width = table.shape().width();
    MemorySegment memory = table.memory();
    MemorySegment names = ids.memory();
    MemorySegment to = out.memory(); // F32
    Parallel.run(
        Math.toIntExact(ids.elements()),
        row -> {
          float[] values = new float[width];
          layout.decode(memory, width, names.getAtIndex(ValueLayout.JAVA_INT, row), factor, values);
          MemorySegment.copy(
              values, 0, to, ValueLayout.JAVA_FLOAT, (long) row * width * Float.BYTES, width);
        });
  }
}
