package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.MatmulGrid.part;

import dev.heed.kernels.x86.Product.Matrix;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;

/// Products of few rows with a transposed B, which is read where it lies: dot products of rows of A
/// with rows of B, by [DotCode].
///
/// B may be bfloat16. Under [Precision#BF16] the rows of A are rounded to it then, too, if the
/// processor multiplies pairs of them.
final class ThinMatmul {
  private static final int TASKS_PER_THREAD = 2;

  /// Multiply-adds, and bytes of B, that are worth a task of their own: ten microseconds or so.
  private static final long WORK_PER_TASK = 1 << 20;

  private static final long BYTES_PER_TASK = 256 << 10;

  /// Bytes of B that all rows of A meet while the second-level cache holds them.
  private static final int BYTES_AT_ONCE = 128 << 10;

  /// Rows of B that are taken at once.
  private static final int COLUMNS = 4;

  /// Rows of A for which B is taken one row after the other: memory gives it faster so, a cache
  /// slower.
  private static final int FEW_ROWS = 2;

  private final KernelCache kernels;
  private final int rowsAtOnce;

  ThinMatmul(KernelCache kernels) {
    this.kernels = kernels;
    this.rowsAtOnce = kernels.level().isWide() ? 4 : 2;
  }

  /// As [Matmul#multiply].
  void multiply(Product whole) {
    int m = whole.m();
    int n = whole.n();
    int k = whole.k();
    Matrix a = whole.a();
    Matrix b = whole.b();
    boolean pairs =
        b.halves()
            && k % 2 == 0
            && Precision.current() == Precision.BF16
            && kernels.level().compareTo(Level.AVX512BF16) >= 0;
    long row = Math.ceilDiv(k, 32) * 64L;
    try (Scratch rounded = Scratch.take(pairs ? m * row / 4 : 0)) {
      DotCode.Kind unrounded = b.halves() ? DotCode.Kind.HALVES : DotCode.Kind.FLOATS;
      Dots dots =
          pairs
              ? new Dots(whole, k / 2, rounded.address(), row, DotCode.Kind.PAIRS)
              : new Dots(whole, k, a.address(), 4 * a.stride(), unrounded);
      if (pairs) {
        HalvesCode.round(
            kernels,
            rounded.arguments(),
            a.address(),
            4 * a.stride(),
            m,
            k,
            rounded.address(),
            row);
      }
      int threads = Parallel.threads();
      long most = threads == 1 ? 1 : (long) TASKS_PER_THREAD * threads;
      int lots = Math.ceilDiv(n, 4 * COLUMNS);
      long worth =
          Math.max((long) m * n * k / WORK_PER_TASK, n * b.bytes(b.stride()) / BYTES_PER_TASK);
      int tasks = (int) Math.clamp(worth, 1, Math.min(most, lots));
      Parallel.run(
          tasks,
          task -> {
            int from = part(lots, tasks, task) * 4 * COLUMNS;
            int end = Math.min(n, part(lots, tasks, task + 1) * 4 * COLUMNS);
            dots.columns(this, from, end);
          });
    }
  }

  /// @param k elements of a row as the kernel takes them: floats, halves or pairs
  /// @param aRow bytes between rows of A
  private record Dots(Product product, int k, long a, long aRow, DotCode.Kind kind) {
    /// Columns `from` … `end` − 1 of all rows.
    void columns(ThinMatmul thin, int from, int end) {
      int m = product.m();
      Matrix b = product.b();
      Epilogue epilogue = product.epilogue();
      long bRow = b.bytes(b.stride());
      int lot = (int) Math.clamp(BYTES_AT_ONCE / Math.max(1, bRow), COLUMNS, 1 << 16);
      lot = lot / COLUMNS * COLUMNS;
      try (Scratch scratch = Scratch.take(0)) {
        Arguments arguments = scratch.arguments();
        arguments
            .set(DotCode.A_ROW, aRow)
            .set(DotCode.B_ROW, bRow)
            .set(DotCode.K, k)
            .set(DotCode.C_ROW, 4 * product.stride())
            .set(DotCode.ACCUMULATE, product.accumulate() ? 1 : 0);
        for (int column = from; column < end; column += lot) {
          int count = Math.min(lot, end - column);
          int atOnce = m <= FEW_ROWS ? 1 : COLUMNS;
          int turns = count / atOnce;
          int rest = count % atOnce;
          for (int row = 0; row < m; row += thin.rowsAtOnce) {
            int rows = Math.min(thin.rowsAtOnce, m - row);
            dots(thin.kernels, arguments, row, rows, column, atOnce, turns);
            dots(thin.kernels, arguments, row, rows, column + turns * atOnce, 1, rest);
          }
        }
        if (!epilogue.isEmpty()) {
          Kernel kernel = epilogue.kernel(thin.kernels);
          epilogue.apply(kernel, arguments, product.c(), 0, from, m, end - from, product.n());
        }
      }
    }

    private void dots(
        KernelCache kernels,
        Arguments arguments,
        int row,
        int rows,
        int column,
        int columns,
        int turns) {
      if (turns > 0) {
        DotCode code = new DotCode(rows, columns, kind);
        Matrix b = product.b();
        arguments
            .set(DotCode.A, a + row * aRow)
            .set(DotCode.B, b.address() + b.bytes(column * b.stride()))
            .set(DotCode.C, product.c() + 4 * (row * product.stride() + column))
            .set(DotCode.TURNS, turns);
        kernels.get(code, code::emit).call(arguments.address());
      }
    }
  }
}
