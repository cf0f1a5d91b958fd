package dev.heed.task;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.generation.BeamModel;
import dev.heed.generation.BeamSearch;
import dev.heed.generation.BeamSettings;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.WeightNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Attention;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Source;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Step;
import dev.heed.task.Translator.Translation;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Precision;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// A translator as there were before the Transformer: a recurrent encoder and decoder, without
/// attention or with Bahdanau's or Luong's. It learns as [TranslationTraining] does, and its
/// translations are looked for by the same beam search.
///
/// No other library has a class for it. Its directory has `model.safetensors`, the tensors named as
/// the layers of [RecurrentEncoderDecoder] are, `tokenizer.json`, and `config.json` with the
/// `attention`, `vocabulary_size`, `width`, `state_width`, `dropout` and `maximum_length`.
public final class RecurrentTranslator extends TextTranslator {
  private static final String TYPE = "heed-recurrent-translator";
  private static final String ARCHITECTURE = "RecurrentMTModel";
  private static final String CONFIG = "config.json";

  private final RecurrentEncoderDecoder model;
  private final Tokenizer tokenizer;
  private final int longest;
  private final int beams;
  private final int start;
  private final int end;

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
  /// @param seed what the first weights follow from
  public RecurrentTranslator(
      Attention attention, Architecture architecture, Tokenizer tokenizer, long seed) {
    this(
        new RecurrentEncoderDecoder(
            new RecurrentEncoderDecoder.Configuration(
                tokenizer.vocabularySize(),
                architecture.width,
                architecture.stateWidth,
                attention,
                architecture.dropout),
            Initializer.seeded(seed)),
        tokenizer,
        architecture.longest,
        TranslationTraining.BEAMS);
  }

  private RecurrentTranslator(
      RecurrentEncoderDecoder model, Tokenizer tokenizer, int longest, int beams) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.longest = longest;
    this.beams = beams;
    this.start = tokenizer.idOf(TranslationTraining.PADDING).orElseThrow();
    this.end = tokenizer.idOf(TranslationTraining.END).orElseThrow();
  }

  /// Whether a directory holds one.
  static boolean isIn(Path directory) {
    Path config = directory.resolve(CONFIG);
    return Files.exists(config) && ConfigFile.read(config).string("model_type", "").equals(TYPE);
  }

  /// Opens what [#save] wrote.
  ///
  /// @throws ModelException if the files do not fit together, or under [Precision#INT8], which only
  ///   Transformers have
  public static RecurrentTranslator load(Path directory) {
    if (Precision.current() == Precision.INT8) {
      throw new ModelException(
          directory + ": a recurrent translator computes in fp32 or bf16: received int8");
    }
    ConfigFile config = ConfigFile.read(directory.resolve(CONFIG));
    try {
      RecurrentEncoderDecoder model =
          new RecurrentEncoderDecoder(
              new RecurrentEncoderDecoder.Configuration(
                  config.integer("vocabulary_size"),
                  config.integer("width"),
                  config.integer("state_width"),
                  Attention.valueOf(config.string("attention")),
                  config.number("dropout")),
              Initializer.beforeLoading());
      names(model).load(Checkpoint.open(directory), model);
      int longest = config.integer("maximum_length");
      Tokenizer tokenizer = Tokenizer.load(directory);
      return new RecurrentTranslator(model, tokenizer, longest, TranslationTraining.BEAMS);
    } catch (IllegalArgumentException e) {
      throw new ModelException(directory + ": " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes a directory that [#load] opens.
  @Override
  public void save(Path directory) {
    RecurrentEncoderDecoder.Configuration shape = model.configuration();
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of(ARCHITECTURE));
    config.put("model_type", TYPE);
    config.put("attention", shape.attention().name());
    config.put("vocabulary_size", shape.vocabulary());
    config.put("width", shape.width());
    config.put("state_width", shape.stateWidth());
    config.put("dropout", shape.dropout());
    config.put("maximum_length", longest);
    try {
      Files.createDirectories(directory);
      tokenizer.save(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ModelDirectory.save(directory, names(model).stored(model), new ConfigFile(CONFIG, config));
  }

  private static WeightNames names(RecurrentEncoderDecoder model) {
    WeightNames names = new WeightNames("");
    model.parameters().keySet().forEach(name -> names.tensor(name, name));
    return names;
  }

  /// The number of parameters.
  public long parameterCount() {
    return model.parameterCount();
  }

  /// Trains on `learned` and evaluates on `heldOut`, or not where that is empty; pairs longer than
  /// the model takes are left out. At the end the model has the average of its last weights.
  public Trainer.History train(
      TranslationTraining.Settings settings,
      List<TextPairs.Pair> learned,
      List<TextPairs.Pair> heldOut,
      TrainingProgress progress) {
    return trainer(settings, null).run(encode(learned), encode(heldOut), progress);
  }

  PairTrainer trainer(TranslationTraining.Settings settings, @Nullable Path checkpoints) {
    return new PairTrainer(settings, model, model::loss, start, checkpoints);
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.encode(text).ids();
  }

  @Override
  public int maximumLength() {
    return longest;
  }

  @Override
  List<PairBatches.Pair> encode(List<TextPairs.Pair> pairs) {
    return PairTrainer.encoded(tokenizer, tokenizer, pairs, longest);
  }

  @Override
  int vocabulary() {
    return model.configuration().vocabulary();
  }

  @Override
  int startToken() {
    return start;
  }

  @Override
  Tensor logits(PairBatches.Batch batch) {
    Source source = model.encode(batch.source(), batch.sources());
    return model.logits(model.decode(batch.inputs(), batch.targetSequences(), source));
  }

  @Override
  public RecurrentTranslator withBeams(int count) {
    return new RecurrentTranslator(model, tokenizer, longest, count);
  }

  @Override
  public List<Translation> translateIds(List<int[]> sources, IntConsumer progress) {
    return translateIds(sources, longest - 1, progress);
  }

  /// @param maximumTokens the most tokens of a translation, its end included
  List<Translation> translateIds(List<int[]> sources, int maximumTokens, IntConsumer progress) {
    BeamSearch<Text> search =
        new BeamSearch<>(
            new Beams(), BeamSettings.of(beams), TranslationTraining.rules(start, end));
    return new TranslationBatches(tokenizer, beams)
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
