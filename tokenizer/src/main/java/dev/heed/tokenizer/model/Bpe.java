package dev.heed.tokenizer.model;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.ByteAlphabet;
import dev.heed.tokenizer.text.Unicode;
import dev.heed.tokenizer.text.Utf8;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Byte-pair encoding: a word starts as single characters (or bytes) and neighbours merge, the pair
/// learnt first first.
///
/// Source: Sennrich et al. 2016; the treatment of unknown characters follows Hugging Face
/// tokenizers' `models/bpe`.
public final class Bpe implements Model {
  /// What a `tokenizer.json` may say beside vocabulary and merges.
  ///
  /// @param unknownToken stands for a character that the vocabulary lacks; without it such a
  ///   character vanishes
  /// @param continuingPrefix stands before every character of a word but the first
  /// @param endOfWordSuffix stands behind the last character of a word
  /// @param fuseUnknown whether neighbouring unknown characters become one token
  /// @param byteFallback whether a character that is not a token becomes its bytes, `<0xC3>`
  /// @param ignoreMerges whether a whole word that is a token is taken as it is
  public record Options(
      @Nullable String unknownToken,
      @Nullable String continuingPrefix,
      @Nullable String endOfWordSuffix,
      boolean fuseUnknown,
      boolean byteFallback,
      boolean ignoreMerges) {
    /// Nothing of it: what byte-level BPE uses.
    public static Options none() {
      return new Options(null, null, null, false, false, false);
    }
  }

  private final Vocabulary vocabulary;
  private final Merges merges;
  private final Options options;
  private final int unknownId;
  private final WordCache cache = new WordCache();

  /// Ids of the 256 byte tokens `<0x00>` … `<0xFF>`; [Vocabulary#ABSENT] where one is missing.
  private final int[] fallbackIds = new int[256];

  public Bpe(Vocabulary vocabulary, Merges merges, Options options) {
    this.vocabulary = vocabulary;
    this.merges = merges;
    this.options = options;
    this.unknownId =
        options.unknownToken() == null
            ? Vocabulary.ABSENT
            : vocabulary.find(options.unknownToken());
    for (int b = 0; b < 256; b++) {
      fallbackIds[b] = vocabulary.find("<0x%02X>".formatted(b));
    }
  }

  @Override
  public Vocabulary vocabulary() {
    return vocabulary;
  }

  public Merges merges() {
    return merges;
  }

  public Options options() {
    return options;
  }

  /// Ids of the 256 characters of [ByteAlphabet], or null where the vocabulary lacks one.
  public int @Nullable [] byteIds() {
    int[] ids = new int[256];
    char[] one = new char[1];
    for (int b = 0; b < 256; b++) {
      one[0] = ByteAlphabet.character(b);
      ids[b] = vocabulary.find(one, 0, 1);
      if (ids[b] == Vocabulary.ABSENT) {
        return null;
      }
    }
    return ids;
  }

  @Override
  public void tokenize(AlignedText word, int index, TokenBuffer tokens) {
    cache.tokenize(word, index, tokens, Vocabulary.ABSENT, this::cut);
  }

  private WordCache.Entry cut(int hash, char[] word) {
    if (options.ignoreMerges()) {
      int id = vocabulary.find(word, 0, word.length);
      if (id != Vocabulary.ABSENT) {
        return new WordCache.Entry(
            hash, word, new int[] {id}, new int[] {0}, new int[] {word.length});
      }
    }
    Symbols symbols = new Symbols(word.length * (options.byteFallback() ? 3 : 1));
    for (int i = 0, next; i < word.length; i = next) {
      int codePoint = Unicode.codePointAt(word, i, word.length);
      next = i + Character.charCount(codePoint);
      addCharacter(symbols, word, i, next, codePoint);
    }
    symbols.flushUnknown();
    int count = merges.apply(symbols.ids, symbols.bytes, symbols.size);
    return entry(hash, word, symbols, count);
  }

  private void addCharacter(Symbols symbols, char[] word, int begin, int end, int codePoint) {
    int bytes = Unicode.utf8Length(codePoint);
    boolean first = begin == 0;
    boolean last = end == word.length;
    char[] text = word;
    int from = begin;
    int to = end;
    String prefix = options.continuingPrefix();
    String suffix = options.endOfWordSuffix();
    if (!first && prefix != null || last && suffix != null) {
      String decorated =
          (first || prefix == null ? "" : prefix)
              + new String(word, begin, end - begin)
              + (last && suffix != null ? suffix : "");
      text = decorated.toCharArray();
      from = 0;
      to = text.length;
    }
    int id = vocabulary.find(text, from, to);
    if (id != Vocabulary.ABSENT) {
      symbols.flushUnknown();
      symbols.add(id, bytes);
    } else if (!options.byteFallback() || !addBytes(symbols, text, from, to)) {
      if (unknownId != Vocabulary.ABSENT) {
        symbols.unknown(unknownId, bytes, options.fuseUnknown());
      } else if (options.unknownToken() != null) {
        throw new IllegalStateException(
            "The unknown token \"%s\" of the tokenizer is not in its vocabulary"
                .formatted(options.unknownToken()));
      }
      // Otherwise it vanishes, and as in the reference what follows is placed that much too early.
    }
  }

  private boolean addBytes(Symbols symbols, char[] text, int from, int to) {
    byte[] utf8 = Utf8.encode(text, from, to);
    for (byte b : utf8) {
      if (fallbackIds[b & 0xff] == Vocabulary.ABSENT) {
        return false;
      }
    }
    for (byte b : utf8) {
      symbols.add(fallbackIds[b & 0xff], 1);
    }
    return true;
  }

  /// Turns lengths in bytes into spans of UTF-16 units; a token that covers part of a character
  /// spans the whole one.
  private static WordCache.Entry entry(int hash, char[] word, Symbols symbols, int count) {
    int[] starts = new int[count];
    int[] ends = new int[count];
    Utf8.Position position = new Utf8.Position(word, 0, word.length);
    int at = 0;
    for (int i = 0; i < count; i++) {
      starts[i] = position.characterAt(at);
      at += symbols.bytes[i];
      ends[i] = position.characterEnd(at);
    }
    return new WordCache.Entry(hash, word, Arrays.copyOf(symbols.ids, count), starts, ends);
  }

  /// The symbols of a word before merging.
  private static final class Symbols {
    private int[] ids;
    private int[] bytes;
    private int size;
    private int unknownId = Vocabulary.ABSENT;
    private int unknownBytes;

    Symbols(int capacity) {
      ids = new int[Math.max(4, capacity)];
      bytes = new int[ids.length];
    }

    void add(int id, int length) {
      if (size == ids.length) {
        ids = Arrays.copyOf(ids, size * 2);
        bytes = Arrays.copyOf(bytes, size * 2);
      }
      ids[size] = id;
      bytes[size++] = length;
    }

    void unknown(int id, int length, boolean fuse) {
      if (unknownId != Vocabulary.ABSENT && fuse) {
        unknownBytes += length;
        return;
      }
      flushUnknown();
      unknownId = id;
      unknownBytes = length;
    }

    void flushUnknown() {
      if (unknownId != Vocabulary.ABSENT) {
        add(unknownId, unknownBytes);
        unknownId = Vocabulary.ABSENT;
      }
    }
  }
}
