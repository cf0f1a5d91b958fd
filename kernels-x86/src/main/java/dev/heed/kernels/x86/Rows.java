package dev.heed.kernels.x86;

import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.lang.ref.Reference;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Cuts work over rows into tasks by its size, and adds up over rows in a fixed order.
final class Rows {
  /// Elements that make a task worth a thread.
  private static final long WORK = 1 << 15;

  /// Elements that are added up in single precision before their sum goes on in double.
  private static final long CHUNK = 1 << 13;

  private static final MapCode ADD_UP = new MapCode("addUp", 2, 1, 0);

  private final KernelCache kernels;

  Rows(KernelCache kernels) {
    this.kernels = kernels;
  }

  /// Rows `first` … `end` − 1 of a task.
  interface Range {
    void run(long first, long end);
  }

  /// Keeps tensors, whose memory the collector would free, until the kernels are done with it.
  @SuppressWarnings("ReachabilityFenceUsage") // if a task throws, no kernel runs any more
  static void keep(@Nullable Tensor... tensors) {
    for (Tensor tensor : tensors) {
      Reference.reachabilityFence(tensor);
    }
  }

  /// Runs `body` over ranges of rows of about equal work.
  static void forRows(long rows, long workPerRow, Range body) {
    long rowsPerTask = Math.max(1, WORK / Math.max(1, workPerRow));
    int tasks = Math.toIntExact((rows + rowsPerTask - 1) / rowsPerTask);
    Parallel.run(
        tasks, task -> body.run(task * rowsPerTask, Math.min(rows, (task + 1) * rowsPerTask)));
  }

  /// Calls `kernel` with an argument block that `fill` filled.
  static void call(Kernel kernel, Consumer<Arguments> fill) {
    try (Scratch scratch = Scratch.take(0)) {
      fill.accept(scratch.arguments());
      kernel.call(scratch.arguments().address());
    }
  }

  /// Whether `repeated` fits a whole number of times into `tensor`.
  boolean canRepeat(Tensor repeated, Tensor tensor) {
    long period = repeated.elements();
    return period > 0 && tensor.elements() % period == 0;
  }

  /// Runs a kernel of two inputs and one output over a, b and out, b repeated for each row of a.
  void mapRepeated(
      MapCode code, MapCode.Body body, float[] scalars, Tensor a, Tensor b, Tensor out) {
    Kernel kernel = kernels.get(code, level -> code.emit(level, body));
    long width = b.elements();
    long from = a.memory().address();
    long repeated = b.memory().address();
    long to = out.memory().address();
    forRows(
        a.elements() / width,
        width,
        (first, end) ->
            call(
                kernel,
                arguments -> {
                  arguments
                      .set(MapCode.ROWS, end - first)
                      .set(MapCode.COLUMNS, width)
                      .set(MapCode.ARRAY, from + 4 * first * width)
                      .set(MapCode.ARRAY + 1, 4 * width)
                      .set(MapCode.ARRAY + 2, repeated)
                      .set(MapCode.ARRAY + 3, 0)
                      .set(MapCode.ARRAY + 4, to + 4 * first * width)
                      .set(MapCode.ARRAY + 5, 4 * width);
                  for (int i = 0; i < scalars.length; i++) {
                    arguments.set(MapCode.SCALAR + i, scalars[i]);
                  }
                }));
    keep(a, b, out);
  }

  // ---- sums over rows ----

  /// `sums` += the sum of the rows at `x`: of ranges of rows first, then of the ranges.
  void addColumnSums(long x, long rows, long columns, long sums) {
    if (rows == 0 || columns == 0) {
      return;
    }
    Partial partial = new Partial(rows, columns, columns);
    try (Scratch scratch = partial.take()) {
      partial.run(
          scratch, (first, end, to) -> addRows(x + 4 * first * columns, end - first, columns, to));
      addRows(scratch.address(), partial.tasks, columns, sums);
    }
  }

  /// `to` += each of the rows at `x`, one after the other.
  private void addRows(long x, long rows, long columns, long to) {
    Kernel kernel =
        kernels.get(
            ADD_UP,
            level ->
                ADD_UP.emit(
                    level,
                    (code, in, s) -> {
                      code.add(in[1], in[1], in[0]);
                      return List.of(in[1]);
                    }));
    call(
        kernel,
        arguments ->
            arguments
                .set(MapCode.ROWS, rows)
                .set(MapCode.COLUMNS, columns)
                .set(MapCode.ARRAY, x)
                .set(MapCode.ARRAY + 1, 4 * columns)
                .set(MapCode.ARRAY + 2, to)
                .set(MapCode.ARRAY + 3, 0)
                .set(MapCode.ARRAY + 4, to)
                .set(MapCode.ARRAY + 5, 0));
  }

  /// Sums of ranges of rows, each in a row of its own of scratch memory.
  private static final class Partial {
    final long rows;
    final long rowsPerTask;
    final long width;
    final int tasks;

    Partial(long rows, long columns, long width) {
      this.rows = rows;
      this.width = width;
      // At least 32 rows, so that adding up the ranges stays a small part of the work.
      this.rowsPerTask = Math.max(32, WORK / columns);
      this.tasks = Math.toIntExact((rows + rowsPerTask - 1) / rowsPerTask);
    }

