package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// A run of queries of one sequence with the keys that they may attend to under one key/value head.
///
/// Goes through the tiles: those that no query sees are left out, and only where some query does
/// not see some key are positions compared. Such ranges of keys are met by few queries at a time,
/// so that along the diagonal of causal attention little is computed that nobody sees.
abstract sealed class FlashTask implements AutoCloseable permits FlashForward, FlashBackward {
  final FlashCall call;
  final AttentionArguments a;
  final int sequence;
  final int keyValueHead;
  final VisibleKeys keys;
  final Scratch scratch;
  final MemorySegment memory;
  final Arguments arguments;

  /// What the next head needs.
  final RowsNeededLater later;

  // Offsets in the scratch memory.
  private final long visible;
  private final long rowKeys;

  /// I32 [keys or more]: 0, 1, …
  private final long numbers;

  private final long indices;

  private static volatile int[] ascending = new int[0];

  private final int[] first = new int[FlashTile.QUERIES];
  private final int[] end = new int[FlashTile.QUERIES];

  FlashTask(
      FlashCall call, int sequence, int keyValueHead, VisibleKeys keys, ScratchLayout layout) {
    this.call = call;
    this.a = call.a;
    this.sequence = sequence;
    this.keyValueHead = keyValueHead;
    this.keys = keys;
    int count = keys.count();
    int numbered = Math.max(count, FlashTile.QUERIES);
    visible = layout.add(2L * FlashTile.ROW);
    rowKeys = layout.add(FlashTile.ROW);
    numbers = layout.add(4L * numbered);
    indices = layout.add(4L * count);
    long list = layout.add(RowsNeededLater.BYTES);
    scratch = Scratch.take(layout.bytes() / 4);
    memory = scratch.memory();
    arguments = scratch.arguments();
    later = new RowsNeededLater(memory.asSlice(list, RowsNeededLater.BYTES), arguments);
    write(keys.indices(), indices, count);
    write(ascending(numbered), numbers, numbered);
  }

  /// Whole numbers from 0 on, at least `count`.
  private static int[] ascending(int count) {
    int[] known = ascending;
    if (known.length < count) {
      known = new int[Math.max(count, 2 * known.length)];
      Arrays.setAll(known, i -> i);
      ascending = known;
    }
    return known;
  }

  /// Copies in one go: element by element is slow until the JIT has compiled it.
  private void write(int[] values, long to, int count) {
    memory.asSlice(to, 4L * count).copyFrom(MemorySegment.ofArray(values).asSlice(0, 4L * count));
  }

  /// The address of what lies at `offset` in the scratch memory.
  final long address(long offset) {
    return scratch.address() + offset;
  }

  /// Packs the rows of all keys, or of their values, and tells whether NaN or ∞ is among them.
  final boolean packByKey(Kernel kernel, long from, int stride, long to) {
    return pack(kernel, from, stride, to, keys.count(), address(indices));
  }

  /// Packs the rows of `count` queries.
  final boolean packByQuery(Kernel kernel, long from, int stride, long to, int count) {
    return pack(kernel, from, stride, to, count, address(numbers));
  }

  /// Rounds the rows of all keys, or of their values, to bfloat16; see [FlashRows#round].
  final boolean roundByKey(Kernel kernel, long from, int stride, long to, long toPairs) {
    arguments.set(FlashRows.TO_PAIRS, address(toPairs));
    return packByKey(kernel, from, stride, to);
  }

  /// Rounds the rows of `count` queries.
  final boolean roundByQuery(
      Kernel kernel, long from, int stride, long to, long toPairs, int count) {
    arguments.set(FlashRows.TO_PAIRS, address(toPairs));
    return packByQuery(kernel, from, stride, to, count);
  }

  private boolean pack(Kernel kernel, long from, int stride, long to, int count, long rows) {
    arguments
        .set(FlashRows.FROM, from)
        .set(FlashRows.FROM_ROW, stride)
        .set(FlashRows.TO, address(to))
        .set(FlashRows.COUNT, count)
        .set(FlashRows.INDICES, rows);
    kernel.call(arguments.address());
    return Float.isNaN(arguments.getFloat(FlashRows.CHECK));
  }

  /// Copies packed rows to those of all keys.
  final void unpackByKey(Kernel kernel, long from, long to, int stride, double factor) {
    unpack(kernel, from, to, stride, factor, keys.count(), address(indices));
  }

  /// Copies packed rows to those of `count` queries.
  final void unpackByQuery(
      Kernel kernel, long from, long to, int stride, double factor, int count) {
    unpack(kernel, from, to, stride, factor, count, address(numbers));
  }

  private void unpack(
      Kernel kernel, long from, long to, int stride, double factor, int count, long rows) {
    arguments
        .set(FlashRows.FROM, address(from))
        .set(FlashRows.TO, to)
        .set(FlashRows.TO_ROW, stride)
        .set(FlashRows.COUNT, count)
        .set(FlashRows.INDICES, rows)
        .set(FlashRows.FACTOR, (float) factor);
    kernel.call(arguments.address());
  }

  /// Prepares for the next key/value head: what lies beside the current head in the rows of the
  /// keys and values that its queries see.
  final void needKeysLater(long keys, long values) {
    if (this.keys.count() > 0) {
      int from = index(0);
      int count = index(this.keys.count() - 1) - from + 1;
      later.add(keys + (long) from * call.keyStride(), call.keyStride(), count);
      later.add(values + (long) from * call.valueStride(), call.valueStride(), count);
    }
  }

