package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;

import dev.heed.kernels.vector.Packing.Matrix;
import dev.heed.tensor.Parallel;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The matrix product C [M, N] = op(A) · op(B), or added to C, over fp32.
///
/// A and B are packed once, in parallel, into panels as wide as a [Tile]. Then each task computes a
/// block of C: for each block of k it goes down the block's rows, panel by panel. Products of a few
/// rows with a transposed B, whose time is the reading of B, are left to [Dots]. The cut into
/// blocks depends on M, N and K alone, and every element is summed in a fixed order by one task.
///
/// Source: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.
final class Matmul {
  /// Steps of k in a block: a panel of B of this height stays in the second-level cache.
  private static final int K_BLOCK = 384;

  private static final int ROWS_PER_TASK = 192;
  private static final int TASKS = 16;

  /// Multiply-adds that are worth a task of their own, ten microseconds or so.
  private static final long WORK_PER_TASK = 1 << 20;

  /// Elements that a task packs.
  private static final int PACKED_PER_TASK = 1 << 14;

  private final int m;
  private final int n;
  private final int k;
  private final Matrix a;
  private final Matrix b;
  private final MemorySegment c;
  private final boolean add;
  private final @Nullable Epilogue epilogue;

  private final int tiles;
  private final int vectors;
  private final int panels;
  private final int kBlocks;
  private final int mBlocks;
  private final int nBlocks;

  /// Where the panels of A begin, after those of B.
  private final long panelsOfA;

  private Matmul(
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      MemorySegment c,
      boolean add,
      @Nullable Epilogue epilogue) {
    this.m = m;
    this.n = n;
    this.k = k;
    this.a = a;
    this.b = b;
    this.c = c;
    this.add = add;
    this.epilogue = epilogue;
    tiles = (m + Tile.ROWS - 1) / Tile.ROWS;
    vectors = (n + COUNT - 1) / COUNT;
    panels = Panels.of(n);
    kBlocks = Math.max(1, (k + K_BLOCK - 1) / K_BLOCK);
    int worthwhile = (int) Math.clamp((long) m * n * k / WORK_PER_TASK, 1, TASKS);
    // Rather wide blocks than high ones: their epilogues go row by row.
    int fewRows = Math.min(Math.min(worthwhile, 4), tiles / 4);
    mBlocks = Math.max((m + ROWS_PER_TASK - 1) / ROWS_PER_TASK, fewRows);
    nBlocks = Math.clamp((worthwhile + mBlocks - 1) / mBlocks, 1, panels);
    panelsOfA = 4L * k * vectors * COUNT;
  }

  /// Computes C [m, n] = op(a) [m, k] · op(b) [k, n] (+ C where `add`), then the epilogue. C has no
  /// gaps between its rows.
  static void multiply(
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      MemorySegment c,
      boolean add,
      @Nullable Epilogue epilogue) {
    if (m == 0 || n == 0) {
      return;
    }
    if (m <= Dots.ROWS && b.transposed() && !a.transposed()) {
      int turns = (n + Dots.COLUMNS - 1) / Dots.COLUMNS;
      int tasks = (int) Math.clamp((long) m * n * k / WORK_PER_TASK, 1, turns);
      Parallel.run(
          tasks,
          task -> {
            int from = part(turns, tasks, task) * Dots.COLUMNS;
            int end = Math.min(n, part(turns, tasks, task + 1) * Dots.COLUMNS);
            Dots.multiply(m, n, k, a, b, c, add, from, end);
            if (epilogue != null) {
              epilogue.apply(c, n, 0, m, from, end);
            }
          });
    } else {
      new Matmul(m, n, k, a, b, c, add, epilogue).run();
    }
  }

