package dev.heed.task;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.generation.BeamSettings;
import dev.heed.generation.GenerationConfig;
import dev.heed.generation.TargetGenerator;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// Translates texts with an encoder-decoder model and its tokenizer.
public final class Translator extends TextTranslator {
  private static final String TARGET_PIECES = "target.spm";
  private static final String GENERATION = "generation_config.json";

  /// The files of a tokenizer for each side, as OPUS-MT has them.
  private static final List<String> SIDES =
      List.of("source.spm", TARGET_PIECES, "vocab.json", "tokenizer_config.json");

  private final SequenceToSequenceModel model;
  private final Tokenizer tokenizer;
  private final GenerationConfig generation;
  private final BeamSettings beams;
  private final @Nullable Path origin;
  private final Tokenizer targetTokenizer;

  /// @param tokenizer for both sides
  Translator(SequenceToSequenceModel model, Tokenizer tokenizer, GenerationConfig generation) {
    this(model, tokenizer, tokenizer, generation, generation.beams(), null);
  }

  private Translator(
      SequenceToSequenceModel model,
      Tokenizer tokenizer,
      Tokenizer targetTokenizer,
      GenerationConfig generation,
      BeamSettings beams,
      @Nullable Path origin) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.targetTokenizer = targetTokenizer;
    this.generation = generation;
    this.beams = beams;
    this.origin = origin;
  }

  /// A translation.
  ///
  /// @param score the mean of the natural logarithms of its tokens' probabilities, or what the
  ///   model's makers make of them ([BeamSettings])
  public record Translation(String text, double score) {}

  /// Opens a model's directory in Hugging Face's layout, such as one of OPUS-MT.
  ///
  /// @throws ModelException if its architecture is not known, or the files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static Translator load(Path directory) {
    if (Files.exists(directory.resolve("target_vocab.json"))) {
      throw new ModelException(
          directory + ": expected one vocabulary: received target_vocab.json, which Heed lacks");
    }
    SequenceToSequenceModel model = ModelDirectory.open(directory, SequenceToSequenceModel.class);
    try {
      GenerationConfig generation = GenerationConfig.read(directory, Set.of(model.endToken()));
      Tokenizer source = Tokenizer.load(directory);
      Path target = directory.resolve(TARGET_PIECES);
      return new Translator(
          model,
          source,
          Files.exists(target) ? Tokenizer.load(target) : source,
          generation,
          generation.beams(),
          directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Trains a translator from nothing on pairs, with sensible settings: some of the pairs are held
  /// out to see how well it does.
  public static Translator train(TextPairs pairs, TrainingProgress progress) {
    TextPairs.Split split = pairs.split(0.05, 1000, 1);
    Tokenizer tokenizer =
        TranslationTraining.tokenizer(split.learned(), TranslationTraining.VOCABULARY);
    TranslationTraining training =
        TranslationTraining.ofNewModel(
            TranslationTraining.Architecture.SMALL,
            TranslationTraining.Settings.of(split.learned().size()),
            tokenizer,
            null);
    training.run(split.learned(), split.heldOut(), progress);
    return training.translator();
  }

  /// Writes a directory that Hugging Face's class of the family and its fast tokenizer open.
  @Override
  public void save(Path directory) {
    try {
      Files.createDirectories(directory);
      if (tokenizer.equals(targetTokenizer)) {
        tokenizer.save(directory);
      } else {
        copy(SIDES, directory);
      }
      model.save(directory); // its config.json is what makes the directory a model
      copy(List.of(GENERATION), directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Copies what stands in the directory that this was loaded from.
  private void copy(List<String> names, Path directory) throws IOException {
    for (String name : names) {
      if (origin != null && Files.exists(origin.resolve(name))) {
        Files.copy(
            origin.resolve(name), directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  @Override
  public Translator withBeams(int count) {
    return new Translator(
        model, tokenizer, targetTokenizer, generation, beams.withBeams(count), origin);
  }

  /// How the most probable translation is looked for.
  public BeamSettings beams() {
    return beams;
  }

  /// The model inside.
  public SequenceToSequenceModel model() {
    return model;
  }

  /// Its tokenizer.
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public int[] encode(String text) {
    return tokenizer.encode(text).ids();
  }

  @Override
  public int maximumLength() {
    return model.maximumLength();
  }

  @Override
  List<PairBatches.Pair> encode(List<TextPairs.Pair> pairs) {
    return PairTrainer.encoded(tokenizer, targetTokenizer, pairs, model.maximumLength());
  }

  @Override
  int vocabulary() {
    return model.vocabulary();
  }

  @Override
  int startToken() {
    return model.startToken();
  }

  @Override
  Tensor logits(PairBatches.Batch batch) {
    Tensor encoded = model.encode(batch.source(), batch.sources());
    return model.logits(
        model.decode(batch.inputs(), batch.targetSequences(), encoded, batch.sources()));
  }

  @Override
  public List<Translation> translateIds(List<int[]> sources, IntConsumer progress) {
    return translateIds(sources, maximumTokens(), progress);
  }

  /// @param maximumTokens the most tokens of a translation, its end included
  List<Translation> translateIds(List<int[]> sources, int maximumTokens, IntConsumer progress) {
    TargetGenerator generator = new TargetGenerator(model, beams, generation.rules());
    return new TranslationBatches(tokenizer, beams.beams())
        .translate(sources, batch -> generator.generate(batch, maximumTokens), progress);
  }

  private int maximumTokens() {
    int longest = generation.maximumLength() > 1 ? generation.maximumLength() : Integer.MAX_VALUE;
    return Math.min(longest, model.maximumLength()) - 1; // the start token counts
  }
}
