package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.Unicode;
import dev.heed.tokenizer.text.Utf8;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// SentencePiece's unigram model: of all ways to cut a text the one whose tokens' log probabilities
/// have the largest sum (Viterbi).
///
/// Source: Kudo 2018; the treatment of unknown characters as in Hugging Face tokenizers'
/// `models/unigram`.
public final class Unigram implements Model {
  /// How much less likely an unknown character is than the least likely token (in nats).
  private static final double UNKNOWN_PENALTY = 10;

  private final List<String> pieces;
  private final double[] scores;
  private final int unknownId;
  private final boolean byteFallback;
  private final Vocabulary vocabulary;
  private final CharTrie trie = new CharTrie();
  private final double unknownScore;
  private final int visible;
  private final int @Nullable [] byteIds;
  private final WordCache cache = new WordCache();

  /// @param pieces the tokens, their index is their id
  /// @param scores log probabilities; a token of negative infinity is never cut
  /// @param unknownId the token for what no token covers, [Vocabulary#ABSENT] where there is none
  /// @param byteFallback whether a character that no token covers becomes its bytes, `<0xC3>`
  /// @throws IllegalArgumentException where the parts do not fit together
  public Unigram(List<String> pieces, double[] scores, int unknownId, boolean byteFallback) {
    this(pieces, scores, unknownId, byteFallback, pieces.size());
  }

  /// A model whose pieces from the index `visible` on are cut but come out as unknown, for files
  /// whose vocabulary lacks some of the pieces.
  ///
  /// @throws IllegalArgumentException where the parts do not fit together
  public Unigram(
      List<String> pieces, double[] scores, int unknownId, boolean byteFallback, int visible) {
    this.visible = visible;
    if (pieces.size() != scores.length) {
      throw new IllegalArgumentException(
          "Expected a score for each of %d pieces: received %d"
              .formatted(pieces.size(), scores.length));
    }
    if (unknownId < Vocabulary.ABSENT || unknownId >= pieces.size()) {
      throw new IllegalArgumentException(
          "unk_id must be one of %d pieces: received unk_id=%d"
              .formatted(pieces.size(), unknownId));
    }
    this.pieces = List.copyOf(pieces);
    this.scores = scores.clone();
    this.unknownId = unknownId;
    this.byteFallback = byteFallback;
    Vocabulary.Builder builder = new Vocabulary.Builder();
    double least = Double.POSITIVE_INFINITY;
    for (int id = 0; id < scores.length; id++) {
      if (id < visible) {
        builder.add(pieces.get(id), id);
      }
      if (scores[id] != Double.NEGATIVE_INFINITY) {
        trie.put(pieces.get(id), id);
        least = Math.min(least, scores[id]);
      }
    }
    this.vocabulary = builder.build();
    this.unknownScore = least - UNKNOWN_PENALTY;
    this.byteIds = byteFallback ? byteIds(vocabulary) : null;
  }

  private static int @Nullable [] byteIds(Vocabulary vocabulary) {
    int[] ids = new int[256];
    for (int b = 0; b < 256; b++) {
      ids[b] = vocabulary.find("<0x%02X>".formatted(b));
    }
    return ids;
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  /// The tokens by id; the same text may occur twice.
  public List<String> pieces() {
    return pieces;
  }

  public double score(int id) {
    return scores[id];
  }

  /// The number of pieces that come out as themselves.
  public int visible() {
    return visible;
  }

  public int unknownId() {
    return unknownId;
  }

  public boolean byteFallback() {
    return byteFallback;
  }

  @Override
  public void tokenize(AlignedText word, int index, TokenBuffer tokens) {
    cache.tokenize(word, index, tokens, unknownId, this::cut);
  }

  private WordCache.Entry cut(int hash, char[] word) {
    int n = word.length;
    double[] best = new double[n + 1];
    int[] from = new int[n + 1];
    int[] ids = new int[n + 1];
    Arrays.fill(from, -1);
    for (int i = 0; i < n; ) {
      int width = Character.charCount(Unicode.codePointAt(word, i, n));
      boolean covered = false;
      int node = CharTrie.root();
      for (int end = i + 1; end <= n; end++) {
        node = trie.child(node, word[end - 1]);
        if (node < 0) {
          break;
        }
        int id = trie.value(node);
        if (id >= 0) {
          offer(best, from, ids, i, end, id, best[i] + scores[id]);
          covered |= end == i + width;
        }
      }
      if (!covered) {
        if (unknownId < 0) {
          throw new IllegalStateException(
              "The tokenizer met a character that no token covers, and it has no unknown token");
        }
        offer(best, from, ids, i, i + width, unknownId, best[i] + unknownScore);
      }
      i += width;
    }
    return entry(hash, word, from, ids);
  }

  private static void offer(
      double[] best, int[] from, int[] ids, int begin, int end, int id, double score) {
    if (from[end] < 0 || score > best[end]) {
      best[end] = score;
      from[end] = begin;
      ids[end] = id;
    }
  }

  /// Walks the best way from the back; neighbouring unknown characters become one token.
  private WordCache.Entry entry(int hash, char[] word, int[] from, int[] ids) {
    Pieces found = new Pieces(word.length);
    for (int end = word.length; end > 0; ) {
      int begin = from[end];
      if (ids[end] == unknownId) {
        while (begin > 0 && ids[begin] == unknownId) {
          begin = from[begin];
        }
        addUnknown(word, begin, end, found);
      } else {
        found.add(ids[end], begin, end);
      }
      end = begin;
    }
    found.reverse();
    for (int i = 0; i < found.size; i++) {
      found.ids[i] = found.ids[i] < visible ? found.ids[i] : unknownId;
    }
    return WordCache.entry(hash, word, found.ids, found.starts, found.ends, found.size);
  }

  private void addUnknown(char[] word, int begin, int end, Pieces found) {
    int known = vocabulary.find(word, begin, end);
    if (known != Vocabulary.ABSENT) {
      found.add(known, begin, end);
      return;
    }
    int[] bytes = byteIds;
    if (bytes != null) {
      byte[] utf8 = Utf8.encode(word, begin, end);
      boolean all = true;
      for (byte b : utf8) {
        all &= bytes[b & 0xff] != Vocabulary.ABSENT;
      }
      if (all) {
        for (int i = utf8.length - 1; i >= 0; i--) {
          found.add(bytes[utf8[i] & 0xff], begin, end);
        }
        return;
      }
    }
    found.add(unknownId, begin, end);
  }

  /// Tokens in the order in which they are found, the last of the word first.
  private static final class Pieces {
    private int[] ids;
    private int[] starts;
    private int[] ends;
    private int size;

    Pieces(int capacity) {
      ids = new int[Math.max(4, capacity)];
      starts = new int[ids.length];
      ends = new int[ids.length];
    }

    void add(int id, int start, int end) {
      if (size == ids.length) {
        ids = Arrays.copyOf(ids, size * 2);
        starts = Arrays.copyOf(starts, size * 2);
        ends = Arrays.copyOf(ends, size * 2);
      }
      ids[size] = id;
      starts[size] = start;
      ends[size++] = end;
    }

    void reverse() {
      for (int i = 0, j = size - 1; i < j; i++, j--) {
        swap(ids, i, j);
        swap(starts, i, j);
        swap(ends, i, j);
      }
    }

    private static void swap(int[] items, int i, int j) {
      int item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
  }
}
