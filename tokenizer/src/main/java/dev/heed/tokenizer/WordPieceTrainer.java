package dev.heed.tokenizer;

import dev.heed.tokenizer.TrainingProgress.Phase;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.model.WordPiece;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.train.PairMerging;
import dev.heed.tokenizer.train.WordCounts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Trains a WordPiece tokenizer, the kind that BERT uses, with its normalisation and its five
/// special tokens `[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`, ids 0 to 4.
///
/// Source: Hugging Face tokenizers' `WordPieceTrainer`, which learns the tokens as a byte-pair
/// encoding does; here the order does not depend on chance. Time and memory as [BpeTrainer].
///
/// @param vocabularySize tokens at the end, special ones included
/// @param minFrequency how often a pair must occur to become a token
/// @param lowercase whether case and accents are taken off
/// @param specialTokens beside the five, whose ids they follow
public record WordPieceTrainer(
    int vocabularySize, int minFrequency, boolean lowercase, List<String> specialTokens)
    implements TokenizerTrainer {
  private static final List<String> OWN = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
  private static final String PREFIX = "##";

  /// Rarer characters come out as unknown: half of a large vocabulary would be ideographs.
  private static final int MOST_CHARACTERS = 1000;

  public WordPieceTrainer {
    specialTokens = List.copyOf(specialTokens);
    special(vocabularySize, specialTokens);
    if (minFrequency < 1) {
      throw new IllegalArgumentException(
          "minFrequency must be 1 or more: received minFrequency=" + minFrequency);
    }
  }

  /// A trainer for `vocabularySize` tokens of lower-case text; pairs occur twice or more.
  public static WordPieceTrainer of(int vocabularySize) {
    return new WordPieceTrainer(vocabularySize, 2, true, List.of());
  }

  private static List<String> special(int vocabularySize, List<String> beside) {
    return SpecialTokens.join(OWN, beside, vocabularySize, 1, " and one more");
  }

  @Override
  public WordPieceTrainer withSpecialTokens(List<String> tokens) {
    return new WordPieceTrainer(vocabularySize, minFrequency, lowercase, tokens);
  }

  @Override
  public Tokenizer train(Iterable<String> texts, TrainingProgress progress) {
    Normalizer normalizer = new Normalizer.Bert(true, true, null, lowercase);
    PreTokenizer preTokenizer = new PreTokenizer.Bert();
    WordCounts words =
        TrainingWords.count(
            texts,
            (text, out) ->
                preTokenizer.split(
                    normalizer.apply(AlignedText.of(text)),
                    word -> out.word(word.chars(), word.from(), word.to())),
            progress);
    PairMerging.Result learnt = learn(words, progress);
    Vocabulary.Builder builder = new Vocabulary.Builder();
    for (int id = 0; id < learnt.tokens().size(); id++) {
      builder.add(learnt.tokens().get(id), id);
    }
    return new Tokenizer(
        new TokenizerDefinition(
            null,
            null,
            SpecialTokens.added(special(vocabularySize, specialTokens)),
            normalizer,
            preTokenizer,
            new WordPiece(builder.build(), "[UNK]", PREFIX, 100),
            VocabularyFiles.template(
                new PostProcessor.Special(List.of(2), List.of("[CLS]")),
                new PostProcessor.Special(List.of(3), List.of("[SEP]")),
                1),
            new Decoder.WordPiece(PREFIX, true)),
        new TokenizerConfig(
            null, null, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", 0, true, null));
  }

  private PairMerging.Result learn(WordCounts words, TrainingProgress progress) {
    List<String> tokens = new ArrayList<>(special(vocabularySize, specialTokens));
    Set<Integer> alphabet = alphabet(words, vocabularySize - tokens.size());
    Map<Integer, Integer> whole = new HashMap<>();
    Map<Integer, Integer> continuing = new HashMap<>();
    alphabet.stream()
        .sorted()
        .forEach(c -> {
          whole.put(c, tokens.size());
          tokens.add(Character.toString(c));
        });
    alphabet.stream()
        .sorted()
        .forEach(c -> {
          continuing.put(c, tokens.size());
          tokens.add(PREFIX + Character.toString(c));
        });
    int[] symbols = new int[1 << 12];
    int[] begins = new int[words.size() + 1];
    long[] counts = new long[words.size()];
    for (int w = 0; w < words.size(); w++) {
      int[] characters = words.word(w).codePoints().toArray();
      int end = begins[w];
      if (end + characters.length > symbols.length) {
        symbols = Arrays.copyOf(symbols, Math.max(end + characters.length, symbols.length * 2));
      }
      for (int i = 0; i < characters.length; i++) {
        Integer symbol = (i == 0 ? whole : continuing).get(characters[i]);
        if (symbol != null) {
          symbols[end++] = symbol;
        }
      }
      begins[w + 1] = end;
      counts[w] = words.count(w);
    }
    return new PairMerging(tokens, symbols, begins, counts, PREFIX)
        .learn(
            vocabularySize,
            minFrequency,
            size -> progress.update(Phase.LEARNING, size, vocabularySize));
  }

  /// The most frequent characters that `room` tokens have room for; of equally frequent ones the
  /// lower code points.
  private static Set<Integer> alphabet(WordCounts words, int room) {
    Map<Integer, Long> counts = new TreeMap<>();
    for (int w = 0; w < words.size(); w++) {
      long count = words.count(w);
      words.word(w).codePoints().forEach(c -> counts.merge(c, count, Long::sum));
    }
    // Each character takes two tokens.
    int most = Math.min(MOST_CHARACTERS, room / 2);
    Set<Integer> kept = new HashSet<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.<Integer, Long>comparingByValue().reversed())
        .limit(most)
        .forEach(entry -> kept.add(entry.getKey()));
    return kept;
  }
}
