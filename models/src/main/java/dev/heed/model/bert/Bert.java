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
import dev.heed.nn.embedding.RelativePositions;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// BERT and the encoders made after it: embeddings of tokens, positions and token types, their
/// norm, and post-norm blocks in which every token sees the whole text.
///
/// Source: Devlin et al. 2019; `BertModel` of Hugging Face and those of the other families, whose
/// directories it reads and writes.
public final class Bert extends Layer implements TextEncoder {
  static final double DEVIATION = 0.02;

  private final BertConfiguration configuration;
  private final TokenEmbedding embedding;
  private final LearnedPositions positions;
  private final @Nullable TokenEmbedding types;
  private final LayerNorm norm;
  private final @Nullable Linear projection;
  private final @Nullable RelativePositions distances;
  private final TransformerEncoder blocks;
  private final @Nullable Linear pooler;

  /// A model with BERT's initial weights: deviation 0.02.
  ///
  /// @param pooled whether it has the pooler, which some checkpoints lack
  public Bert(BertConfiguration configuration, boolean pooled, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.block().width();
    int narrow = configuration.embeddingWidth();
    this.embedding =
        layer(
            "embedding",
            new TokenEmbedding(configuration.vocabulary(), narrow, DEVIATION, false, initializer));
    this.positions =
        layer(
            "positions",
            new LearnedPositions(configuration.positions(), narrow, DEVIATION, initializer));
    this.types =
        configuration.types() == 0
            ? null
            : layer(
                "types",
                new TokenEmbedding(configuration.types(), narrow, DEVIATION, false, initializer));
    this.norm =
        layer("norm", new LayerNorm(narrow, configuration.block().epsilon(), true, initializer));
    this.projection =
        configuration.projects()
            ? layer("projection", new Linear(narrow, width, true, initializer))
            : null;
    this.distances =
        configuration.buckets() == 0
            ? null
            : layer(
                "distances",
                new RelativePositions(
                    configuration.buckets(),
                    configuration.block().heads(),
                    true,
                    BertConfiguration.GREATEST_DISTANCE,
                    DEVIATION,
                    initializer));
    this.blocks =
        layer(
            "blocks",
            new TransformerEncoder(configuration.order(), configuration.block(), "", initializer));
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

  private Bert(Bert other) {
    this.configuration = other.configuration;
    this.embedding = layer("embedding", other.embedding);
    this.positions = layer("positions", other.positions);
    this.types = other.types == null ? null : layer("types", other.types);
    this.norm = layer("norm", other.norm);
    this.projection = other.projection == null ? null : layer("projection", other.projection);
    this.distances = other.distances == null ? null : layer("distances", other.distances);
    this.blocks = layer("blocks", other.blocks);
    this.pooler = null;
  }

  /// The same model, with the same parameters, without its pooler.
  Bert withoutPooler() {
    return pooler == null ? this : new Bert(this);
  }

  /// A linear layer with BERT's initial weights.
  static Linear linear(int in, int out, Initializer initializer) {
    return new Linear(initializer.normal(DEVIATION, out, in), initializer.zeros(out));
  }

  public BertConfiguration configuration() {
    return configuration;
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences, Tensor tokenTypes) {
    requireAtMost(sequences);
    Tensor x = positions.apply(embedding.apply(ids), positions(ids, sequences)); // (N, E)
    x = norm.apply(types == null ? x : Operations.add(x, types.apply(tokenTypes)));
    x = TrainingMode.dropout(x, configuration.block().dropout());
    x = projection == null ? x : projection.apply(x); // (N, D)
    Mask mask =
        distances == null
            ? Mask.none()
            : Mask.biased(distances.bias(Math.max(0, sequences.longest() - 1)));
    return blocks.apply(x, sequences, mask);
  }

  private void requireAtMost(Sequences sequences) {
    if (sequences.longest() > maximumLength()) {
      throw new IllegalArgumentException(
          "a sequence must have at most %d tokens: received %d"
              .formatted(maximumLength(), sequences.longest()));
    }
  }

  /// From 0 on; or, where padding does not count, from behind the padding's id on, which itself is
  /// the position of all padding.
  private Tensor positions(Tensor ids, Sequences sequences) {
    int[] of = new int[sequences.rows()];
    boolean skips = configuration.family().skipsPadding();
    int padding = configuration.paddingId();
    int[] tokens = skips ? ids.toIntArray() : of;
    for (int i = 0; i < sequences.count(); i++) {
      int next = skips ? padding + 1 : 0;
      for (int row = sequences.start(i); row < sequences.start(i + 1); row++) {
        of[row] = skips && tokens[row] == padding ? padding : next++;
      }
    }
    return Tensor.of(of, of.length);
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

  /// The pooler, if the model has one.
  @Nullable Linear pooler() {
    return pooler;
  }

  /// Whether [#pooled] has an answer.
  public boolean hasPooler() {
    return pooler != null;
  }

  /// The table of the tokens' vectors.
  TokenEmbedding embedding() {
    return embedding;
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
    return configuration.maximumLength();
  }

  /// Reads a directory with `config.json` and weights; a head of the checkpoint is passed over. The
  /// model is frozen; `setFrozen(false)` lets training change it.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static Bert load(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    return load(file.read(BertConfiguration::of), Checkpoint.open(directory));
  }

  /// The model of a configuration and weights.
  public static Bert load(BertConfiguration configuration, Checkpoint checkpoint) {
    EncoderFamily family = configuration.family();
    boolean pooled =
        EncoderNames.family(family).has(checkpoint, EncoderNames.pooler(family) + ".weight");
    Bert model = new Bert(configuration, pooled, Initializer.beforeLoading());
    EncoderNames.encoder(configuration, "", pooled).load(checkpoint, model);
    return model;
  }

  /// Writes `model.safetensors` and `config.json`, as `BertModel` opens them.
  public void save(Path directory) {
    ModelDirectory.save(
        directory,
        EncoderNames.encoder(configuration, "", hasPooler()).stored(this).stream()
            .map(tensor ->
                tensor.withName(tensor.name().substring(configuration.family().prefix().length())))
            .toList(),
        configuration.toFile("Model", Map.of()));
  }
}
