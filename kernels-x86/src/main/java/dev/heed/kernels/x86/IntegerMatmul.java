package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.IntegerCode.*;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.Tensor;

/// Products with matrices of [DType#I8]. All rows are rounded to 8 bits; then a task multiplies
/// some of them with weights that its second-level cache holds, and activates what it made while
/// that is there too.
final class IntegerMatmul {
  private static final QuantizedLayout LAYOUT = QuantizedLayout.of(DType.I8);
  private static final int PANEL = QuantizedLayout.ROWS;

  /// Groups of 32 columns that share a scale.
  private static final int GROUPS_OF_RUN = QuantizedLayout.RUN / QuantizedLayout.GROUP;

  /// Bytes of a task's weights, and of its product: a quarter of a usual second-level cache each.
  private static final int TASK_BYTES = 1 << 18;

  /// What keeps any number of cores at work.
  private static final int MANY_TASKS = 8;

  /// Multiplications that make a task worth a thread.
  private static final long TASK_WORK = 1 << 19;

  private final KernelCache kernels;

  IntegerMatmul(KernelCache kernels) {
    this.kernels = kernels;
  }

  /// Whether this processor has the units.
  boolean isPossible() {
    return kernels.level().compareTo(Level.VNNI) >= 0;
  }

  /// One product: x [N, I] · weight [O, I]ᵀ.
  ///
  /// @param codes where the rounded rows are, in tiles of as many as a kernel takes
  /// @param bias the address of what is added to all rows, 0 for none
  /// @param residual the address of what is added to the product, 0 for none
  private record Rounded(
      int rows,
      int width,
      int outWidth,
      long x,
      long codes,
      long weight,
      long bias,
      long residual,
      long out) {
    int groups() {
      return width / QuantizedLayout.GROUP;
    }

    int runs() {
      return Math.ceilDiv(groups(), GROUPS_OF_RUN);
    }

    /// Where the codes of the tile begin whose first row this is.
    long codes(int row) {
      return codes + (long) row * width;
    }

    /// Where its scales begin.
    long scales(int row) {
      return codes(rows) + (long) row * runs() * RUN_BYTES;
    }

    int panels() {
      return Math.ceilDiv(outWidth, PANEL);
    }

    /// The bytes of codes and scales.
    static long bytes(int rows, int width) {
      return (long) rows * (width + Math.ceilDiv(width, QuantizedLayout.RUN) * RUN_BYTES);
    }
  }

  /// out [N, O] = what the epilogue makes of x [N, I] · weight [O, I]ᵀ.
  void linear(Tensor x, Tensor weight, Epilogue epilogue, Tensor out) {
    int rows = x.shape().rows();
    if (rows == 0) {
      return;
    }
    int width = weight.shape().width();
    int outWidth = weight.shape().dimension(0);
    // Without an activation the products' kernel does all of it.
    Epilogue rest = epilogue.isLinear() ? Product.NOTHING : epilogue;
    try (Scratch scratch = Scratch.take(Rounded.bytes(rows, width) / 4)) {
      Rounded product =
          new Rounded(
              rows,
              width,
              outWidth,
              x.memory().address(),
              scratch.address(),
              weight.memory().address(),
              epilogue.isLinear() ? epilogue.bias() : 0,
              epilogue.isLinear() ? epilogue.residual() : 0,
              out.memory().address());
      Kernel kernel = kernels.get("quantize runs", IntegerCode::quantize);
      Rows.forRows(rows, width, (first, end) -> quantize(product, kernel, (int) first, (int) end));
      multiply(product, rest);
    }
    Rows.keep(x, weight, out);
  }

