package dev.heed.model.marian;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.nn.Initializer;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Marian, the translation models of OPUS-MT, BART, which learned to repair texts, and Pegasus,
/// which learned to sum them up: the 2017 paper's Transformer, post-norm but for Pegasus.
///
/// Source: Junczys-Dowmunt et al. 2018, Lewis et al. 2020, Zhang et al. 2020; `MarianMTModel`,
/// `BartForConditionalGeneration` and `PegasusForConditionalGeneration` of Hugging Face, whose
/// directories it reads and writes.
public final class Marian extends EncoderDecoder implements SequenceToSequenceModel {
  private static final int USUAL_BEAMS = 4;

  private final MarianConfiguration marian;

  public Marian(MarianConfiguration configuration, Initializer initializer) {
    super(configuration.shape(), initializer);
    this.marian = configuration;
  }

  /// The shape, and the tokens that begin and end texts.
  public MarianConfiguration marian() {
    return marian;
  }

  @Override
  public int sourceVocabulary() {
    return configuration().encoder().vocabulary();
  }

  @Override
  public int vocabulary() {
    return configuration().decoder().vocabulary();
  }

  @Override
  public int maximumLength() {
    return configuration().maximumLength();
  }

  @Override
  public int startToken() {
    return marian.startToken();
  }

  @Override
  public int endToken() {
    return marian.endToken();
  }

  /// Reads a directory with `config.json` and weights. The model is frozen; `setFrozen(false)` lets
  /// training change it.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static Marian load(Path directory, MarianConfiguration.Family family) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    Checkpoint checkpoint = Checkpoint.open(directory);
    boolean tied =
        MarianWeights.isTied(
            checkpoint,
            MarianConfiguration.isShared(family, file),
            file.flag("tie_word_embeddings", true));
    MarianConfiguration configuration =
        file.read(
            read -> MarianConfiguration.of(family, read, tied, MarianWeights.hasBias(checkpoint)));
    Marian model = new Marian(configuration, Initializer.beforeLoading());
    MarianWeights.names(configuration.shape()).load(checkpoint, model);
    return model;
  }

  /// Writes `config.json`, `generation_config.json` and `model.safetensors`, as the family's class
  /// opens them.
  @Override
  public void save(Path directory) {
    Map<String, Object> generation = new LinkedHashMap<>();
    generation.put("decoder_start_token_id", startToken());
    generation.put("pad_token_id", marian.paddingToken());
    generation.put("eos_token_id", endToken());
    generation.put("forced_eos_token_id", endToken());
    // What fills texts up is never a word of one.
    generation.put("bad_words_ids", List.of(List.of(marian.paddingToken())));
    generation.put("max_length", maximumLength());
    generation.put("num_beams", USUAL_BEAMS);
    List<StoredTensor> weights = new ArrayList<>(MarianWeights.names(configuration()).stored(this));
    if (marian.family() == MarianConfiguration.Family.PEGASUS) {
      weights.addAll(MarianWeights.waves(configuration()));
    }
    ModelDirectory.save(
        directory, weights, new ConfigFile("generation_config.json", generation), marian.toFile());
  }
}
