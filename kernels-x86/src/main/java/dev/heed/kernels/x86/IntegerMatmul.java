package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.IntegerCode.*;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.Tensor;

/// Products with matrices of [DType#I8]. A task rounds some rows to 8 bits, multiplies them with
/// panels of weights, and activates what it made while that is in the cache.
final class IntegerMatmul {
  private static final QuantizedLayout LAYOUT = QuantizedLayout.of(DType.I8);
  private static final int PANEL = QuantizedLayout.ROWS;

  /// Groups of 32 columns that share a scale.
  private static final int GROUPS_OF_RUN = QuantizedLayout.RUN / QuantizedLayout.GROUP;

  /// Floats of a task's product: half of a second-level cache.
  private static final int TASK_FLOATS = 1 << 17;

  /// What keeps any number of cores at work; products with fewer rows are cut by columns too.
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
  /// @param bias the address of what is added to all rows, 0 for none
  /// @param residual the address of what is added to the product, 0 for none
  private record Product(
      int rows, int width, int outWidth, long x, long weight, long bias, long residual, long out) {
    int groups() {
      return width / QuantizedLayout.GROUP;
    }

    int runs() {
      return Math.ceilDiv(groups(), GROUPS_OF_RUN);
    }

    /// The bytes of `rows` rows of codes.
    long codes(int rows) {
      return (long) rows * width;
    }
  }

  /// out [N, O] = what the epilogue makes of x [N, I] · weight [O, I]ᵀ.
  void linear(Tensor x, Tensor weight, Epilogue epilogue, Tensor out) {
    int rows = x.shape().rows();
    int outWidth = weight.shape().dimension(0);
    // Without an activation the products' kernel does all of it.
    Epilogue rest = epilogue.isLinear() ? Matmul.NOTHING : epilogue;
    Product product =
        new Product(
            rows,
            weight.shape().width(),
            outWidth,
            x.memory().address(),
            weight.memory().address(),
            epilogue.isLinear() ? epilogue.bias() : 0,
            epilogue.isLinear() ? epilogue.residual() : 0,
            out.memory().address());
    int tileRows = Math.max(MOST_ROWS, TASK_FLOATS / outWidth / MOST_ROWS * MOST_ROWS);
    int rowTasks = Math.ceilDiv(rows, tileRows);
    int panels = Math.ceilDiv(outWidth, PANEL);
    int pairs = Math.ceilDiv(panels, MOST_PANELS);
    long workOfPair = (long) Math.min(rows, tileRows) * product.width * MOST_PANELS * PANEL;
    int parts = Math.ceilDiv(MANY_TASKS, rowTasks);
    int pairsOfTask =
        (int) Math.max(Math.ceilDiv(pairs, parts), Math.ceilDiv(TASK_WORK, workOfPair));
    int columnTasks = Math.ceilDiv(pairs, pairsOfTask);
    Parallel.run(
        rowTasks * columnTasks,
        task -> {
          int first = task / columnTasks * tileRows;
          int panel = task % columnTasks * pairsOfTask * MOST_PANELS;
          compute(
              product,
              rest,
              first,
              Math.min(tileRows, rows - first),
              panel,
              Math.min(panels, panel + pairsOfTask * MOST_PANELS));
        });
    Rows.keep(x, weight, out);
  }

  /// Rows `first` and on of the product, panels `panel` … `end` − 1.
  private void compute(
      Product product, Epilogue epilogue, int first, int rows, int panel, int end) {
    long codes = product.codes(rows);
    long scales = (long) rows * product.runs() * RUN_BYTES;
    try (Scratch scratch = Scratch.take((codes + scales) / 4)) {
      Arguments arguments = scratch.arguments();
      long x = scratch.address();
      quantize(product, arguments, first, rows, x, x + codes);
      long panelBytes = LAYOUT.panelBytes(product.width);
      arguments.set(W_PANEL, panelBytes).set(OUT_ROW, 4L * product.outWidth);
      arguments.set(LANES, product.outWidth % PANEL);
      for (int p = panel; p < end; p += MOST_PANELS) {
        int count = Math.min(MOST_PANELS, end - p);
        boolean whole = (p + count) * PANEL <= product.outWidth;
        long column = 4L * p * PANEL;
        arguments
            .set(W, product.weight + p * panelBytes)
            .set(BIAS, product.bias == 0 ? 0 : product.bias + column);
        for (int row = 0; row < rows; row += MOST_ROWS) {
          IntegerCode code = new IntegerCode(Math.min(MOST_ROWS, rows - row), count, whole);
          Kernel kernel = kernels.get(code, code::emit);
          long place = 4L * (first + row) * product.outWidth + column;
          arguments
              .set(X, x + product.codes(row))
              .set(SCALES, x + codes + (long) row * product.runs() * RUN_BYTES)
              .set(OUT, product.out + place)
              .set(RESIDUAL, product.residual == 0 ? 0 : product.residual + place);
          kernel.call(arguments.address());
        }
      }
      if (!epilogue.isEmpty()) {
        int columns = Math.min(end * PANEL, product.outWidth) - panel * PANEL;
        epilogue.apply(
            epilogue.kernel(kernels),
            arguments,
            product.out,
            first,
            panel * PANEL,
            rows,
            columns,
            product.outWidth);
      }
    }
  }

  /// Rounds rows `first` and on to `codes` and `scales`, in tiles of as many as a kernel takes.
  private void quantize(
      Product product, Arguments arguments, int first, int rows, long codes, long scales) {
    Kernel kernel = kernels.get("quantize runs", IntegerCode::quantize);
    arguments
        .set(GROUPS, product.groups())
        .set(RUN, GROUPS_OF_RUN)
        .set(MINUS_ZERO, (float) -LAYOUT.zero());
    for (int row = 0; row < rows; row++) {
      int tile = row / MOST_ROWS * MOST_ROWS;
      int tileRows = Math.min(MOST_ROWS, rows - tile);
      int inTile = row - tile;
      arguments
          .set(FROM, product.x + 4L * (first + row) * product.width)
          .set(X, codes + product.codes(tile) + (long) inTile * GROUP_BYTES)
          .set(X_GROUP, (long) tileRows * GROUP_BYTES)
          .set(SCALES, scales + ((long) tile * product.runs() + inTile) * RUN_BYTES)
          .set(SCALES_RUN, (long) tileRows * RUN_BYTES);
      kernel.call(arguments.address());
    }
  }
}
