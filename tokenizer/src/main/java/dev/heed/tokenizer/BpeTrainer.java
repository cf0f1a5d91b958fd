package dev.heed.tokenizer;

import dev.heed.tokenizer.TrainingProgress.Phase;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Merges;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.split.Gpt2Scanner;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.text.ByteAlphabet;
import dev.heed.tokenizer.text.Utf8;
import dev.heed.tokenizer.train.PairMerging;
import dev.heed.tokenizer.train.WordCounts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Trains a byte-level BPE tokenizer, the kind that GPT-2 and its successors use: every text can be
/// encoded, and decoding gives it back.
///
/// Time grows linearly with the text; memory is bounded, for of more than two million distinct
/// words the rarest are forgotten. The same texts give the same tokenizer, whatever the machine.
///
/// Differs: words longer than 512 UTF-16 units are learnt from in pieces of that length, so that
/// one line without spaces does not cost the square of its length.
///
/// @param vocabularySize tokens at the end: the special token, 256 bytes, and merges; fewer where
///   the text has no more pairs to merge
/// @param minFrequency how often a pair must occur to become a token
/// @param endOfText the special token that ends a text, id 0
public record BpeTrainer(int vocabularySize, int minFrequency, String endOfText) {
  public BpeTrainer {
    if (vocabularySize < 257) {
      throw new IllegalArgumentException(
          "vocabularySize must be 257 or more (256 bytes and the end of a text): "
              + "received vocabularySize="
              + vocabularySize);
    }
    if (minFrequency < 1) {
      throw new IllegalArgumentException(
          "minFrequency must be 1 or more: received minFrequency=" + minFrequency);
    }
    if (endOfText.isEmpty()) {
      throw new IllegalArgumentException("endOfText must not be empty");
    }
  }

  /// A trainer for `vocabularySize` tokens, with GPT-2's `<|endoftext|>`; pairs occur twice or
  /// more.
  public static BpeTrainer of(int vocabularySize) {
    return new BpeTrainer(vocabularySize, 2, "<|endoftext|>");
  }

  /// Trains on `texts`, which are read once, one at a time.
  public Tokenizer train(Iterable<String> texts) {
    return train(texts, TrainingProgress.SILENT);
  }

  /// Trains on `texts`, which are read once, one at a time, and reports to `progress`.
  public Tokenizer train(Iterable<String> texts, TrainingProgress progress) {
    Gpt2Scanner scanner = new Gpt2Scanner();
    WordCounts words =
        TrainingWords.count(
            texts,
            (text, out) -> {
              char[] chars = text.toCharArray();
              for (int from = 0; from < chars.length; ) {
                int end = scanner.wordEnd(chars, from, chars.length);
                out.word(chars, from, end);
                from = end;
              }
            },
            progress);
    return tokenizer(learn(words, progress));
  }

  private PairMerging.Result learn(WordCounts words, TrainingProgress progress) {
    List<String> tokens = new ArrayList<>();
    tokens.add(endOfText);
    int[] byteIds = new int[256];
    // In the order of their stand-in characters, as Hugging Face's trainer has them.
    for (char c = 0; tokens.size() <= 256; c++) {
      int b = ByteAlphabet.byteOf(c);
      if (b >= 0) {
        byteIds[b] = tokens.size();
        tokens.add(String.valueOf(c));
      }
    }
    int[] symbols = new int[1 << 12];
    int[] begins = new int[words.size() + 1];
    long[] counts = new long[words.size()];
    for (int w = 0; w < words.size(); w++) {
      byte[] utf8 = Utf8.encode(words.characters(), words.begin(w), words.end(w));
      int end = begins[w] + utf8.length;
      if (end > symbols.length) {
        symbols = Arrays.copyOf(symbols, Math.max(end, symbols.length * 2));
      }
      for (int i = 0; i < utf8.length; i++) {
        symbols[begins[w] + i] = byteIds[utf8[i] & 0xff];
      }
      begins[w + 1] = end;
      counts[w] = words.count(w);
    }
    return new PairMerging(tokens, symbols, begins, counts, "")
        .learn(
            vocabularySize,
            minFrequency,
            size -> progress.update(Phase.LEARNING, size, vocabularySize));
  }

  private Tokenizer tokenizer(PairMerging.Result learnt) {
    Vocabulary.Builder vocabulary = new Vocabulary.Builder();
    for (int id = 0; id < learnt.tokens().size(); id++) {
      vocabulary.add(learnt.tokens().get(id), id);
    }
    Merges merges = new Merges(learnt.lefts(), learnt.rights(), learnt.merged());
    return new Tokenizer(
        new TokenizerDefinition(
            null,
            null,
            List.of(AddedToken.special(endOfText, 0)),
            null,
            new PreTokenizer.ByteLevel(false, true, true),
            new Bpe(vocabulary.build(), merges, Bpe.Options.none()),
            new PostProcessor.ByteLevel(true, false, true),
            new Decoder.ByteLevel()),
        TokenizerConfig.endOfText(endOfText));
  }
}
