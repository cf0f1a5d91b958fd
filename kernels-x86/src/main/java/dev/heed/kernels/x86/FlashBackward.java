package dev.heed.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The backward pass of all queries of a sequence under one key/value head.
final class FlashBackward extends FlashTask {
  private static final int KEYS_PER_TILE = 72;
  private static final int COLUMNS_COMPARED = 32;

  /// Where the gradients go, and that of the output is.
  ///
  /// @param biasGradients room for the sums of each sequence and head, as [RelativeBias] lays them
  ///   out; 0 if they are not wanted
  record Gradients(long out, long q, MemorySegment k, MemorySegment v, long biasGradients) {}

  private final Gradients gradients;
  private final boolean keysCareful;

  private final Places at;
  private Kernel kernel;
  private boolean careful;
  private long bias;
  private long biasGradient;

  /// Where things lie in the scratch memory.
  private static final class Places {
    final ScratchLayout layout = new ScratchLayout();
    final long packedKeys;
    final long packedValues;
    final long keyPairs;
    final long keyGradients;
    final long valueGradients;
    final long queriesTransposed;
    final long outTransposed;
    final long queryRows;
    final long outRows;
    final long queryHalves;
    final long outHalves;
    final long queryGradients;
    final long weights;
    final long scoreGradients;
    final long scoreGradientPairs;
    final long statistics;

    Places(FlashCall call, int keys) {
      boolean halves = call.halves;
      packedKeys = layout.add((long) keys * (halves ? call.keyHalves : call.packedKey));
      packedValues = layout.add((long) keys * (halves ? call.valueHalves : call.packedValue));
      keyPairs = layout.add(halves ? (keys + 1L) / 2 * call.packedKey : 0);
      keyGradients = layout.add((long) keys * call.packedKey);
      valueGradients = layout.add((long) keys * call.packedValue);
      queriesTransposed = layout.add((long) call.keyWidth * FlashTile.ROW);
      outTransposed = layout.add((long) call.valueWidth * FlashTile.ROW);
      queryRows = layout.add((long) FlashTile.QUERIES * call.packedKey);
      outRows = layout.add((long) FlashTile.QUERIES * call.packedValue);
      queryHalves = layout.add(halves ? (long) FlashTile.QUERIES * call.keyHalves : 0);
      outHalves = layout.add(halves ? (long) FlashTile.QUERIES * call.valueHalves : 0);
      queryGradients = layout.add((long) FlashTile.QUERIES * call.packedKey);
      weights = layout.add((long) KEYS_PER_TILE * FlashTile.ROW);
      scoreGradients = layout.add((long) KEYS_PER_TILE * FlashTile.ROW);
      scoreGradientPairs = layout.add(halves ? KEYS_PER_TILE / 2L * FlashTile.ROW : 0);
      statistics = layout.add(2L * FlashTile.ROW);
    }
  }

  FlashBackward(
      FlashCall call, int sequence, int keyValueHead, VisibleKeys keys, Gradients gradients) {
    this(call, sequence, keyValueHead, keys, gradients, new Places(call, keys.count()));
  }

  private FlashBackward(
      FlashCall call,
      int sequence,
      int keyValueHead,
      VisibleKeys keys,
      Gradients gradients,
      Places at) {
    super(call, sequence, keyValueHead, keys, at.layout);
    this.at = at;
    this.gradients = gradients;
    this.kernel = call.transpose;
    long keysFrom = call.k + call.keyOffset(sequence, keyValueHead, call.keyWidth);
    long valuesFrom = call.v + call.keyOffset(sequence, keyValueHead, call.valueWidth);
    boolean keysSpecial;
    boolean valuesSpecial;
    Kernel roundKeys = call.roundKeys;
    Kernel roundValues = call.roundValues;
    if (roundKeys != null && roundValues != null) {
      keysSpecial = roundByKey(roundKeys, keysFrom, call.keyStride(), at.packedKeys, at.keyPairs);
      valuesSpecial =
          roundByKey(roundValues, valuesFrom, call.valueStride(), at.packedValues, at.packedValues);
    } else {
      keysSpecial = packByKey(call.packKeys, keysFrom, call.keyStride(), at.packedKeys);
      valuesSpecial = packByKey(call.packValues, valuesFrom, call.valueStride(), at.packedValues);
    }
    keysCareful = keysSpecial || valuesSpecial;
    memory.asSlice(at.keyGradients, (long) keys.count() * call.packedKey).fill((byte) 0);
    memory.asSlice(at.valueGradients, (long) keys.count() * call.packedValue).fill((byte) 0);
  }

