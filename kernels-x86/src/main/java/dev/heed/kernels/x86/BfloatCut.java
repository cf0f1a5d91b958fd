package dev.heed.kernels.x86;

/// How a product of bfloat16 is cut: into tasks, and the work of a task into turns whose factors
/// stay in the second-level cache.
///
/// A task computes some rows of some panels of C. It takes `depth` pairs of k at a time, and of
/// those so many rows of A as stay in the cache while it goes over its panels. The cut chosen moves
/// least between that cache and the memory beyond.
///
/// @param down parts of the rows
/// @param across parts of the panels
/// @param depth pairs of k in a turn; all, or a multiple of [BfloatMatmul#K_BLOCK], so that the cut
///   changes no bit of the sums
/// @param rowsAtOnce rows of A that are gone over for each panel
/// @param panelsAtOnce panels that a task holds which packs its own
record BfloatCut(int down, int across, int depth, int rowsAtOnce, int panelsAtOnce) {
  private static final int TASKS_PER_THREAD = 4;

  /// Rows that are worth a task of their own.
  private static final int LEAST_ROWS = 64;

  /// Bytes of packed A, of packed B and of C that stay in the second-level cache.
  private static final int BYTES_OF_A = 768 << 10;

  private static final int BYTES_OF_B = 512 << 10;
  private static final int BYTES_OF_C = 512 << 10;

  /// The cut of a product of `m` rows and `panels` panels, each `width` columns.
  static BfloatCut of(int m, int panels, int pairs, int width, int threads) {
    int most = TASKS_PER_THREAD * threads;
    BfloatCut best = of(1, 1, pairs, width);
    double least = Double.POSITIVE_INFINITY;
    for (int tasks = threads == 1 ? 1 : most; tasks <= most; tasks *= 2) {
      for (int down = 1; down <= Math.min(tasks, Math.max(1, m / LEAST_ROWS)); down *= 2) {
        int across = Math.min(panels, tasks / down);
        for (int depth = pairs; depth > 0; depth = nextDepth(depth)) {
          BfloatCut cut = of(down, across, depth, width);
          double idle = threads == 1 ? 1 : (double) most / Math.min(most, down * across);
          double cost = idle * cut.moved(m, panels, pairs, width);
          if (cost < least) {
            least = cost;
            best = cut;
          }
        }
      }
    }
    return best;
  }

  private static BfloatCut of(int down, int across, int depth, int width) {
    int rows = (int) Math.clamp(BYTES_OF_A / (4L * depth) / 32 * 32, 32, 4096);
    int panels = (int) Math.clamp(BYTES_OF_B / (4L * depth * width), 1, 4096);
    return new BfloatCut(down, across, depth, rows, panels);
  }

  /// The largest smaller power of two, as long as it is a multiple of the block; else 0.
  private static int nextDepth(int depth) {
    int next = Integer.highestOneBit(depth - 1);
    return next >= BfloatMatmul.K_BLOCK ? next : 0;
  }

  /// Whether a task packs its rows of A itself, which no other task needs.
  boolean ownA() {
    return across == 1 && !ownB();
  }

  /// Whether a task packs its panels of B itself, which no other task needs.
  boolean ownB() {
    return down == 1;
  }

  /// Bytes that all tasks together move between the second-level cache and the memory beyond.
  private double moved(long m, long panels, long pairs, long width) {
    double a = 4.0 * m * pairs;
    double b = 4.0 * panels * pairs * width;
    double c = 4.0 * m * panels * width;
    long rowsOfTask = Math.ceilDiv(m, down);
    long panelsOfTask = Math.ceilDiv(panels, across);
    // What is written is read before.
    double packing = 2 * a + 2 * b + (ownA() ? 0 : 2 * a) + (ownB() ? 0 : 2 * b);
    double groups = ownB() ? Math.ceilDiv(panelsOfTask, panelsAtOnce) : 1;
    double readA = ownA() ? 0 : a * across * (a <= BYTES_OF_A ? 1 : groups);
    double readB = ownB() ? 0 : b * down * Math.ceilDiv(rowsOfTask, rowsAtOnce);
    boolean staysC = 4 * rowsOfTask * panelsOfTask * width <= BYTES_OF_C;
    double sums = 2 * c * (staysC ? 1 : Math.ceilDiv(pairs, depth));
    return packing + readA + readB + sums;
  }
}