    interface Body {
      void run(long first, long end, long to);
    }

    Scratch take() {
      return Scratch.take(tasks * width);
    }

    void run(Scratch scratch, Body body) {
      Parallel.run(
          tasks,
          task -> {
            scratch.memory().asSlice(4L * task * width, 4 * width).fill((byte) 0);
            long first = task * rowsPerTask;
            body.run(
                first, Math.min(rows, first + rowsPerTask), scratch.address() + 4L * task * width);
          });
    }
  }

  /// The sum of `n` floats, or of their squares.
  double sum(long x, long n, boolean squares) {
    int chunks = Math.toIntExact((n + CHUNK - 1) / CHUNK);
    Kernel kernel =
        squares
            ? kernels.get("sumOfSquares", level -> SumCode.emit(level, true))
            : kernels.get("sum", level -> SumCode.emit(level, false));
    double[] sums = new double[chunks];
    int chunksPerTask = 4;
    Parallel.run(
        (chunks + chunksPerTask - 1) / chunksPerTask,
        task -> {
          try (Scratch scratch = Scratch.take(0)) {
            Arguments arguments = scratch.arguments();
            int end = Math.min(chunks, (task + 1) * chunksPerTask);
            for (int chunk = task * chunksPerTask; chunk < end; chunk++) {
              arguments
                  .set(SumCode.COUNT, Math.min(CHUNK, n - chunk * CHUNK))
                  .set(SumCode.X, x + 4L * chunk * CHUNK);
              kernel.call(arguments.address());
              sums[chunk] = arguments.getFloat(SumCode.SUM);
            }
          }
        });
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }

  // ---- norms ----

  void norm(
      Tensor x,
      Tensor gain,
      @Nullable Tensor bias,
      double epsilon,
      Tensor out,
      @Nullable Tensor mean,
      Tensor rstd) {
    NormCode code = new NormCode(mean != null, bias != null);
    Kernel kernel = kernels.get(code, code::emitForward);
    int width = x.shape().width();
    long from = x.memory().address();
    long gains = gain.memory().address();
    long biases = bias == null ? 0 : bias.memory().address();
    long to = out.memory().address();
    long means = mean == null ? 0 : mean.memory().address();
    long rstds = rstd.memory().address();
    forRows(
        x.shape().rows(),
        2L * width,
        (first, end) ->
            call(
                kernel,
                arguments ->
                    arguments
                        .set(NormCode.ROWS, end - first)
                        .set(NormCode.COLUMNS, width)
                        .set(NormCode.X, from + 4 * first * width)
                        .set(NormCode.GAIN, gains)
                        .set(NormCode.BIAS, biases)
                        .set(NormCode.OUT, to + 4 * first * width)
                        .set(NormCode.MEAN, means + 4 * first)
                        .set(NormCode.RSTD, rstds + 4 * first)
                        .set(NormCode.EPSILON, (float) epsilon)
                        .set(NormCode.SHARE, (float) (1.0 / width))));
    keep(x, gain, bias, out, mean, rstd);
  }

  void normBackward(
      Tensor x,
      Tensor gain,
      @Nullable Tensor mean,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient,
      @Nullable Tensor biasGradient) {
    int width = x.shape().width();
    int count = x.shape().rows();
    if (count == 0 || width == 0) {
      return;
    }
    NormCode code = new NormCode(mean != null, false);
    Kernel kernel = kernels.get("backward " + code, code::emitBackward);
    long from = x.memory().address();
    long gains = gain.memory().address();
    long means = mean == null ? 0 : mean.memory().address();
    long rstds = rstd.memory().address();
    long dOut = outGradient.memory().address();
    long dx = xGradient.memory().address();
    Partial partial = new Partial(count, width, 2L * width);
    try (Scratch scratch = partial.take()) {
      partial.run(
          scratch,
          (first, end, to) ->
              call(
                  kernel,
                  arguments ->
                      arguments
                          .set(NormCode.ROWS, end - first)
                          .set(NormCode.COLUMNS, width)
                          .set(NormCode.X, from + 4 * first * width)
                          .set(NormCode.GAIN, gains)
                          .set(NormCode.OUT, dx + 4 * first * width)
                          .set(NormCode.MEAN, means + 4 * first)
                          .set(NormCode.RSTD, rstds + 4 * first)
                          .set(NormCode.OUT_GRADIENT, dOut + 4 * first * width)
                          .set(NormCode.GAIN_GRADIENT, to)
                          .set(NormCode.BIAS_GRADIENT, to + 4L * width)
                          .set(NormCode.SHARE, (float) (1.0 / width))));
      for (int task = 0; task < partial.tasks; task++) {
        long row = scratch.address() + 8L * task * width;
        if (gainGradient != null) {
          addRows(row, 1, width, gainGradient.memory().address());
        }
        if (biasGradient != null) {
          addRows(row + 4L * width, 1, width, biasGradient.memory().address());
        }
      }
    }
    keep(x, gain, mean, rstd, outGradient, xGradient, gainGradient, biasGradient);
  }
}