  /// Lets the steps fetch what the next key/value head needs for the same queries.
  void prepareNext(int queries) {
    long nextKeys = call.keyOffset(sequence, keyValueHead + 1, call.keyWidth);
    long nextValues = call.keyOffset(sequence, keyValueHead + 1, call.valueWidth);
    needKeysLater(call.k + nextKeys, call.v + nextValues);
    needQueriesLater(call.q, 0, queries, call.keyWidth);
    needQueriesLater(gradients.out, 0, queries, call.valueWidth);
    needQueriesLater(call.out, 0, queries, call.valueWidth);
    needQueriesLater(gradients.q, 0, queries, call.keyWidth);
    needKeysLater(gradients.k.address() + nextKeys, gradients.v.address() + nextValues);
  }

  /// Adds what `count` queries from `query` on of one head of the group give to the gradients of
  /// keys and values, and stores their own.
  void run(int query, int headOfGroup, int count) {
    int head = keyValueHead * call.group + headOfGroup;
    long row = (a.queries().start(sequence) + (long) query) * a.heads() + head;
    long keyOffset = 4 * row * call.keyWidth;
    long valueOffset = 4 * row * call.valueWidth;
    int keyStride = 4 * a.heads() * call.keyWidth;
    int valueStride = 4 * a.heads() * call.valueWidth;
    long queries = call.q + keyOffset;
    long outGradients = gradients.out + valueOffset;
    boolean queriesSpecial;
    boolean outSpecial;
    Kernel roundQueries = call.roundKeys;
    Kernel roundOut = call.roundOutGradients;
    if (roundQueries != null && roundOut != null) {
      queriesSpecial =
          roundByQuery(roundQueries, queries, keyStride, at.queryHalves, at.queryRows, count);
      outSpecial =
          roundByQuery(roundOut, outGradients, valueStride, at.outHalves, at.outRows, count);
      transposeHalves(at.queryHalves, call.keyWidth, count, at.queriesTransposed);
      transposeHalves(at.outHalves, call.valueWidth, count, at.outTransposed);
    } else {
      queriesSpecial = packByQuery(call.packKeys, queries, keyStride, at.queryRows, count);
      outSpecial = packByQuery(call.packValues, outGradients, valueStride, at.outRows, count);
      transpose(address(at.queryRows), call.packedKey, call.keyWidth, count, at.queriesTransposed);
      transpose(address(at.outRows), call.packedValue, call.valueWidth, count, at.outTransposed);
    }
    careful = keysCareful || queriesSpecial || outSpecial;
    for (int i = count; i < FlashTile.QUERIES; i++) {
      long place = at.statistics + 4L * i;
      memory.set(
          ValueLayout.JAVA_FLOAT, place + FlashBackwardCode.LOG_SUM_EXP, Float.POSITIVE_INFINITY);
      memory.set(ValueLayout.JAVA_FLOAT, place + FlashBackwardCode.DELTA, 0);
    }
    arguments
        .set(FlashRows.FROM, call.out + valueOffset)
        .set(FlashRows.TO, gradients.out + valueOffset)
        .set(FlashRows.FROM_ROW, valueStride)
        .set(FlashRows.COUNT, count)
        .set(FlashRows.LOG_SUM_EXP, call.logSumExp + 4 * row)
        .set(FlashRows.LOG_SUM_EXP_ROW, 4L * a.heads())
        .set(FlashRows.STATISTICS, address(at.statistics));
    call.delta().call(arguments.address());
    memory.asSlice(at.queryGradients, (long) count * call.packedKey).fill((byte) 0);
    bias = biasAddress(head, query);
    if (call.bias != null && gradients.biasGradients != 0) {
      long table = ((long) sequence * a.heads() + head) * call.bias.distances();
      int position = query + a.queryOffset(sequence);
      biasGradient = gradients.biasGradients + 4 * (table + position - call.bias.smallest());
    }
    arguments
        .set(FlashBackwardCode.FACTOR, (float) (a.scale() * FlashAttention.LOG2_E))
        .set(FlashBackwardCode.BOUND, FlashAttention.bound(a))
        .set(FlashBackwardCode.KEPT, (float) (1 / (1 - a.dropout())));
    forTiles(query, head, count);
    unpackByQuery(
        call.unpack(call.keyWidth),
        at.queryGradients,
        gradients.q + keyOffset,
        keyStride,
        a.scale(),
        count);
  }

