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
/// @param vocabularySize tokens at the end: special tokens, 256 bytes, and merges; fewer where the
///   text has no more pairs to merge
/// @param minFrequency how often a pair must occur to become a token
/// @param specialTokens their ids count from 0; the first one ends a text
public record BpeTrainer(int vocabularySize, int minFrequency, List<String> specialTokens)
    implements TokenizerTrainer {
  public BpeTrainer {
    if (specialTokens.isEmpty()) {
      throw new IllegalArgumentException("a special token that ends a text is needed");
    }
    specialTokens =
        SpecialTokens.join(List.of(), specialTokens, vocabularySize, 256, " and 256 bytes");
    if (minFrequency < 1) {
      throw new IllegalArgumentException(
          "minFrequency must be 1 or more: received minFrequency=" + minFrequency);
    }
  }

  /// A trainer for `vocabularySize` tokens, with GPT-2's `<|endoftext|>`; pairs occur twice or
  /// more.
  public static BpeTrainer of(int vocabularySize) {
    return new BpeTrainer(vocabularySize, 2, List.of("<|endoftext|>"));
  }

  @Override
  public BpeTrainer withSpecialTokens(List<String> tokens) {
    List<String> all = new ArrayList<>(specialTokens);
    all.addAll(tokens);
    return new BpeTrainer(vocabularySize, minFrequency, all);
  }

  @Override
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
    List<String> tokens = new ArrayList<>(specialTokens);
    int[] byteIds = new int[256];
    // In the order of their stand-in characters, as Hugging Face's trainer has them.
    for (char c = 0; tokens.size() < specialTokens.size() + 256; c++) {
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
            SpecialTokens.added(specialTokens),
            null,
            new PreTokenizer.ByteLevel(false, true, true),
            new Bpe(vocabulary.build(), merges, Bpe.Options.none()),
            new PostProcessor.ByteLevel(true, false, true),
            new Decoder.ByteLevel()),
        TokenizerConfig.endOfText(specialTokens.getFirst()));
  }
}
