package dev.heed.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The forward pass of a run of queries.
final class FlashForward extends FlashTask {
  /// A tile's statistics before the first step.
  private static final MemorySegment NOTHING_SEEN = nothingSeen();

  private static final int KEYS_PER_TILE = 96;
  private static final int COLUMNS_COMPARED = 16;

  private final int keyRow;
  private final int valueRow;
  private final long keysAt;
  private final long valuesAt;
  private final boolean careful;

  private final Places at;
  private Kernel kernel;
  private long bias;

  /// Where things lie in the scratch memory.
  private static final class Places {
    final ScratchLayout layout = new ScratchLayout();
    final long queryHalves;
    final long transposed;
    final long scores;
    final long gathered;
    final long statistics;
    final long keys;
    final long values;

    Places(FlashCall call, int packed) {
      queryHalves = layout.add(call.halves ? (long) FlashTile.QUERIES * call.keyHalves : 0);
      transposed = layout.add((long) call.keyWidth * FlashTile.ROW);
      scores = layout.add((long) KEYS_PER_TILE * FlashTile.ROW);
      gathered = layout.add((long) FlashTile.QUERIES * call.packedValue);
      statistics = layout.add(NOTHING_SEEN.byteSize());
      keys = layout.add((long) packed * (call.halves ? call.keyHalves : call.packedKey));
      values = layout.add((long) (call.halves ? (packed + 1) / 2 : packed) * call.packedValue);
    }
  }

  /// @param inPlace whether to read keys and values where they lie, which are then all visible and
  ///   whole vectors wide
  FlashForward(FlashCall call, int sequence, int keyValueHead, VisibleKeys keys, boolean inPlace) {
    this(call, sequence, keyValueHead, keys, inPlace, new Places(call, inPlace ? 0 : keys.count()));
  }

  private FlashForward(
      FlashCall call,
      int sequence,
      int keyValueHead,
      VisibleKeys keys,
      boolean inPlace,
      Places at) {
    super(call, sequence, keyValueHead, keys, at.layout);
    this.at = at;
    this.kernel = call.transpose;
    long keysFrom = call.k + call.keyOffset(sequence, keyValueHead, call.keyWidth);
    long valuesFrom = call.v + call.keyOffset(sequence, keyValueHead, call.valueWidth);
    if (inPlace) {
      keyRow = call.keyStride();
      valueRow = call.valueStride();
      long index = keys.count() == 0 ? 0 : index(0);
      keysAt = keysFrom + index * keyRow;
      valuesAt = valuesFrom + index * valueRow;
      careful = true;
    } else {
      keyRow = call.halves ? call.keyHalves : call.packedKey;
      valueRow = call.packedValue;
      keysAt = address(at.keys);
      valuesAt = address(at.values);
      int keyStride = call.keyStride();
      int valueStride = call.valueStride();
      if (call.roundKeys != null && call.roundValues != null) {
        roundByKey(call.roundKeys, keysFrom, keyStride, at.keys, at.keys);
        careful = roundByKey(call.roundValues, valuesFrom, valueStride, at.values, at.values);
      } else {
        packByKey(call.packKeys, keysFrom, keyStride, at.keys);
        careful = packByKey(call.packValues, valuesFrom, valueStride, at.values);
      }
    }
  }

  private static MemorySegment nothingSeen() {
    MemorySegment statistics = Arena.global().allocate(4L * FlashTile.ROW, 64);
    for (long i = 0; i < FlashTile.ROW; i += 4) {
      statistics.set(ValueLayout.JAVA_FLOAT, FlashForwardCode.MAXIMUM + i, -Float.MAX_VALUE);
      statistics.set(ValueLayout.JAVA_FLOAT, FlashForwardCode.NEXT_MAXIMUM + i, -Float.MAX_VALUE);
    }
    return statistics;
  }

  /// Lets the steps fetch what the next key/value head needs for the same queries.
  void prepareNext(int from, int to) {
    long nextKeys = call.k + call.keyOffset(sequence, keyValueHead + 1, call.keyWidth);
    long nextValues = call.v + call.keyOffset(sequence, keyValueHead + 1, call.valueWidth);
    needKeysLater(nextKeys, nextValues);
    needQueriesLater(call.q, from, to - from, call.keyWidth);
    needQueriesLater(call.out, from, to - from, call.valueWidth);
  }

