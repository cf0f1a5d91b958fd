package dev.heed.model.bert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.model.ModelFiles;
import dev.heed.model.StoredModel;
import dev.heed.model.WeightNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.head.Pooling;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// An encoder that judges whole texts, or pairs of texts, by the vector of the first token: a logit
/// for each label. A cross-encoder is one with a single label, its logit the score of a pair.
///
/// Source: Devlin et al. 2019, section 4.1; `BertForSequenceClassification` of Hugging Face and
/// those of the other families.
public final class SequenceClassifier extends Layer implements EncoderHead, StoredModel {
  private static final String MULTI_LABEL = "multi_label_classification";

  private final Bert encoder;
  private final Linear dense;
  private final Linear output;
  private final List<String> labels;
  private final boolean multiLabel;

  /// A new head on `encoder`. Where the encoder has a pooler, it becomes the head's first layer, as
  /// at Hugging Face.
  ///
  /// @param multiLabel whether a text may have several labels, or none: each logit is then a
  ///   question of its own
  public static SequenceClassifier of(
      Bert encoder, List<String> labels, boolean multiLabel, Initializer initializer) {
    boolean fromPooler = encoder.configuration().family().poolsForJudging();
    return new SequenceClassifier(
        encoder.withoutPooler(),
        fromPooler ? encoder.pooler() : null,
        labels,
        multiLabel,
        initializer);
  }

  private SequenceClassifier(
      Bert encoder,
      @Nullable Linear dense,
      List<String> labels,
      boolean multiLabel,
      Initializer initializer) {
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("there must be a label or more: received none");
    }
    this.encoder = layer("encoder", encoder);
    int width = encoder.width();
    this.dense = layer("dense", dense == null ? Bert.linear(width, width, initializer) : dense);
    this.output = layer("output", Bert.linear(width, labels.size(), initializer));
    this.labels = List.copyOf(labels);
    this.multiLabel = multiLabel;
  }

  @Override
  public Bert encoder() {
    return encoder;
  }

  @Override
  public boolean ofWholeText() {
    return true;
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  /// Whether a text may have several labels.
  public boolean multiLabel() {
    return multiLabel;
  }

  /// The encoder's output [N, D] → a logit for each label of each sequence [B, C].
  @Override
  public Tensor logits(Tensor hidden, Sequences sequences) {
    BertConfiguration configuration = encoder.configuration();
    Tensor first = Pooling.FIRST.apply(hidden, sequences); // (B, D)
    Tensor inner = dense.apply(first, configuration.family().judgingActivation(), null);
    return output.apply(TrainingMode.dropout(inner, configuration.headDropout()));
  }

  /// Reads a directory with `config.json` and weights. The model is frozen.
  ///
  /// @throws ModelException if they do not fit together
  public static SequenceClassifier load(Path directory) {
    ConfigFile file = ModelFiles.config(directory);
    BertConfiguration configuration = file.read(BertConfiguration::of);
    var model =
        new SequenceClassifier(
            new Bert(configuration, false, Initializer.beforeLoading()),
            null,
            LabelNames.of(file),
            file.string("problem_type", "").equals(MULTI_LABEL),
            Initializer.beforeLoading());
    EncoderNames.judging(configuration).load(ModelFiles.weights(directory), model);
    return model;
  }

  @Override
  public WeightNames weightNames() {
    return EncoderNames.judging(encoder.configuration());
  }

  @Override
  public List<ConfigFile> files() {
    Map<String, @Nullable Object> more = LabelNames.toFile(labels);
    if (multiLabel) {
      more.put("problem_type", MULTI_LABEL);
    } else if (labels.size() > 1) {
      more.put("problem_type", "single_label_classification");
    }
    return List.of(encoder.configuration().toFile("ForSequenceClassification", more));
  }
}
