package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.MatmulGrid.part;

import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Products with quantised matrices: activations are rounded to 8 bits, then every panel of weights
/// is read once for all rows, unpacked once for as many as a kernel takes.
final class QuantizedMatmul {
  private static final int GROUP = QuantizedLayout.GROUP;
  private static final int PANEL = QuantizedLayout.ROWS;
  private static final int RUN = QuantizedLayout.RUN / GROUP;

  /// Bytes of weights, times rows, that make a task worth a thread: some microseconds.
  private static final long LEAST_WORK = 64 << 10;

  /// The same of a task of which there are enough for all threads. Tasks of 48 KB read memory at
  /// two thirds of the speed.
  private static final long USUAL_WORK = 192 << 10;

  private final KernelCache kernels;
  private final int mostRows;

  QuantizedMatmul(KernelCache kernels) {
    this.kernels = kernels;
    this.mostRows = QuantizedCode.mostRows(kernels.level());
  }

  /// One product.
  private record Task(
      QuantizedLayout layout, int rows, int width, int outWidth, long x, long weight) {
    long tile(int row, int inTile) {
      return x
          + (long) row * (width / GROUP) * QuantizedCode.GROUP_BYTES
          + (long) inTile * QuantizedCode.GROUP_BYTES;
    }
  }

  /// out [N, O] = x [N, I] · weight [O, I]ᵀ + bias [O] + residual [N, O].
  void linear(
      Tensor x, Tensor weight, @Nullable Tensor bias, @Nullable Tensor residual, Tensor out) {
    QuantizedLayout layout = QuantizedLayout.of(weight.dtype());
    int rows = x.shape().rows();
    int width = weight.shape().width();
    int outWidth = weight.shape().dimension(0);
    long floats = (long) rows * (width / GROUP) * QuantizedCode.GROUP_BYTES / 4;
    try (Scratch scratch = Scratch.take(floats)) {
      Task task =
          new Task(layout, rows, width, outWidth, scratch.address(), weight.memory().address());
      quantize(task, x.memory().address());
      int panels = outWidth / PANEL;
      long work = layout.panelBytes(width) * rows;
      long share = work * panels / Parallel.threads();
      long each = Math.clamp(share, LEAST_WORK, USUAL_WORK) / Math.max(1, work);
      long biasAt = bias == null ? 0 : bias.memory().address();
      long residualAt = residual == null ? 0 : residual.memory().address();
      long outAt = out.memory().address();
      int tasks = (int) Math.ceilDiv(panels, Math.max(1, each));
      Parallel.run(
          tasks,
          index -> {
            int first = part(panels, tasks, index);
            int count = part(panels, tasks, index + 1) - first;
            try (Scratch own = Scratch.take(0)) {
              long column = 4L * first * PANEL;
              own.arguments()
                  .set(QuantizedCode.BIAS, biasAt == 0 ? 0 : biasAt + column)
                  .set(QuantizedCode.OUT_ROW, 4L * outWidth);
              multiply(
                  task, own.arguments(), first, count, outAt + column, residualAt, 4L * outWidth);
            }
          });
      if (panels * PANEL < outWidth) {
        last(task, panels, bias, residual, out);
      }
    }
    Rows.keep(x, weight, bias, residual, out);
  }

  private void quantize(Task task, long x) {
    boolean halves = task.layout.parts() && !task.layout.minimum();
    Kernel kernel =
        kernels.get(
            halves ? "quantize halves" : "quantize", level -> new QuantizeRowCode(halves).emit());
    int groups = task.width / GROUP;
    Rows.forRows(
        task.rows,
        2L * task.width,
        (from, end) -> {
          try (Scratch own = Scratch.take(0)) {
            Arguments arguments = own.arguments();
            for (long row = from; row < end; row++) {
              int first = (int) row / mostRows * mostRows;
              int inTile = (int) row - first;
              int tileRows = Math.min(mostRows, task.rows - first);
              arguments
                  .set(QuantizeRowCode.X, x + 4 * row * task.width)
                  .set(QuantizeRowCode.TO, task.tile(first, inTile))
                  .set(QuantizeRowCode.TO_GROUP, (long) tileRows * QuantizedCode.GROUP_BYTES)
                  .set(QuantizeRowCode.GROUPS, groups)
                  .set(QuantizeRowCode.RUN, task.layout.wholeRows() ? RUN : 1)
                  .set(QuantizeRowCode.MINUS_ZERO, (float) -task.layout.zero());
              kernel.call(arguments.address());
            }
          }
        });
  }

  /// The products of `count` panels with all rows, to `out`, whose rows are `outRow` bytes apart.
  private void multiply(
      Task task,
      Arguments arguments,
      int firstPanel,
      int count,
      long out,
      long residual,
      long outRow) {
    long panelBytes = task.layout.panelBytes(task.width);
    arguments.set(QuantizedCode.BLOCKS, task.width / task.layout.blockColumns());
    // One row reads its weights in one go; more rows meet each panel while it is in the cache.
    int turns = task.rows == 1 ? count : 1;
    for (int panel = 0; panel < count; panel += turns) {
      for (int row = 0; row < task.rows; row += mostRows) {
        int tileRows = Math.min(mostRows, task.rows - row);
        QuantizedCode code = new QuantizedCode(task.layout, tileRows);
        Kernel kernel = kernels.get(code, code::emit);
        long place = row * outRow + 4L * panel * PANEL;
        arguments
            .set(QuantizedCode.X, task.tile(row, 0))
            .set(QuantizedCode.W, task.weight + (firstPanel + panel) * panelBytes)
            .set(QuantizedCode.TURNS, turns)
            .set(QuantizedCode.OUT, out + place)
            .set(
                QuantizedCode.RESIDUAL,
                residual == 0 ? 0 : residual + place + 4L * firstPanel * PANEL);
        kernel.call(arguments.address());
      }
      long bias = arguments.get(QuantizedCode.BIAS);
      arguments.set(QuantizedCode.BIAS, bias == 0 ? 0 : bias + 4L * turns * PANEL);
    }
  }

  /// The last panel, which has fewer rows than 16: its products go by way of a panel of their own.
  private void last(
      Task task, int panel, @Nullable Tensor bias, @Nullable Tensor residual, Tensor out) {
    int first = panel * PANEL;
    int count = task.outWidth - first;
    try (Scratch whole = Scratch.take((long) task.rows * PANEL)) {
      whole.arguments().set(QuantizedCode.BIAS, 0).set(QuantizedCode.OUT_ROW, 4L * PANEL);
      multiply(task, whole.arguments(), panel, 1, whole.address(), 0, 4L * PANEL);
      MemorySegment from = whole.memory();
      MemorySegment to = out.memory();
      for (long row = 0; row < task.rows; row++) {
        for (int i = 0; i < count; i++) {
          long at = row * task.outWidth + first + i;
          float sum = from.getAtIndex(ValueLayout.JAVA_FLOAT, row * PANEL + i);
          sum += bias == null ? 0 : bias.memory().getAtIndex(ValueLayout.JAVA_FLOAT, first + i);
          sum += residual == null ? 0 : residual.memory().getAtIndex(ValueLayout.JAVA_FLOAT, at);
          to.setAtIndex(ValueLayout.JAVA_FLOAT, at, sum);
        }
      }
    }
  }
}
