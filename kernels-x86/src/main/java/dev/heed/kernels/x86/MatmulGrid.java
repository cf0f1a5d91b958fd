package dev.heed.kernels.x86;

/// How a matrix product is cut into tasks. No sum is cut, so the threads may have a say without
/// changing a bit of the result.
///
/// A task computes some rows of some panels of C. It packs its panels of B for itself, so B is
/// brought in once for each part of the rows, and A once for every group of panels whose packed
/// form stays in the second-level cache. The cut chosen brings in least.
///
/// @param down parts of the rows
/// @param across parts of the panels
/// @param group panels whose packed form a task holds at once
record MatmulGrid(int down, int across, int group) {
  private static final int TASKS_PER_THREAD = 2;

  /// Multiply-adds that are worth a task of their own, ten microseconds or so.
  private static final long WORK_PER_TASK = 1 << 20;

  /// Bytes of packed B at once: it stays in the second-level cache.
  private static final long GROUP_BYTES = 600 << 10;

  /// The cut of a product of `m` rows and `panels` panels, each `width` columns.
  ///
  /// @param k the depth of the whole product
  /// @param height the depth of one packed panel
  /// @param threads for which there must be work
  static MatmulGrid of(int m, int panels, int width, int k, int height, int threads) {
    int group = (int) Math.clamp(GROUP_BYTES / (4L * Math.max(1, height) * width), 1, panels);
    long work = (long) m * panels * width * k;
    int most = threads == 1 ? 1 : TASKS_PER_THREAD * threads;
    int tasks = (int) Math.clamp(work / WORK_PER_TASK, 1, most);
    MatmulGrid best = new MatmulGrid(1, Math.min(tasks, panels), group);
    for (int down = 2; down <= tasks && m / down >= 64; down *= 2) {
      MatmulGrid other = new MatmulGrid(down, Math.min(tasks / down, panels), group);
      boolean asMany = other.tasks() >= best.tasks();
      if (asMany && other.cost(m, panels, width) < best.cost(m, panels, width)
          || other.tasks() >= 2 * best.tasks()) {
        best = other;
      }
    }
    return best;
  }

  int tasks() {
    return down * across;
  }

  private long cost(long m, long panels, int width) {
    long ofTask = (panels + across - 1) / across;
    long readings = across * ((ofTask + group - 1) / group);
    return down * panels * width + readings * m;
  }

  /// Where part `index` of `parts` about equal parts of `whole` begins.
  static int part(int whole, int parts, int index) {
    return (int) ((long) whole * index / parts);
  }
}