  private void run() {
    try (Scratch scratch = Scratch.take((long) k * (vectors * COUNT + tiles * Tile.ROWS))) {
      MemorySegment packed = scratch.memory();
      int tilesAtOnce = Math.max(1, PACKED_PER_TASK / (K_BLOCK * Tile.ROWS));
      int turnsOfA = (tiles + tilesAtOnce - 1) / tilesAtOnce;
      Parallel.run(
          kBlocks * (panels + turnsOfA),
          task -> {
            int kBlock = task / (panels + turnsOfA);
            int index = task % (panels + turnsOfA);
            if (index < panels) {
              packB(packed, kBlock, index);
            } else {
              int first = (index - panels) * tilesAtOnce;
              packA(packed, kBlock, first, Math.min(tiles, first + tilesAtOnce));
            }
          });
      Parallel.run(mBlocks * nBlocks, task -> block(packed, task / nBlocks, task % nBlocks));
    }
  }

  /// Where part `index` of `parts` about equal parts of `whole` begins.
  private static int part(int whole, int parts, int index) {
    return (int) ((long) whole * index / parts);
  }

  private int kStart(int block) {
    return part(k, kBlocks, block);
  }

  private int height(int kBlock) {
    return kStart(kBlock + 1) - kStart(kBlock);
  }

  private long panelOfA(int kBlock, int tile) {
    return panelsOfA
        + 4L * Tile.ROWS * ((long) kStart(kBlock) * tiles + (long) height(kBlock) * tile);
  }

  private long panelOfB(int kBlock, int panel) {
    return 4
        * ((long) kStart(kBlock) * vectors * COUNT
            + (long) height(kBlock) * Panels.start(panel, n));
  }

  private void packA(MemorySegment packed, int kBlock, int firstTile, int endTile) {
    for (int tile = firstTile; tile < endTile; tile++) {
      int row = tile * Tile.ROWS;
      Packing.left(
          a,
          row,
          Math.min(Tile.ROWS, m - row),
          kStart(kBlock),
          height(kBlock),
          packed,
          panelOfA(kBlock, tile));
    }
  }

  private void packB(MemorySegment packed, int kBlock, int panel) {
    int column = Panels.start(panel, n);
    int width = Panels.vectors(panel, n) * COUNT;
    Packing.right(
        b,
        kStart(kBlock),
        height(kBlock),
        column,
        Math.min(width, n - column),
        packed,
        panelOfB(kBlock, panel),
        width);
  }

  private void block(MemorySegment packed, int mBlock, int nBlock) {
    int firstTile = part(tiles, mBlocks, mBlock);
    int endTile = part(tiles, mBlocks, mBlock + 1);
    int firstPanel = part(panels, nBlocks, nBlock);
    int endPanel = part(panels, nBlocks, nBlock + 1);
    float[] tile = new float[Tile.SIZE];
    for (int kBlock = 0; kBlock < kBlocks; kBlock++) {
      for (int panel = firstPanel; panel < endPanel; panel++) {
        for (int index = firstTile; index < endTile; index++) {
          tile(packed, kBlock, panel, index, tile);
        }
      }
    }
    if (epilogue != null) {
      epilogue.apply(
          c,
          n,
          firstTile * Tile.ROWS,
          Math.min(m, endTile * Tile.ROWS),
          Panels.start(firstPanel, n),
          Math.min(n, Panels.start(endPanel, n)));
    }
  }

  private void tile(MemorySegment packed, int kBlock, int panel, int index, float[] tile) {
    int row = index * Tile.ROWS;
    int column = Panels.start(panel, n);
    int width = Panels.vectors(panel, n);
    long left = panelOfA(kBlock, index);
    long right = panelOfB(kBlock, panel);
    int height = height(kBlock);
    long to = 4 * ((long) row * n + column);
    Tile.multiply(width, packed, left, packed, right, height, tile);
    Tile.put(
        width,
        tile,
        c,
        to,
        4L * n,
        Math.min(Tile.ROWS, m - row),
        Math.min(width * COUNT, n - column),
        add || kBlock > 0);
  }
}
