package dev.heed.task;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.task.Translator.Translation;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/// What translates texts: a Transformer, or what came before it.
public abstract sealed class TextTranslator permits Translator, RecurrentTranslator {
  /// Opens a directory: a Transformer's in Hugging Face's layout, or a recurrent one's, which
  /// [RecurrentTranslator#save] wrote.
  ///
  /// @throws dev.heed.model.ModelException if its architecture is not known, or the files do not
  ///   fit together
  /// @throws java.io.UncheckedIOException if a file is missing or cannot be read
  public static TextTranslator load(Path directory) {
    return RecurrentTranslator.isIn(directory)
        ? RecurrentTranslator.load(directory)
        : Translator.load(directory);
  }

  /// The tokens of a source, with the end that the model expects.
  public abstract int[] encode(String text);

  /// The most tokens of a source or translation.
  public abstract int maximumLength();

  /// Translates token ids as they are, the end included; none give an empty translation.
  ///
  /// @param progress hears now and then how many are done
  /// @throws IllegalArgumentException if one is longer than the model's longest text
  public abstract List<Translation> translateIds(List<int[]> sources, IntConsumer progress);

  /// The same with another number of beams; 1 takes the most probable token each time.
  public abstract TextTranslator withBeams(int count);

  /// Writes a directory that [#load] opens.
  public abstract void save(Path directory);

  /// Translates a text.
  ///
  /// @throws IllegalArgumentException if it is longer than the model's longest text
  public final Translation translate(String text) {
    return translate(List.of(text)).getFirst();
  }

  /// Translates texts, each alone; a blank one stays so.
  ///
  /// @throws IllegalArgumentException if one is longer than the model's longest text
  public final List<Translation> translate(List<String> texts) {
    return translateIds(
        texts.stream().map(text -> text.isBlank() ? new int[0] : encode(text)).toList(),
        done -> {});
  }

  /// The tokens of the pairs that are not too long for the model.
  abstract List<PairBatches.Pair> encode(List<TextPairs.Pair> pairs);

  /// The number of tokens V of translations.
  abstract int vocabulary();

  /// The token before a translation's first.
  abstract int startToken();

  /// Logits [N, V] of each target token of a batch from those before it.
  abstract Tensor logits(PairBatches.Batch batch);
}
