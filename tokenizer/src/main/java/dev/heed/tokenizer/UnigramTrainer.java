package dev.heed.tokenizer;

import dev.heed.tokenizer.TrainingProgress.Phase;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Unigram;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.PreTokenizer.Metaspace.Prepend;
import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.train.UnigramLearning;
import dev.heed.tokenizer.train.WordCounts;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Trains a unigram tokenizer, the kind that T5 and XLM-R use, with the special tokens `<pad>`,
/// `</s>`, `<unk>`, ids 0 to 2; a text is ended by `</s>`, as T5 wants it.
///
/// The same texts give the same tokenizer. Memory as [BpeTrainer].
///
/// @param vocabularySize tokens at the end, special ones included
/// @param specialTokens beside the three, whose ids they follow
public record UnigramTrainer(int vocabularySize, List<String> specialTokens)
    implements TokenizerTrainer {
  private static final List<String> OWN = List.of("<pad>", "</s>", "<unk>");
  private static final int END = 1;
  private static final int UNKNOWN = 2;

  public UnigramTrainer {
    specialTokens = List.copyOf(specialTokens);
    special(vocabularySize, specialTokens);
  }

  /// A trainer for `vocabularySize` tokens.
  public static UnigramTrainer of(int vocabularySize) {
    return new UnigramTrainer(vocabularySize, List.of());
  }

  private static List<String> special(int vocabularySize, List<String> beside) {
    return SpecialTokens.join(OWN, beside, vocabularySize, 1, " and one more");
  }

  /// Lines of files come with their ends, which would become pieces of the last word.
  private static String withoutLineEnd(String text) {
    int end = text.length() - (text.endsWith("\r\n") ? 2 : text.endsWith("\n") ? 1 : 0);
    return text.substring(0, end);
  }

  @Override
  public UnigramTrainer withSpecialTokens(List<String> tokens) {
    return new UnigramTrainer(vocabularySize, tokens);
  }

  @Override
  public Tokenizer train(Iterable<String> texts, TrainingProgress progress) {
    Normalizer normalizer = new Normalizer.UnicodeForm(Form.NFKC);
    // Runs of spaces make empty words, which are a space mark alone.
    PreTokenizer preTokenizer = new PreTokenizer.Metaspace("▁", Prepend.ALWAYS, true);
    WordCounts words =
        TrainingWords.count(
            texts,
            (text, out) ->
                preTokenizer.split(
                    normalizer.apply(AlignedText.of(withoutLineEnd(text))),
                    word -> out.word(word.chars(), word.from(), word.to())),
            progress);
    if (words.size() == 0) {
      throw new IllegalArgumentException("Expected text to train on: received none");
    }
    List<String> special = special(vocabularySize, specialTokens);
    UnigramLearning.Result learnt =
        new UnigramLearning(words)
            .learn(
                vocabularySize - special.size(),
                done ->
                    progress.update(
                        Phase.LEARNING, Math.round(done * vocabularySize), vocabularySize));
    List<String> pieces = new ArrayList<>(special);
    pieces.addAll(learnt.pieces());
    double[] scores = new double[pieces.size()];
    System.arraycopy(learnt.scores(), 0, scores, special.size(), learnt.scores().length);
    Arrays.fill(scores, 0, special.size(), 0);
    PostProcessor.Piece end =
        new PostProcessor.Piece.Added(
            "</s>", new PostProcessor.Special(List.of(END), List.of("</s>")), 0);
    PostProcessor.Piece a = new PostProcessor.Piece.Text(0, 0);
    PostProcessor.Piece b = new PostProcessor.Piece.Text(1, 0);
    return new Tokenizer(
        new TokenizerDefinition(
            null,
            null,
            SpecialTokens.added(special),
            normalizer,
            preTokenizer,
            new Unigram(pieces, scores, UNKNOWN, false),
            new PostProcessor.Template(List.of(a, end), List.of(a, end, b, end)),
            new Decoder.Metaspace("▁", Prepend.ALWAYS)),
        new TokenizerConfig(null, "</s>", "<unk>", null, "<pad>", null, null, 0, false, null));
  }
}
