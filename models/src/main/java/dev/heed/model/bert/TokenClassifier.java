package dev.heed.model.bert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelFiles;
import dev.heed.model.StoredModel;
import dev.heed.model.WeightNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;

/// An encoder that judges each token of a text: a logit for each label.
///
/// Source: Devlin et al. 2019, section 5.3; `BertForTokenClassification` of Hugging Face and those
/// of the other families.
public final class TokenClassifier extends Layer implements EncoderHead, StoredModel {
  private final Bert encoder;
  private final Linear output;
  private final List<String> labels;

  /// A new head on `encoder`, whose pooler, if it has one, is left out.
  public TokenClassifier(Bert encoder, List<String> labels, Initializer initializer) {
    if (labels.isEmpty()) {
      throw new IllegalArgumentException("there must be a label or more: received none");
    }
    this.encoder = layer("encoder", encoder.withoutPooler());
    this.output = layer("output", Bert.linear(encoder.width(), labels.size(), initializer));
    this.labels = List.copyOf(labels);
  }

  @Override
  public Bert encoder() {
    return encoder;
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  /// The encoder's output [N, D] → a logit for each label of each token [N, C].
  @Override
  public Tensor logits(Tensor hidden, Sequences sequences) {
    return output.apply(TrainingMode.dropout(hidden, encoder.configuration().headDropout()));
  }

  /// Reads a directory with `config.json` and weights. The model is frozen.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static TokenClassifier load(Path directory) {
    ConfigFile file = ModelFiles.config(directory);
    BertConfiguration configuration = file.read(BertConfiguration::of);
    Initializer later = Initializer.beforeLoading();
    var model =
        new TokenClassifier(new Bert(configuration, false, later), LabelNames.of(file), later);
    EncoderNames.tagging(configuration).load(ModelFiles.weights(directory), model);
    return model;
  }

  @Override
  public WeightNames weightNames() {
    return EncoderNames.tagging(encoder.configuration());
  }

  @Override
  public List<ConfigFile> files() {
    return List.of(
        encoder.configuration().toFile("ForTokenClassification", LabelNames.toFile(labels)));
  }
}