  /// Prepares for the next key/value head: rows of `count` queries.
  ///
  /// @param tensor the address of a tensor whose rows have a part of `width` floats for each head
  final void needQueriesLater(long tensor, int query, int count, int width) {
    long row = (a.queries().start(sequence) + (long) query) * a.heads();
    long nextHead = (keyValueHead + 1L) * call.group;
    later.add(tensor + 4 * (row + nextHead) * width, 4L * a.heads() * width, count);
  }

  /// Transposes `count` rows, to columns of a tile.
  final void transpose(long from, long stride, int width, int count, long to) {
    int lanes = call.level.lanes();
    for (int i = 0; i < count; i += lanes) {
      arguments
          .set(PackCode.FROM, from + i * stride)
          .set(PackCode.FROM_ROW, stride)
          .set(PackCode.LENGTH, width)
          .set(PackCode.WIDTH, Math.min(lanes, count - i))
          .set(PackCode.TO, address(to) + 4L * i)
          .set(PackCode.TO_ROW, FlashTile.ROW);
      call.transpose.call(arguments.address());
    }
  }

  /// Transposes `count` packed rows of bfloat16, to columns of pairs of a tile.
  final void transposeHalves(long from, int width, int count, long to) {
    transpose(address(from), FlashTile.halvesRowBytes(width), (width + 1) / 2, count, to);
  }

  /// Goes through the tiles of keys that some of `count` queries from `query` on see.
  final void forTiles(int query, int head, int count) {
    for (int i = 0; i < count; i++) {
      first[i] = keys.firstNumber(query + i);
      end[i] = keys.endNumber(query + i);
    }
    if (a.dropout() > 0) {
      writeRowKeys(query, head, count);
    }
    int last = end[count - 1];
    int fromAll = even(call.halves ? first[count - 1] + 1 : first[count - 1]);
    // What the first query sees, but where others see more a multiple of what fills registers.
    int toAll = end[0] == last ? last : fromAll + (end[0] - fromAll) / MULTIPLE * MULTIPLE;
    boolean allSeeAll = first[0] == fromAll && toAll == last && !comparesAlways(count);
    if (!allSeeAll) {
      writeVisible(count);
    }
    if (fromAll >= toAll) {
      compared(count, first[0], last);
      return;
    }
    compared(count, first[0], fromAll);
    int columns = (count + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
    steps(0, count, columns, fromAll, toAll, comparesAlways(count));
    compared(count, toAll, last);
  }

  /// The lanes of both levels divide it.
  private static final int MULTIPLE = 16;

  private void writeRowKeys(int query, int head, int count) {
    long row = (long) head * a.queries().rows() + a.queries().start(sequence) + query;
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = CounterRandom.rowKey(a.dropoutKey(), row + i);
    }
    write(values, rowKeys, count);
  }

  /// Columns beyond the last query see nothing.
  private void writeVisible(int count) {
    int[] from = new int[FlashTile.QUERIES];
    int[] seen = new int[FlashTile.QUERIES];
    for (int i = 0; i < FlashTile.QUERIES; i++) {
      from[i] = FlashTile.range(i < count ? first[i] : 0);
      seen[i] = FlashTile.range(i < count ? end[i] - first[i] : 0);
    }
    write(from, visible, FlashTile.QUERIES);
    write(seen, visible + FlashTile.ROW, FlashTile.QUERIES);
  }

  /// Those of the keys `from` … `to` − 1 that some query sees.
  private void compared(int count, int from, int to) {
    int columns = columnsCompared();
    for (int i = 0; i < count && from < to; i += columns) {
      int n = Math.min(columns, count - i);
      int low = even(Math.max(from, first[i]));
      int high = Math.min(to, end[i + n - 1]);
      steps(i, n, columns, low, high, true);
    }
  }

  /// The number of the key where a pair begins: that before an odd one, which is hidden from the
  /// queries that do not see it. Any number where keys have no pairs.
  private int even(int key) {
    return call.halves ? key & -2 : key;
  }

  private void steps(int row, int count, int columns, int from, int to, boolean masked) {
    if (from >= to) {
      return;
    }
    int most = keysPerTile();
    int tiles = (to - from + most - 1) / most;
    // About equal tiles, but whole tiles of registers.
    int size = ((to - from + tiles - 1) / tiles + 11) / 12 * 12;
    begin(row, count, columns, masked);
    for (int key = from; key < to; key += size) {
      step(key, Math.min(size, to - key));
    }
  }

  /// How many columns are computed at once where positions are compared, a multiple of 16.
  abstract int columnsCompared();

  /// The most keys in a tile, a multiple of 12.
  abstract int keysPerTile();

  /// Whether positions are compared even where all queries see all keys.
  abstract boolean comparesAlways(int count);

  /// Begins steps for the `count` queries from `row` of the tile on.
  abstract void begin(int row, int count, int columns, boolean masked);

  /// Lets these queries meet `count` keys from number `key` on.
  abstract void step(int key, int count);

  final long visibleAddress(int row) {
    return address(visible) + 4L * row;
  }

  final long rowKeysAddress(int row) {
    return address(rowKeys) + 4L * row;
  }

  final long numbersAddress(int key) {
    return address(numbers) + 4L * key;
  }

  final long indicesAddress(int key) {
    return address(indices) + 4L * key;
  }

  /// The index of key number `key` in its sequence.
  final int index(int key) {
    return memory.get(ValueLayout.JAVA_INT, indices + 4L * key);
  }

  /// The address of the bias of `query` of `head`, for key index 0; 0 without bias.
  final long biasAddress(int head, int query) {
    return call.bias == null ? 0 : call.bias.address(head, query + a.queryOffset(sequence));
  }

  @Override
  public final void close() {
    scratch.close();
  }
}
