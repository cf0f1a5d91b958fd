package dev.heed.model.bert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An encoder that guesses tokens from both sides: a logit for each token of the vocabulary at each
/// place, the place of a mask token above all.
///
/// Source: Devlin et al. 2019, section 3.1; `BertForMaskedLM` of Hugging Face and those of the
/// other families.
public final class MaskedLanguageModel extends Layer implements EncoderHead {
  private final Bert encoder;
  private final Linear dense;
  private final LayerNorm norm;
  private final Parameter bias;
  private final @Nullable Linear output;

  /// A new head on `encoder`, whose pooler, if it has one, is left out.
  ///
  /// @param tied whether the token embedding is the output matrix once more
  public MaskedLanguageModel(Bert encoder, boolean tied, Initializer initializer) {
    BertConfiguration configuration = encoder.configuration();
    int width = encoder.width();
    int narrow = configuration.embeddingWidth();
    double epsilon = configuration.block().epsilon();
    this.encoder = layer("encoder", encoder.withoutPooler());
    this.dense = layer("dense", Bert.linear(width, narrow, initializer));
    this.norm = layer("norm", new LayerNorm(narrow, epsilon, true, initializer));
    this.bias = parameter("bias", initializer.zeros(configuration.vocabulary()));
    this.output =
        tied
            ? null
            : layer(
                "output",
                new Linear(
                    initializer.normal(Bert.DEVIATION, configuration.vocabulary(), narrow), null));
  }

  @Override
  public List<String> labels() {
    return List.of();
  }

  @Override
  public Bert encoder() {
    return encoder;
  }

  /// The encoder's output [N, D] → a logit for each token of the vocabulary at each place [N, V].
  @Override
  public Tensor logits(Tensor hidden, Sequences sequences) {
    BertConfiguration configuration = encoder.configuration();
    Activation activation = configuration.family().guessingActivation(configuration);
    Tensor x = norm.apply(dense.apply(hidden, activation, null)); // (N, E)
    Parameter weight = output == null ? encoder.embedding().weight() : output.weight();
    return FusedOperations.linear(x, weight, bias, Activation.NONE, null);
  }

  /// Reads a directory with `config.json` and weights. The model is frozen.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static MaskedLanguageModel load(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    BertConfiguration configuration = file.read(BertConfiguration::of);
    Checkpoint checkpoint = Checkpoint.open(directory);
    EncoderFamily family = configuration.family();
    boolean tied =
        EncoderNames.family(family)
            .isTied(
                checkpoint,
                EncoderNames.guessingOutput(family),
                "embeddings.word_embeddings.weight",
                file.flag("tie_word_embeddings", true));
    Initializer later = Initializer.beforeLoading();
    var model = new MaskedLanguageModel(new Bert(configuration, false, later), tied, later);
    EncoderNames.guessing(configuration, tied).load(checkpoint, model);
    return model;
  }

  /// Writes `model.safetensors` and `config.json`, as `BertForMaskedLM` opens them.
  public void save(Path directory) {
    BertConfiguration configuration = encoder.configuration();
    boolean tied = output == null;
    ModelDirectory.save(
        directory,
        EncoderNames.guessing(configuration, tied).stored(this),
        configuration.toFile("ForMaskedLM", Map.of("tie_word_embeddings", tied)));
  }
}