  /// Stores the gradients of the keys and values that some query may attend to.
  void finish() {
    unpackByKey(
        call.unpack(call.keyWidth),
        at.keyGradients,
        gradients.k.address() + call.keyOffset(sequence, keyValueHead, call.keyWidth),
        call.keyStride(),
        a.scale());
    unpackByKey(
        call.unpack(call.valueWidth),
        at.valueGradients,
        gradients.v.address() + call.keyOffset(sequence, keyValueHead, call.valueWidth),
        call.valueStride(),
        1);
  }

  @Override
  int columnsCompared() {
    return COLUMNS_COMPARED;
  }

  @Override
  int keysPerTile() {
    return KEYS_PER_TILE;
  }

  /// Columns without a query must add nothing to the gradient of the bias, whatever they hold.
  @Override
  boolean comparesAlways(int count) {
    return biasGradient != 0 && count % 16 != 0;
  }

  @Override
  void begin(int row, int count, int columns, boolean masked) {
    FlashBackwardCode code =
        new FlashBackwardCode(
            columns,
            call.keyWidth,
            call.valueWidth,
            masked,
            call.bias != null,
            a.dropout() > 0,
            // A key or query beyond an odd end is hidden, too.
            careful && (masked || call.halves),
            biasGradient != 0,
            call.halves);
    int rowOfRows = call.halves ? row / 2 : row;
    kernel = call.kernels.get(code, code::emit);
    arguments
        .set(FlashBackwardCode.QUERIES_TRANSPOSED, address(at.queriesTransposed) + 4L * row)
        .set(FlashBackwardCode.OUT_GRADIENTS_TRANSPOSED, address(at.outTransposed) + 4L * row)
        .set(FlashBackwardCode.WEIGHTS, address(at.weights) + 4L * row)
        .set(FlashBackwardCode.SCORE_GRADIENTS, address(at.scoreGradients) + 4L * row)
        .set(FlashBackwardCode.SCORE_GRADIENT_PAIRS, address(at.scoreGradientPairs) + 4L * row)
        .set(
            FlashBackwardCode.QUERY_ROWS, address(at.queryRows) + (long) rowOfRows * call.packedKey)
        .set(
            FlashBackwardCode.OUT_GRADIENTS,
            address(at.outRows) + (long) rowOfRows * call.packedValue)
        .set(
            FlashBackwardCode.QUERY_GRADIENTS,
            address(at.queryGradients) + (long) row * call.packedKey)
        .set(FlashBackwardCode.QUERY_COUNT, count)
        .set(FlashBackwardCode.STATISTICS, address(at.statistics) + 4L * row)
        .set(FlashBackwardCode.VISIBLE, visibleAddress(row))
        .set(FlashBackwardCode.ROW_KEYS, rowKeysAddress(row))
        .set(FlashBackwardCode.BIAS, bias + 4L * row)
        .set(FlashBackwardCode.BIAS_GRADIENT, biasGradient + 4L * row);
  }

  @Override
  void step(int key, int count) {
    long keyAt = (long) key * call.packedKey;
    long valueAt = (long) key * call.packedValue;
    arguments
        .set(
            FlashBackwardCode.KEYS,
            address(at.packedKeys) + (call.halves ? (long) key * call.keyHalves : keyAt))
        .set(
            FlashBackwardCode.VALUES,
            address(at.packedValues) + (call.halves ? (long) key * call.valueHalves : valueAt))
        .set(FlashBackwardCode.KEY_ROWS, address(at.keyPairs) + keyAt / 2)
        .set(FlashBackwardCode.KEY_GRADIENTS, address(at.keyGradients) + keyAt)
        .set(FlashBackwardCode.VALUE_GRADIENTS, address(at.valueGradients) + valueAt)
        .set(FlashBackwardCode.KEY_COUNT, count)
        .set(FlashBackwardCode.KEY_NUMBERS, numbersAddress(key))
        .set(FlashBackwardCode.KEY_INDICES, indicesAddress(key));
    kernel.call(arguments.address());
  }
}
