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
public record UnigramTrainer(int vocabularySize) {
  private static final List<String> SPECIAL = List.of("<pad>", "</s>", "<unk>");
  private static final int END = 1;
  private static final int UNKNOWN = 2;

  public UnigramTrainer {
    if (vocabularySize <= SPECIAL.size()) {
      throw new IllegalArgumentException(
          "vocabularySize must be more than the %d special tokens: received vocabularySize=%d"
              .formatted(SPECIAL.size(), vocabularySize));
    }
  }

  /// Trains on `texts`, which are read once, one at a time.
  public Tokenizer train(Iterable<String> texts) {
    return train(texts, TrainingProgress.SILENT);
  }

  /// Trains on `texts`, which are read once, one at a time, and reports to `progress`.
  ///
  /// @throws IllegalArgumentException where there is no text
  public Tokenizer train(Iterable<String> texts, TrainingProgress progress) {
    Normalizer normalizer = new Normalizer.UnicodeForm(Form.NFKC);
    // Runs of spaces make empty words, which are a space mark alone.
    PreTokenizer preTokenizer = new PreTokenizer.Metaspace("▁", Prepend.ALWAYS, true);
    WordCounts words =
        TrainingWords.count(
            texts,
            (text, out) ->
                preTokenizer.split(
                    normalizer.apply(AlignedText.of(text)),
                    word -> out.word(word.chars(), word.from(), word.to())),
            progress);
    if (words.size() == 0) {
      throw new IllegalArgumentException("Expected text to train on: received none");
    }
    UnigramLearning.Result learnt =
        new UnigramLearning(words)
            .learn(
                vocabularySize - SPECIAL.size(),
                size -> progress.update(Phase.LEARNING, size, vocabularySize));
    List<String> pieces = new ArrayList<>(SPECIAL);
    pieces.addAll(learnt.pieces());
    double[] scores = new double[pieces.size()];
    System.arraycopy(learnt.scores(), 0, scores, SPECIAL.size(), learnt.scores().length);
    Arrays.fill(scores, 0, SPECIAL.size(), 0);
    List<AddedToken> added = new ArrayList<>();
    for (int id = 0; id < SPECIAL.size(); id++) {
      added.add(AddedToken.special(SPECIAL.get(id), id));
    }
    PostProcessor.Piece end =
        new PostProcessor.Piece.Added(
            "</s>", new PostProcessor.Special(List.of(END), List.of("</s>")), 0);
    PostProcessor.Piece a = new PostProcessor.Piece.Text(0, 0);
    PostProcessor.Piece b = new PostProcessor.Piece.Text(1, 0);
    return new Tokenizer(
        new TokenizerDefinition(
            null,
            null,
            added,
            normalizer,
            preTokenizer,
            new Unigram(pieces, scores, UNKNOWN, false),
            new PostProcessor.Template(List.of(a, end), List.of(a, end, b, end)),
            new Decoder.Metaspace("▁", Prepend.ALWAYS)),
        new TokenizerConfig(null, "</s>", "<unk>", null, "<pad>", null, null, 0, null));
  }
}
