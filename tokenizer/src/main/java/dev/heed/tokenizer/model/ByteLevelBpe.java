package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.ByteAlphabet;
import dev.heed.tokenizer.text.Utf8;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Byte-level BPE straight from characters: what the byte-level pre-tokenizer and [Bpe] do
/// together, without writing the stand-in characters down.
public final class ByteLevelBpe {
  private final Bpe bpe;
  private final int[] byteIds;
  private final WordCache cache = new WordCache();

  private ByteLevelBpe(Bpe bpe, int[] byteIds) {
    this.bpe = bpe;
    this.byteIds = byteIds;
  }

  /// Null where `bpe` cannot be applied to bytes: a byte is missing, or it marks word ends.
  public static @Nullable ByteLevelBpe of(Bpe bpe) {
    int[] byteIds = bpe.byteIds();
    Bpe.Options options = bpe.options();
    boolean marks = options.continuingPrefix() != null || options.endOfWordSuffix() != null;
    return byteIds == null || marks ? null : new ByteLevelBpe(bpe, byteIds);
  }

  /// Appends the tokens of the word in `text` from `from` to `to`, positions in its characters.
  public void tokenize(AlignedText text, int from, int to, int index, TokenBuffer tokens) {
    char[] chars = text.chars();
    WordCache.Entry entry;
    if (to - from > WordCache.LONGEST_WORD) {
      entry = cut(0, chars, from, to);
    } else {
      int hash = WordCache.hash(chars, from, to);
      entry = cache.find(hash, chars, from, to);
      if (entry == null) {
        entry = cut(hash, chars, from, to);
        cache.put(entry);
      }
    }
    int[] ids = entry.ids;
    if (text.isOriginal()) {
      for (int i = 0; i < ids.length; i++) {
        tokens.add(ids[i], from + entry.starts[i], from + entry.ends[i], index);
      }
    } else {
      for (int i = 0; i < ids.length; i++) {
        tokens.add(
            ids[i],
            text.originalStart(from + entry.starts[i]),
            text.originalEnd(from + entry.ends[i] - 1),
            index);
      }
    }
  }

  private WordCache.Entry cut(int hash, char[] chars, int from, int to) {
    char[] word = Arrays.copyOfRange(chars, from, to);
    byte[] bytes = Utf8.encode(word, 0, word.length);
    if (bpe.options().ignoreMerges()) {
      int id = whole(bytes);
      if (id != Vocabulary.ABSENT) {
        return new WordCache.Entry(
            hash, word, new int[] {id}, new int[] {0}, new int[] {word.length});
      }
    }
    int[] symbols = new int[bytes.length];
    int[] lengths = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      symbols[i] = byteIds[bytes[i] & 0xff];
      lengths[i] = 1;
    }
    int count = bpe.merges().apply(symbols, lengths, bytes.length);
    int[] starts = new int[count];
    int[] ends = new int[count];
    Utf8.Position position = new Utf8.Position(word, 0, word.length);
    int at = 0;
    for (int i = 0; i < count; i++) {
      starts[i] = position.characterAt(at);
      at += lengths[i];
      ends[i] = position.characterEnd(at);
    }
    return new WordCache.Entry(hash, word, Arrays.copyOf(symbols, count), starts, ends);
  }

  private int whole(byte[] bytes) {
    char[] standIns = new char[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      standIns[i] = ByteAlphabet.character(bytes[i] & 0xff);
    }
    return bpe.vocabulary().find(standIns, 0, standIns.length);
  }
}
