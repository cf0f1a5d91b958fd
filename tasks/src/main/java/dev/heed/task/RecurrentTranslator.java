package dev.heed.task;

import dev.heed.data.TextPairs;
import dev.heed.generation.BeamModel;
import dev.heed.generation.BeamSearch;
import dev.heed.generation.BeamSettings;
import dev.heed.nn.Initializer;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Attention;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Source;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Step;
import dev.heed.task.Translator.Translation;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A translator as there were before the Transformer: a recurrent encoder and decoder, without
/// attention or with Bahdanau's or Luong's. It learns as [TranslationTraining] does, and its
/// translations are looked for by the same beam search.
public final class RecurrentTranslator {
  private final RecurrentEncoderDecoder model;
  private final Tokenizer tokenizer;
  private final int longest;
  private final int start;
  private final int end;
  private final PairTrainer trainer;

  /// What a model looks like.
  ///
  /// @param width the width of the tokens' vectors
  /// @param stateWidth the width of the decoder's state
  /// @param longest the most tokens of a text
  /// @param dropout the share dropped in training
  public record Architecture(int width, int stateWidth, int longest, double dropout) {}

  /// A new translator.
  ///
  /// @param tokenizer such as [TranslationTraining#tokenizer] makes
  public RecurrentTranslator(
      Attention attention,
      Architecture architecture,
      TranslationTraining.Settings settings,
      Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.longest = architecture.longest;
    this.start = tokenizer.idOf(TranslationTraining.PADDING).orElseThrow();
    this.end = tokenizer.idOf(TranslationTraining.END).orElseThrow();
    this.model =
        new RecurrentEncoderDecoder(
            new RecurrentEncoderDecoder.Configuration(
                tokenizer.vocabularySize(),
                architecture.width,
                architecture.stateWidth,
                attention,
                architecture.dropout),
            Initializer.seeded(settings.seed()));
    this.trainer = new PairTrainer(settings, model, model::loss, start, null);
  }

  /// The number of parameters.
  public long parameterCount() {
    return model.parameterCount();
  }

  /// Trains on `learned` and evaluates on `heldOut`, or not where that is empty; pairs longer than
  /// the model takes are left out. At the end the model has the average of its last weights.
  public Trainer.History train(
      List<TextPairs.Pair> learned, List<TextPairs.Pair> heldOut, TrainingProgress progress) {
    return trainer.run(
        PairTrainer.encoded(tokenizer, tokenizer, learned, longest),
        PairTrainer.encoded(tokenizer, tokenizer, heldOut, longest),
        progress);
  }

  PairTrainer trainer() {
    return trainer;
  }

  /// Translates texts, each alone; a blank one stays so.
  ///
  /// @throws IllegalArgumentException if one is longer than the longest text
  public List<Translation> translate(List<String> texts) {
    List<int[]> sources =
        texts.stream()
            .map(text -> text.isBlank() ? new int[0] : tokenizer.encode(text).ids())
            .toList();
    return translateIds(sources, longest - 1, done -> {});
  }

  /// Translates token ids as they are, the end included.
  ///
  /// @param maximumTokens the most tokens of a translation, its end included
  List<Translation> translateIds(List<int[]> sources, int maximumTokens, IntConsumer progress) {
    BeamSearch<Text> search =
        new BeamSearch<>(
            new Beams(),
            BeamSettings.of(TranslationTraining.BEAMS),
            TranslationTraining.rules(start, end));
    return new TranslationBatches(tokenizer, TranslationTraining.BEAMS)
        .translate(
            sources,
            batch -> {
              List<BeamSearch.Start<Text>> starts = new ArrayList<>();
              for (Source source : encoded(batch)) {
                starts.add(
                    new BeamSearch.Start<>(
                        new Text(source, source.first()), new int[] {start}, maximumTokens));
              }
              return search.search(starts);
            },
            progress);
  }

  private List<Source> encoded(List<int[]> sources) {
    for (int[] source : sources) {
      if (source.length > longest) {
        throw new IllegalArgumentException(
            "a source must have 1…%d tokens: received %d".formatted(longest, source.length));
      }
    }
    Sequences sequences =
        Sequences.ofLengths(sources.stream().mapToInt(source -> source.length).toArray());
    int[] ids = sources.stream().flatMapToInt(Arrays::stream).toArray();
    return Inference.run(() -> model.encode(Tensor.of(ids, ids.length), sequences).copies());
  }

  /// What is known of a translation: its source, and the decoder's state [1, H] after the tokens so
  /// far.
  private static final class Text {
    private final Source source;
    private Tensor hidden;

    Text(Source source, Tensor hidden) {
      this.source = source;
      this.hidden = hidden;
    }
  }

  private final class Beams implements BeamModel<Text> {
    @Override
    public int vocabulary() {
      return model.configuration().vocabulary();
    }

    @Override
    public float[] next(List<Text> texts, int[] tokens) {
      return Inference.run(() -> {
        List<Source> sources = new ArrayList<>();
        texts.forEach(text -> sources.add(text.source));
        Tensor hidden = Operations.concatenate(texts.stream().map(text -> text.hidden).toList());
        Step step = model.step(Tensor.of(tokens, tokens.length), hidden, Source.join(sources));
        for (int i = 0; i < texts.size(); i++) {
          texts.get(i).hidden = step.hidden().rows(i, i + 1).copy();
        }
        return model.logits(step.decoded()).toFloatArray();
      });
    }

    @Override
    public Text copy(Text text, @Nullable Text spare) {
      return new Text(text.source, text.hidden); // a step replaces the state, never changes it
    }
  }
}