  /// Computes `count` rows of the output: queries from `query` on of one head of the group.
  void run(int query, int headOfGroup, int count) {
    int head = keyValueHead * call.group + headOfGroup;
    long row = (a.queries().start(sequence) + (long) query) * a.heads() + head;
    long step = a.heads();
    long queries = call.q + 4 * row * call.keyWidth;
    long queryStride = 4 * step * call.keyWidth;
    Kernel round = call.roundKeys;
    if (round != null) {
      roundByQuery(round, queries, (int) queryStride, at.queryHalves, at.queryHalves, count);
      transposeHalves(at.queryHalves, call.keyWidth, count, at.transposed);
    } else {
      transpose(queries, queryStride, call.keyWidth, count, at.transposed);
    }
    memory.asSlice(at.gathered, (long) count * call.packedValue).fill((byte) 0);
    MemorySegment.copy(NOTHING_SEEN, 0, memory, at.statistics, NOTHING_SEEN.byteSize());
    arguments
        .set(FlashForwardCode.FACTOR, (float) (a.scale() * FlashAttention.LOG2_E))
        .set(FlashForwardCode.BOUND, FlashAttention.bound(a));
    bias = biasAddress(head, query);
    forTiles(query, head, count);
    arguments
        .set(FlashRows.FROM, address(at.gathered))
        .set(FlashRows.TO, call.out + 4 * row * call.valueWidth)
        .set(FlashRows.TO_ROW, 4 * step * call.valueWidth)
        .set(FlashRows.COUNT, count)
        .set(FlashRows.FACTOR, (float) (1 / (1 - a.dropout())))
        .set(FlashRows.STATISTICS, address(at.statistics))
        .set(FlashRows.LOG_SUM_EXP, call.logSumExp + 4 * row)
        .set(FlashRows.LOG_SUM_EXP_ROW, 4 * step)
        .set(
            FlashRows.MAXIMUM_FACTOR,
            (float) (call.bias != null ? FlashAttention.LN_2 : a.scale()));
    call.finish().call(arguments.address());
  }

  @Override
  int columnsCompared() {
    return COLUMNS_COMPARED;
  }

  @Override
  int keysPerTile() {
    return KEYS_PER_TILE;
  }

  @Override
  boolean comparesAlways(int count) {
    return false;
  }

  @Override
  void begin(int row, int count, int columns, boolean masked) {
    FlashForwardCode code =
        new FlashForwardCode(
            columns,
            call.keyWidth,
            call.valueWidth,
            keyRow,
            valueRow,
            masked,
            call.bias != null,
            a.dropout() > 0,
            // A key beyond an odd end is hidden, too.
            careful && (masked || call.halves),
            call.halves);
    kernel = call.kernels.get(code, code::emit);
    arguments
        .set(FlashForwardCode.QUERIES_TRANSPOSED, address(at.transposed) + 4L * row)
        .set(FlashForwardCode.SCORES, address(at.scores) + 4L * row)
        .set(FlashForwardCode.GATHERED, address(at.gathered) + (long) row * call.packedValue)
        .set(FlashForwardCode.QUERY_COUNT, count)
        .set(FlashForwardCode.STATISTICS, address(at.statistics) + 4L * row)
        .set(FlashForwardCode.VISIBLE, visibleAddress(row))
        .set(FlashForwardCode.ROW_KEYS, rowKeysAddress(row))
        .set(FlashForwardCode.BIAS, bias + 4L * row);
  }

  @Override
  void step(int key, int count) {
    arguments
        .set(FlashForwardCode.KEYS, keysAt + (long) key * keyRow)
        .set(FlashForwardCode.VALUES, valuesAt + (long) (call.halves ? key / 2 : key) * valueRow)
        .set(FlashForwardCode.KEY_COUNT, count)
        .set(FlashForwardCode.KEY_NUMBERS, numbersAddress(key))
        .set(FlashForwardCode.KEY_INDICES, indicesAddress(key));
    kernel.call(arguments.address());
  }
}
