package dev.heed.nn.attention;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The keys and values that each attention layer of a decoder computed for one text, so that the
/// next token needs only its own.
///
/// They lie one row a token, contiguous, K·Dh wide. A layer with a sliding window keeps no more
/// rows than the window needs. For one thread at a time, and for predicting only: no gradient flows
/// through.
public final class KeyValueCache {
  private static final int FIRST_ROWS = 128;

  private final Rows[] layers;
  private int length;

  /// An empty one for a decoder of this many layers.
  public KeyValueCache(int layers) {
    this.layers = new Rows[layers];
    for (int i = 0; i < layers; i++) {
      this.layers[i] = new Rows();
    }
  }

  /// Where one layer finds the texts of a batch.
  ///
  /// @param texts one for each sequence of the batch
  /// @param layer the layer's number
  public record Layer(List<KeyValueCache> texts, int layer) {
    /// Keeps the new tokens' keys and values, and lets their queries attend to all of the text so
    /// far: q [N, H·Dh], k [N, K·Dh], v [N, K·Dv] → [N, H·Dv].
    ///
    /// @param arguments heads, scale and relative bias, which must reach back over all of the text;
    ///   `left` is the window. What they say of sequences is that of the new tokens.
    public Tensor attend(Tensor q, Tensor k, Tensor v, AttentionArguments arguments) {
      Sequences queries = arguments.queries();
      if (queries.count() != texts.size()) {
        throw new IllegalArgumentException(
            "a batch of %d texts needs as many caches: received %d"
                .formatted(queries.count(), texts.size()));
      }
      int valueWidth = v.shape().width() / arguments.keyValueHeads();
      Tensor out =
          Tensor.empty(Shape.of(queries.rows(), arguments.heads() * valueWidth), q.dtype());
      Tensor logSumExp = Tensor.empty(Shape.of(queries.rows(), arguments.heads()), q.dtype());
      for (int i = 0; i < texts.size(); i++) {
        int from = queries.start(i);
        int to = queries.start(i + 1);
        if (from == to) {
          continue;
        }
        KeyValueCache text = texts.get(i);
        Rows rows = text.layers[layer];
        rows.put(text.length, k.rows(from, to), v.rows(from, to), arguments.left());
        int kept = text.length + to - from - rows.first;
        Kernels.active()
            .attention(
                q.rows(from, to),
                required(rows.keys).rows(0, kept),
                required(rows.values).rows(0, kept),
                new AttentionArguments(
                    arguments.heads(),
                    arguments.keyValueHeads(),
                    Sequences.ofLengths(to - from),
                    Sequences.ofLengths(kept),
                    arguments.scale(),
                    arguments.left(),
                    0,
                    new int[] {text.length - rows.first},
                    null,
                    arguments.relativeBias(),
                    0,
                    0),
                out.rows(from, to),
                logSumExp.rows(from, to));
      }
      return out;
    }
  }

  /// The positions of a batch's new tokens, each text's from its [#length] on: I32 [N].
  ///
  /// @throws IllegalArgumentException if there is not one cache a sequence
  public static Tensor positions(Sequences sequences, List<KeyValueCache> texts) {
    if (sequences.count() != texts.size()) {
      throw new IllegalArgumentException(
          "a batch of %d texts needs as many caches: received %d"
              .formatted(sequences.count(), texts.size()));
    }
    int[] positions = new int[sequences.rows()];
    for (int i = 0; i < sequences.count(); i++) {
      for (int t = 0; t < sequences.length(i); t++) {
        positions[sequences.start(i) + t] = texts.get(i).length + t;
      }
    }
    return Tensor.of(positions, positions.length);
  }

  /// The number of tokens of the text so far.
  public int length() {
    return length;
  }

  /// Counts a batch's tokens as parts of their texts, once every layer has kept them.
  public static void advance(Sequences sequences, List<KeyValueCache> texts) {
    for (int i = 0; i < texts.size(); i++) {
      KeyValueCache text = texts.get(i);
      text.length = Math.addExact(text.length, sequences.length(i));
    }
  }

