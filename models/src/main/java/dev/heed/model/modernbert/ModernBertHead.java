package dev.heed.model.modernbert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.WeightNames;
import dev.heed.model.bert.EncoderHead;
import dev.heed.model.bert.LabelNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A ModernBERT with one of its heads: all have a dense layer and a norm, and differ in what comes
/// before and after.
///
/// Source: `ModernBertForSequenceClassification`, `ModernBertForTokenClassification` and
/// `ModernBertForMaskedLM` of Hugging Face.
public final class ModernBertHead extends Layer implements EncoderHead {
  private final ModernBert encoder;
  private final Kind kind;
  private final Linear dense;
  private final LayerNorm norm;
  private final @Nullable Linear output;
  private final @Nullable Parameter bias;
  private final List<String> labels;

  /// What a head does.
  public enum Kind {
    /// A logit for each label of a text.
    JUDGING("ForSequenceClassification"),
    /// A logit for each label of each token.
    TAGGING("ForTokenClassification"),
    /// A logit for each token of the vocabulary at each place.
    GUESSING("ForMaskedLM");

    private final String className;

    Kind(String className) {
      this.className = className;
    }

    /// The name of the class at Hugging Face.
    public String architecture() {
      return "ModernBert" + className;
    }
  }

  private ModernBertHead(
      ModernBert encoder, Kind kind, List<String> labels, boolean tied, Initializer initializer) {
    ModernBertConfiguration configuration = encoder.configuration();
    int width = configuration.width();
    this.encoder = layer("encoder", encoder);
    this.kind = kind;
    this.labels = List.copyOf(labels);
    this.dense = layer("dense", new Linear(width, width, configuration.head().bias(), initializer));
    this.norm = layer("norm", ModernBertLayer.norm(configuration, initializer));
    if (kind == Kind.GUESSING) {
      int vocabulary = configuration.vocabulary();
      this.output =
          tied ? null : layer("output", new Linear(width, vocabulary, false, initializer));
      this.bias =
          configuration.head().decoderBias()
              ? parameter("bias", initializer.zeros(vocabulary))
              : null;
    } else {
      this.output = layer("output", new Linear(width, labels.size(), true, initializer));
      this.bias = null;
    }
  }

  @Override
  public ModernBert encoder() {
    return encoder;
  }

  @Override
  public boolean ofWholeText() {
    return kind == Kind.JUDGING;
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public Tensor logits(Tensor hidden, Sequences sequences) {
    ModernBertConfiguration configuration = encoder.configuration();
    Tensor x =
        kind == Kind.JUDGING ? configuration.head().pooling().apply(hidden, sequences) : hidden;
    x = norm.apply(dense.apply(x, configuration.head().activation(), null));
    if (kind != Kind.GUESSING) {
      x = TrainingMode.dropout(x, configuration.dropout().head());
      return Objects.requireNonNull(output).apply(x);
    }
    Parameter weight = output == null ? encoder.embedding().weight() : output.weight();
    return FusedOperations.linear(x, weight, bias, Activation.NONE, null);
  }

  /// Reads a directory with `config.json` and weights. The model is frozen.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static ModernBertHead load(Path directory, Kind kind) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    ModernBertConfiguration configuration = file.read(ModernBertConfiguration::of);
    Checkpoint checkpoint = Checkpoint.open(directory);
    boolean tied =
        kind == Kind.GUESSING
            && ModernBertNames.family()
                .isTied(
                    checkpoint,
                    ModernBertNames.DECODER,
                    ModernBertNames.EMBEDDING,
                    file.flag("tie_word_embeddings", true));
    Initializer later = Initializer.beforeLoading();
    List<String> labels = kind == Kind.GUESSING ? List.of() : LabelNames.of(file);
    var encoder = new ModernBert(configuration, later);
    var model = new ModernBertHead(encoder, kind, labels, tied, later);
    model.names().load(checkpoint, model);
    return model;
  }

  /// The names of all tensors.
  WeightNames names() {
    ModernBertConfiguration configuration = encoder.configuration();
    return kind == Kind.GUESSING
        ? ModernBertNames.guessing(configuration, output == null)
        : ModernBertNames.judging(configuration);
  }

  /// Writes `model.safetensors` and `config.json`, as Hugging Face opens them.
  public void save(Path directory) {
    Map<String, ? extends @Nullable Object> more =
        kind == Kind.GUESSING
            ? Map.of("tie_word_embeddings", output == null)
            : LabelNames.toFile(labels);
    ModelDirectory.save(
        directory, names().stored(this), encoder.configuration().toFile(kind.architecture(), more));
  }
}
