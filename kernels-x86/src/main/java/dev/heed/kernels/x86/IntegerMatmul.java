package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.IntegerCode.*;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.Tensor;

/// Products with matrices of [DType#I8]. All rows are rounded to 8 bits; then a task multiplies
/// some of them with weights that its second-level cache holds, and activates what it made while
/// that is there too.
///
/// With AMX, tiles multiply what has enough rows, VNNI the rest; the bits are the same.
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
  private final boolean tiles;

  IntegerMatmul(KernelCache kernels) {
    this.kernels = kernels;
    this.tiles = kernels.level() == Level.AMX;
  }

  /// Whether this processor has the units.
  boolean isPossible() {
    return kernels.level().compareTo(Level.VNNI) >= 0;
  }

  /// One product: x [N, I] · weight [O, I]ᵀ.
  ///
  /// @param together as many rows as a kernel takes
  /// @param codes where the rounded rows are, in lots of so many
  /// @param bias the address of what is added to all rows, 0 for none
  /// @param residual the address of what is added to the product, 0 for none
  private record Rounded(
      int rows,
      int together,
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

    /// Where the codes of the lot begin whose first row this is.
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

    boolean byTiles() {
      return together == IntegerTileCode.MOST_ROWS;
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
              tiles && rows >= IntegerTileCode.MOST_ROWS ? IntegerTileCode.MOST_ROWS : MOST_ROWS,
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
    int most = Math.max(1, TASK_BYTES / 4 / columns / product.together) * product.together;
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
    long sums = product.byTiles() ? (long) product.runs() * IntegerTileCode.SUMS_RUN : 0;
    try (Scratch scratch = Scratch.take(sums / 4)) {
      Arguments arguments = scratch.arguments();
      long panelBytes = LAYOUT.panelBytes(product.width);
      arguments
          .set(GROUPS, product.groups())
          .set(RUN, GROUPS_OF_RUN)
          .set(W_PANEL, panelBytes)
          .set(OUT_ROW, 4L * product.outWidth)
          .set(LANES, product.outWidth % PANEL)
          .set(IntegerTileCode.SUMS, scratch.address())
          .set(IntegerSumsCode.RUNS, product.runs());
      for (int p = panel; p < end; p += MOST_PANELS) {
        int count = Math.min(MOST_PANELS, end - p);
        boolean whole = (p + count) * PANEL <= product.outWidth;
        long column = 4L * p * PANEL;
        arguments
            .set(W, product.weight + p * panelBytes)
            .set(BIAS, product.bias == 0 ? 0 : product.bias + column);
        for (int row = first; row < last; row += product.together) {
          int rows = Math.min(product.together, last - row);
          long place = 4L * row * product.outWidth + column;
          arguments
              .set(X, product.codes(row))
              .set(SCALES, product.scales(row))
              .set(OUT, product.out + place)
              .set(RESIDUAL, product.residual == 0 ? 0 : product.residual + place);
          if (product.byTiles()) {
            byTiles(arguments, rows, count, whole);
          } else {
            IntegerCode code = new IntegerCode(rows, count, whole);
            kernels.get(code, code::emit).call(arguments.address());
          }
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

  private void byTiles(Arguments arguments, int rows, int panels, boolean whole) {
    arguments
        .set(IntegerTileCode.ROWS, rows)
        .set(IntegerTileCode.X_GROUP, (long) rows * GROUP_BYTES)
        .set(IntegerSumsCode.SCALES_RUN, (long) rows * RUN_BYTES);
    TileConfiguration.set(
        arguments, IntegerTileCode.CONFIGURATION, rows, panels * PANEL, GROUP_BYTES);
    IntegerTileCode products = new IntegerTileCode(rows > 16, panels == 2);
    kernels.get(products, products::emit).call(arguments.address());
    IntegerSumsCode sums = new IntegerSumsCode(panels, whole);
    kernels.get(sums, sums::emit).call(arguments.address());
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
        int lot = row / product.together * product.together;
        int lotRows = Math.min(product.together, product.rows - lot);
        int inLot = row - lot;
        arguments
            .set(FROM, product.x + 4L * row * product.width)
            .set(X, product.codes(lot) + (long) inLot * GROUP_BYTES)
            .set(X_GROUP, (long) lotRows * GROUP_BYTES)
            .set(SCALES, product.scales(lot) + (long) inLot * RUN_BYTES)
            .set(SCALES_RUN, (long) lotRows * RUN_BYTES);
        kernel.call(arguments.address());
      }
    }
  }
}
