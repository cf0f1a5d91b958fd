package dev.heed.model.bert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.TextEncoder;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.embedding.LearnedPositions;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.nn.head.Pooling;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.nn.transformer.TransformerEncoder;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// BERT: embeddings of tokens, positions and token types, their norm, and post-norm blocks in which
/// every token sees the whole text.
///
/// Source: Devlin et al. 2019; `BertModel` of Hugging Face, whose directories it reads and writes.
public final class Bert extends Layer implements TextEncoder {
  static final double DEVIATION = 0.02;

  private final BertConfiguration configuration;
  private final TokenEmbedding embedding;
  private final LearnedPositions positions;
  private final TokenEmbedding types;
  private final LayerNorm norm;
  private final TransformerEncoder blocks;
  private final @Nullable Linear pooler;

  /// A model with BERT's initial weights: deviation 0.02.
  ///
  /// @param pooled whether it has the pooler, which some checkpoints lack
  public Bert(BertConfiguration configuration, boolean pooled, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.block().width();
    this.embedding =
        layer(
            "embedding",
            new TokenEmbedding(configuration.vocabulary(), width, DEVIATION, false, initializer));
    this.positions =
        layer(
            "positions",
            new LearnedPositions(configuration.positions(), width, DEVIATION, initializer));
    this.types =
        layer(
            "types",
            new TokenEmbedding(configuration.types(), width, DEVIATION, false, initializer));
    this.norm =
        layer("norm", new LayerNorm(width, configuration.block().epsilon(), true, initializer));
    this.blocks =
        layer(
            "blocks",
            new TransformerEncoder(configuration.layers(), configuration.block(), "", initializer));
    this.pooler = pooled ? layer("pooler", new Linear(width, width, true, initializer)) : null;
    if (initializer.hasValues()) {
      parameters()
          .forEach((name, parameter) -> {
            if (parameter.shape().rank() == 2) {
              parameter.copyFrom(initializer.normal(DEVIATION, parameter.shape().dimensions()));
            }
          });
    }
  }

  public BertConfiguration configuration() {
    return configuration;
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences, Tensor tokenTypes) {
    Tensor x = positions.apply(embedding.apply(ids), sequences); // (N, D)
    x = norm.apply(Operations.add(x, types.apply(tokenTypes)));
    x = TrainingMode.dropout(x, configuration.block().dropout());
    return blocks.apply(x, sequences, Mask.none());
  }

  /// The last hidden state [N, D] → what the pooler makes of each sequence's first token [B, D].
  ///
  /// @throws IllegalStateException if the model has no pooler
  public Tensor pooled(Tensor hidden, Sequences sequences) {
    if (pooler == null) {
      throw new IllegalStateException("this BERT has no pooler");
    }
    return pooler.apply(Pooling.FIRST.apply(hidden, sequences), Activation.TANH, null);
  }

  /// Whether [#pooled] has an answer.
  public boolean hasPooler() {
    return pooler != null;
  }

  @Override
  public int width() {
    return configuration.block().width();
  }

  @Override
  public int vocabulary() {
    return configuration.vocabulary();
  }

  @Override
  public int maximumLength() {
    return configuration.positions();
  }

  /// Reads a directory with `config.json` and weights. The model is frozen; `setFrozen(false)` lets
  /// training change it.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static Bert load(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    return load(file.read(BertConfiguration::of), Checkpoint.open(directory));
  }

  /// The model of a configuration and weights.
  public static Bert load(BertConfiguration configuration, Checkpoint checkpoint) {
    boolean pooled = BertWeights.family().has(checkpoint, BertWeights.POOLER + ".weight");
    Bert model = new Bert(configuration, pooled, Initializer.beforeLoading());
    BertWeights.names(configuration, pooled).load(checkpoint, model);
    return model;
  }

  /// Writes `model.safetensors` and `config.json`, as `BertModel` opens them.
  public void save(Path directory) {
    ModelDirectory.save(
        directory,
        BertWeights.names(configuration, hasPooler()).stored(this).stream()
            .map(tensor -> tensor.withName(tensor.name().substring("bert.".length())))
            .toList(),
        configuration.toFile());
  }
}
