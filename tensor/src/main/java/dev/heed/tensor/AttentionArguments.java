package dev.heed.tensor;

import org.jspecify.annotations.Nullable;

/// Everything that attention can be asked for, so that one kernel serves every family.
///
/// Rows of queries, keys and values are packed; head `h` of a query row is its columns `h·Dh` … and
/// it reads key/value head `h / (heads / keyValueHeads)`. Query `i` of a sequence stands at
/// position `p = i + queryOffset` and may attend to key `j` of the same sequence if `p − left ≤ j ≤
/// p + right` and `keyMask` is not 0 there. A query that may attend nowhere gives zeros.
///
/// @param heads the number of query heads H
/// @param keyValueHeads the number of key/value heads, a divisor of `heads`
/// @param queries the sequences of the query rows
/// @param keys the sequences of the key and value rows, as many as `queries`
/// @param scale the factor of each query–key product, usually 1/√Dh
/// @param left how many positions back a query sees, [Integer#MAX_VALUE] for all
/// @param right how many positions ahead a query sees: 0 is causal, [Integer#MAX_VALUE] for all
/// @param queryOffsets the position of each sequence's first query among its keys; null for 0
/// @param keyMask I32 [keys.rows()], 0 where a key must not be attended to; null for none
/// @param relativeBias [heads, 2·c + 1], added to the scaled product of position p and key j at
///   column `j − p + c`, which must exist; null for none (T5, MPNet)
/// @param dropout the share of weights set to zero, the others scaled by 1/(1 − dropout); 0 for
///   none
/// @param dropoutKey the [CounterRandom] key; the row is `h · queries.rows() + query row`, the
///   column is the key's index in its sequence
public record AttentionArguments(
    int heads,
    int keyValueHeads,
    Sequences queries,
    Sequences keys,
    double scale,
    int left,
    int right,
    int @Nullable [] queryOffsets,
    @Nullable Tensor keyMask,
    @Nullable Tensor relativeBias,
    double dropout,
    long dropoutKey) {
  // Not the compact form: javac loses the annotation of its array parameter, and NullAway then
  // refuses
  // null from other modules.
  public AttentionArguments(
      int heads,
      int keyValueHeads,
      Sequences queries,
      Sequences keys,
      double scale,
      int left,
      int right,
      int @Nullable [] queryOffsets,
      @Nullable Tensor keyMask,
      @Nullable Tensor relativeBias,
      double dropout,
      long dropoutKey) {
    if (heads < 1 || keyValueHeads < 1 || heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "keyValueHeads must divide heads: received heads=%d, keyValueHeads=%d"
              .formatted(heads, keyValueHeads));
    }
    if (queries.count() != keys.count()) {
      throw new IllegalArgumentException(
          "queries and keys must have as many sequences: received %d and %d"
              .formatted(queries.count(), keys.count()));
    }
    if (left < 0 || right < 0) {
      throw new IllegalArgumentException(
          "left and right must be 0 or more: received %d and %d".formatted(left, right));
    }
    if (queryOffsets != null && queryOffsets.length != queries.count()) {
      throw new IllegalArgumentException(
          "queryOffsets must have one entry a sequence: expected %d, received %d"
              .formatted(queries.count(), queryOffsets.length));
    }
    if (keyMask != null && (keyMask.dtype() != DType.I32 || keyMask.elements() != keys.rows())) {
      throw new IllegalArgumentException(
          "keyMask must be I32 [%d]: received %s".formatted(keys.rows(), keyMask));
    }
    if (relativeBias != null) {
      int reach = reach(queries, keys, left, right, queryOffsets);
      Shape shape = relativeBias.shape();
      if (shape.rank() != 2
          || shape.dimension(0) != heads
          || shape.width() % 2 == 0
          || shape.width() / 2 < reach) {
        throw new IllegalArgumentException(
            "relativeBias must be [%d, 2·c + 1] with c ≥ %d: received %s"
                .formatted(heads, reach, shape));
      }
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout must be in [0, 1): received " + dropout);
    }
    this.heads = heads;
    this.keyValueHeads = keyValueHeads;
    this.queries = queries;
    this.keys = keys;
    this.scale = scale;
    this.left = left;
    this.right = right;
    this.queryOffsets = queryOffsets;
    this.keyMask = keyMask;
    this.relativeBias = relativeBias;
    this.dropout = dropout;
    this.dropoutKey = dropoutKey;
  }

  /// The greatest distance between a query and a key that it may see.
  private static int reach(
      Sequences queries, Sequences keys, int left, int right, int @Nullable [] queryOffsets) {
    int reach = 0;
    for (int i = 0; i < queries.count(); i++) {
      if (queries.length(i) > 0 && keys.length(i) > 0) {
        int first = queryOffsets == null ? 0 : queryOffsets[i];
        int last = Math.addExact(first, queries.length(i) - 1);
        reach = Math.max(reach, Math.min(left, last));
        reach = Math.max(reach, Math.min(right, keys.length(i) - 1 - first));
      }
    }
    return reach;
  }

  /// Plain attention of every query to every key of its sequence.
  public static AttentionArguments full(
      int heads, Sequences queries, Sequences keys, double scale) {
    return new AttentionArguments(
        heads,
        heads,
        queries,
        keys,
        scale,
        Integer.MAX_VALUE,
        Integer.MAX_VALUE,
        null,
        null,
        null,
        0,
        0);
  }

  /// These arguments with every query seeing only keys up to its own position.
  public AttentionArguments causal() {
    return seeing(left, 0, keyMask);
  }

  /// These arguments with these limits of sight.
  public AttentionArguments seeing(int left, int right, @Nullable Tensor keyMask) {
    return new AttentionArguments(
        heads,
        keyValueHeads,
        queries,
        keys,
        scale,
        left,
        right,
        queryOffsets,
        keyMask,
        relativeBias,
        dropout,
        dropoutKey);
  }

  /// These arguments with fewer key/value heads.
  public AttentionArguments withKeyValueHeads(int keyValueHeads) {
    return new AttentionArguments(
        heads,
        keyValueHeads,
        queries,
        keys,
        scale,
        left,
        right,
        queryOffsets,
        keyMask,
        relativeBias,
        dropout,
        dropoutKey);
  }

  /// These arguments with a bias added to the scores, or none.
  public AttentionArguments withRelativeBias(@Nullable Tensor relativeBias) {
    return new AttentionArguments(
        heads,
        keyValueHeads,
        queries,
        keys,
        scale,
        left,
        right,
        queryOffsets,
        keyMask,
        relativeBias,
        dropout,
        dropoutKey);
  }

  /// These arguments with weights dropped.
  public AttentionArguments withDropout(double dropout, long dropoutKey) {
    return new AttentionArguments(
        heads,
        keyValueHeads,
        queries,
        keys,
        scale,
        left,
        right,
        queryOffsets,
        keyMask,
        relativeBias,
        dropout,
        dropoutKey);
  }

  /// The position of the first query of sequence `index` among its keys.
  public int queryOffset(int index) {
    return queryOffsets == null ? 0 : queryOffsets[index];
  }

  /// The first key that a query at `position` may see.
  public int firstKey(int position) {
    return Math.max(0, left == Integer.MAX_VALUE ? 0 : position - left);
  }

  /// One past the last of `length` keys that a query at `position` may see.
  public int endKey(int position, int length) {
    return Math.clamp((long) position + right + 1, 0, length);
  }
}