  /// Goes back to the text's first `tokens` tokens, and says whether that many are still known: a
  /// window may have dropped what they need, and then nothing changes.
  ///
  /// @throws IllegalArgumentException if the text is not that long
  public boolean truncate(int tokens) {
    if (tokens < 0 || tokens > length) {
      throw new IllegalArgumentException(
          "tokens must be in 0…%d: received %d".formatted(length, tokens));
    }
    for (Rows layer : layers) {
      if (layer.first > Math.max(0, (long) tokens - layer.window)) {
        return false;
      }
    }
    length = tokens;
    return true;
  }

  /// A cache of its own with the same text, as beam search needs.
  public KeyValueCache copy() {
    KeyValueCache copy = new KeyValueCache(layers.length);
    copy.copyFrom(this);
    return copy;
  }

  /// Forgets its text for that of another cache of the same decoder.
  public void copyFrom(KeyValueCache other) {
    length = other.length;
    for (int i = 0; i < layers.length; i++) {
      layers[i].copyFrom(other.layers[i], length);
    }
  }

  private static Tensor required(@Nullable Tensor tensor) {
    if (tensor == null) {
      throw new IllegalStateException("no token was put here yet");
    }
    return tensor;
  }

  /// The rows of one layer.
  private static final class Rows {
    private @Nullable Tensor keys;
    private @Nullable Tensor values;

    /// The position of the first row kept.
    private int first;

    private int window = Integer.MAX_VALUE;

    /// Writes the rows of the tokens at `position` and after it.
    void put(int position, Tensor k, Tensor v, int left) {
      window = left;
      int end = position + k.shape().rows();
      int capacity = keys == null ? 0 : keys.shape().rows();
      if (end - first > capacity) {
        int keepFrom = left == Integer.MAX_VALUE ? 0 : Math.max(first, position - left);
        int kept = position - keepFrom;
        int needed = end - keepFrom;
        // A window moves its rows only after as many tokens as it is wide.
        boolean fits = needed <= capacity && kept <= capacity / 2;
        int rows = fits ? capacity : Math.max(FIRST_ROWS, Math.addExact(needed, needed));
        keys = moved(keys, keepFrom - first, kept, rows, k);
        values = moved(values, keepFrom - first, kept, rows, v);
        first = keepFrom;
      }
      write(required(keys), position - first, k);
      write(required(values), position - first, v);
    }

    void copyFrom(Rows other, int length) {
      first = other.first;
      window = other.window;
      Tensor otherKeys = other.keys;
      Tensor otherValues = other.values;
      if (otherKeys != null && otherValues != null) {
        int kept = length - first;
        keys = copied(keys, otherKeys, kept);
        values = copied(values, otherValues, kept);
      }
    }

    private static Tensor copied(@Nullable Tensor own, Tensor from, int kept) {
      Tensor to =
          own != null && own.shape().rows() >= kept
              ? own
              : outside(kept + FIRST_ROWS, from.shape().width(), from.dtype());
      if (kept > 0) {
        write(to, 0, from.rows(0, kept));
      }
      return to;
    }

    private static Tensor moved(
        @Nullable Tensor from, int firstRow, int count, int rows, Tensor like) {
      long row = (long) like.shape().width() * like.dtype().bytes();
      Tensor to =
          from != null && from.shape().rows() == rows
              ? from
              : outside(rows, like.shape().width(), like.dtype());
      if (from != null && count > 0) {
        // MemorySegment.copyFrom is right for parts that overlap.
        to.memory()
            .asSlice(0, count * row)
            .copyFrom(from.memory().asSlice(firstRow * row, count * row));
      }
      return to;
    }

    /// Memory that outlives the step in which the tokens are computed.
    private static Tensor outside(int rows, int width, DType dtype) {
      long bytes = Math.multiplyExact((long) rows * width, dtype.bytes());
      return Tensor.over(Arena.ofAuto().allocate(bytes, 64), Shape.of(rows, width), dtype);
    }

    private static void write(Tensor to, int row, Tensor from) {
      to.rows(row, row + from.shape().rows()).memory().copyFrom(from.memory());
    }
  }
}
