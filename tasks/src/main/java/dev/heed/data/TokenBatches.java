package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.training.TrainingData;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Batches for language modelling: texts of different lengths packed one after the other, no
/// padding. Each pass goes through all texts once, in an order of its own that follows from the
/// seed.
public final class TokenBatches implements TrainingData<TokenBatches.Batch> {
  private final StoredTokens texts;
  private final int longest;
  private final int[] firstPiece; // of each text, and how many there are
  private final int piecesPerBatch;
  private final long seed;
  private final boolean shuffled;
  private long orderOf = -1;
  private int[] order = new int[0];

  /// A batch: every token and the one after it.
  ///
  /// @param ids I32 [N]
  /// @param sequences where each text starts
  /// @param targets I32 [N]
  public record Batch(Tensor ids, Sequences sequences, Tensor targets) {
    /// The number of targets.
    public int count() {
      return sequences.rows();
    }
  }

  private TokenBatches(
      StoredTokens texts,
      int longest,
      int[] firstPiece,
      int piecesPerBatch,
      long seed,
      boolean shuffled) {
    this.texts = texts;
    this.longest = longest;
    this.firstPiece = firstPiece;
    this.piecesPerBatch = Math.clamp(piecesPerBatch, 1, firstPiece[texts.texts()]);
    this.seed = seed;
    this.shuffled = shuffled;
  }

  /// Batches of about `tokens` tokens each.
  ///
  /// @param texts the token ids of each text, its end included; one longer than `longest` + 1 is
  ///   cut into pieces that share one token, so that nothing is left untold
  /// @param shuffled whether each pass has an order of its own
  public static TokenBatches of(
      List<int[]> texts, int tokens, int longest, long seed, boolean shuffled) {
    return of(StoredTokens.of(texts), tokens, longest, seed, shuffled);
  }

  /// The same of texts that may be larger than memory.
  public static TokenBatches of(
      StoredTokens texts, int tokens, int longest, long seed, boolean shuffled) {
    int[] firstPiece = new int[texts.texts() + 1];
    long total = 0;
    for (int i = 0; i < texts.texts(); i++) {
      long targets = Math.max(0, texts.length(i) - 1);
      int pieces = Math.toIntExact(Math.ceilDiv(targets, longest));
      firstPiece[i + 1] = Math.addExact(firstPiece[i], pieces);
      total += targets;
    }
    long pieces = firstPiece[texts.texts()];
    if (pieces == 0) {
      throw new IllegalArgumentException(
          "there must be a text with 2 tokens or more: received none");
    }
    int perBatch = (int) Math.max(1, tokens * pieces / total);
    return new TokenBatches(texts, longest, firstPiece, perBatch, seed, shuffled);
  }

  @Override
  public long batchesPerEpoch() {
    return Math.ceilDiv(pieces(), piecesPerBatch);
  }

  private int pieces() {
    return firstPiece[texts.texts()];
  }

  @Override
  public synchronized Batch batch(long index) {
    List<int[]> chosen = Arrays.stream(chosen(index)).mapToObj(this::piece).toList();
    Sequences sequences =
        Sequences.ofLengths(chosen.stream().mapToInt(piece -> piece.length - 1).toArray());
    int[] ids = new int[sequences.rows()];
    int[] targets = new int[sequences.rows()];
    for (int i = 0; i < chosen.size(); i++) {
      int start = sequences.start(i);
      int length = sequences.length(i);
      System.arraycopy(chosen.get(i), 0, ids, start, length);
      System.arraycopy(chosen.get(i), 1, targets, start, length);
    }
    return new Batch(Tensor.of(ids, ids.length), sequences, Tensor.of(targets, targets.length));
  }

  @Override
  public synchronized long rows(long index) {
    return Arrays.stream(chosen(index)).mapToLong(this::targets).sum();
  }

  @Override
  public TokenBatches inPartsOf(int parts) {
    return new TokenBatches(
        texts, longest, firstPiece, Math.ceilDiv(piecesPerBatch, parts), seed, shuffled);
  }

  /// The pieces of a batch.
  private int[] chosen(long index) {
    long epoch = index / batchesPerEpoch();
    if (shuffled && orderOf != epoch) {
      order = CounterRandom.permutation(pieces(), CounterRandom.key(seed, epoch, -1));
      orderOf = epoch;
    }
    int from = Math.toIntExact(index % batchesPerEpoch()) * piecesPerBatch;
    int to = Math.min(pieces(), from + piecesPerBatch);
    return IntStream.range(from, to).map(place -> shuffled ? order[place] : place).toArray();
  }

  private int text(int piece) {
    int found = Arrays.binarySearch(firstPiece, piece);
    int text = found >= 0 ? found : -found - 2;
    while (firstPiece[text + 1] == piece) { // texts without pieces begin where the next one does
      text++;
    }
    return text;
  }

  private int targets(int piece) {
    int text = text(piece);
    long from = (long) (piece - firstPiece[text]) * longest;
    return (int) Math.min(longest, texts.length(text) - 1 - from);
  }

  private int[] piece(int piece) {
    int text = text(piece);
    long from = (long) (piece - firstPiece[text]) * longest;
    return texts.ids(text, from, from + targets(piece) + 1);
  }
}