  private void multiply(Rounded product, Epilogue epilogue) {
    int pairs = Math.ceilDiv(product.panels(), MOST_PANELS);
    int columnTasks =
        Math.min(pairs, (int) Math.ceilDiv((long) product.width * product.outWidth, TASK_BYTES));
    int columns = Math.ceilDiv(pairs, Math.max(1, columnTasks)) * MOST_PANELS * PANEL;
    int most = Math.max(1, TASK_BYTES / 4 / columns / MOST_ROWS) * MOST_ROWS;
    int rowTasks = Math.ceilDiv(product.rows, most);
    // Few rows are cut by columns once more.
    long workOfPair = (long) Math.min(product.rows, most) * product.width * MOST_PANELS * PANEL;
    long parts = Math.max(columnTasks, Math.ceilDiv(MANY_TASKS, rowTasks));
    int pairsOfTask =
        (int) Math.max(Math.ceilDiv(pairs, parts), Math.ceilDiv(TASK_WORK, workOfPair));
    int tasksOfRow = Math.ceilDiv(pairs, pairsOfTask);
    Parallel.run(
        rowTasks * tasksOfRow,
        task -> {
          int first = task / tasksOfRow * most;
          int panel = task % tasksOfRow * pairsOfTask * MOST_PANELS;
          multiply(
              product,
              epilogue,
              first,
              Math.min(product.rows, first + most),
              panel,
              Math.min(product.panels(), panel + pairsOfTask * MOST_PANELS));
        });
  }

  /// Rows `first` … `last` − 1 of the product, panels `panel` … `end` − 1.
  private void multiply(
      Rounded product, Epilogue epilogue, int first, int last, int panel, int end) {
    try (Scratch scratch = Scratch.take(0)) {
      Arguments arguments = scratch.arguments();
      long panelBytes = LAYOUT.panelBytes(product.width);
      arguments
          .set(GROUPS, product.groups())
          .set(RUN, GROUPS_OF_RUN)
          .set(W_PANEL, panelBytes)
          .set(OUT_ROW, 4L * product.outWidth)
          .set(LANES, product.outWidth % PANEL);
      for (int p = panel; p < end; p += MOST_PANELS) {
        int count = Math.min(MOST_PANELS, end - p);
        boolean whole = (p + count) * PANEL <= product.outWidth;
        long column = 4L * p * PANEL;
        arguments
            .set(W, product.weight + p * panelBytes)
            .set(BIAS, product.bias == 0 ? 0 : product.bias + column);
        for (int row = first; row < last; row += MOST_ROWS) {
          IntegerCode code = new IntegerCode(Math.min(MOST_ROWS, last - row), count, whole);
          Kernel kernel = kernels.get(code, code::emit);
          long place = 4L * row * product.outWidth + column;
          arguments
              .set(X, product.codes(row))
              .set(SCALES, product.scales(row))
              .set(OUT, product.out + place)
              .set(RESIDUAL, product.residual == 0 ? 0 : product.residual + place);
          kernel.call(arguments.address());
        }
      }
      if (!epilogue.isEmpty()) {
        epilogue.apply(
            epilogue.kernel(kernels),
            arguments,
            product.out,
            first,
            panel * PANEL,
            last - first,
            Math.min(end * PANEL, product.outWidth) - panel * PANEL,
            product.outWidth);
      }
    }
  }

  /// Rounds rows `first` … `end` − 1.
  private static void quantize(Rounded product, Kernel kernel, int first, int end) {
    try (Scratch scratch = Scratch.take(0)) {
      Arguments arguments = scratch.arguments();
      arguments
          .set(GROUPS, product.groups())
          .set(RUN, GROUPS_OF_RUN)
          .set(MINUS_ZERO, (float) -LAYOUT.zero());
      for (int row = first; row < end; row++) {
        int tile = row / MOST_ROWS * MOST_ROWS;
        int tileRows = Math.min(MOST_ROWS, product.rows - tile);
        int inTile = row - tile;
        arguments
            .set(FROM, product.x + 4L * row * product.width)
            .set(X, product.codes(tile) + (long) inTile * GROUP_BYTES)
            .set(X_GROUP, (long) tileRows * GROUP_BYTES)
            .set(SCALES, product.scales(tile) + (long) inTile * RUN_BYTES)
            .set(SCALES_RUN, (long) tileRows * RUN_BYTES);
        kernel.call(arguments.address());
      }
    }
  }
}
