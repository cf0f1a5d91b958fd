package dev.heed.model.gpt2;

import dev.heed.model.CausalModel;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelFiles;
import dev.heed.model.WeightNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.embedding.LearnedPositions;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.nn.transformer.TransformerEncoder;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.GgufFile;
import dev.heed.weights.GgufValue;
import dev.heed.weights.StoredTensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// GPT-2: token and position embeddings, pre-norm blocks that see only the past, and the
/// embedding's table once more as the output layer.
///
/// Source: Radford et al. 2019; `GPT2LMHeadModel` of Hugging Face, whose directories it reads and
/// writes.
public final class Gpt2 extends Layer implements CausalModel {
  private final Gpt2Configuration configuration;
  private final TokenEmbedding embedding;
  private final LearnedPositions positions;
  private final TransformerEncoder blocks;
  private final Parameter output; // (V, D)

  /// A model with GPT-2's initial weights: deviation 0.02, residual projections 0.02 / √(2 ·
  /// layers).
  public Gpt2(Gpt2Configuration configuration, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.width();
    this.embedding =
        layer(
            "embedding",
            new TokenEmbedding(configuration.vocabulary(), width, 0.02, false, initializer));
    this.positions =
        layer(
            "positions", new LearnedPositions(configuration.positions(), width, 0.02, initializer));
    this.blocks =
        layer(
            "blocks",
            new TransformerEncoder(configuration.layers(), configuration.block(), "", initializer));
    this.output =
        configuration.tied()
            ? embedding.weight()
            : parameter(
                "output.weight", initializer.normal(0.02, configuration.vocabulary(), width));
    if (!initializer.hasValues()) {
      return;
    }
    double residual = 0.02 / Math.sqrt(2.0 * Math.max(1, configuration.layers()));
    parameters()
        .forEach((name, parameter) -> {
          if (name.startsWith("blocks") && parameter.shape().rank() == 2) {
            boolean last = name.endsWith("output.weight") || name.endsWith("outer.weight");
            parameter.copyFrom(
                initializer.normal(last ? residual : 0.02, parameter.shape().dimensions()));
          }
        });
  }

  public Gpt2Configuration configuration() {
    return configuration;
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences) {
    Tensor x = positions.apply(embedding.apply(ids), sequences); // (N, D)
    x = TrainingMode.dropout(x, configuration.dropout());
    return blocks.apply(x, sequences, Mask.causal());
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences, List<KeyValueCache> texts) {
    Tensor at = KeyValueCache.positions(sequences, texts);
    requireRoom(sequences, texts);
    Tensor x = positions.apply(embedding.apply(ids), at); // (N, D)
    Tensor hidden = blocks.apply(x, sequences, Mask.causal(), texts);
    KeyValueCache.advance(sequences, texts);
    return hidden;
  }

  @Override
  public KeyValueCache newCache() {
    return new KeyValueCache(configuration.layers());
  }

  @Override
  public Tensor logits(Tensor hidden) {
    return FusedOperations.linear(hidden, output, null, Activation.NONE, null);
  }

  @Override
  public Tensor finalNorm(Tensor hidden) {
    return blocks.finalNorm(hidden);
  }

  @Override
  public int vocabulary() {
    return configuration.vocabulary();
  }

  @Override
  public int maximumLength() {
    return configuration.positions();
  }

  @Override
  public int endOfText() {
    return configuration.endOfText();
  }

  @Override
  public Tensor loss(Tensor ids, Sequences sequences, Tensor targets) {
    return FusedOperations.linearCrossEntropy(apply(ids, sequences), output, null, targets, 0);
  }

  /// Reads a directory with `config.json` and weights. The model is frozen; `setFrozen(false)` lets
  /// training change it.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static Gpt2 load(Path directory) {
    ConfigFile file = ModelFiles.config(directory);
    Checkpoint checkpoint = ModelFiles.weights(directory);
    Gpt2Configuration configuration = file.read(Gpt2Configuration::of);
    configuration = configuration.withTied(Gpt2Weights.isTied(checkpoint, configuration.tied()));
    Gpt2 model = new Gpt2(configuration, Initializer.beforeLoading());
    Gpt2Weights.names(configuration).load(checkpoint, model);
    return model;
  }

  /// The model in a GGUF file.
  ///
  /// @param quantized whether quantised matrices stay so; else they become F32
  /// @throws dev.heed.model.ModelException if it is not whole
  public static Gpt2 open(GgufFile file, boolean quantized) {
    Gpt2Configuration configuration = Gpt2Gguf.configuration(file);
    Gpt2 model = new Gpt2(configuration, Initializer.beforeLoading());
    Gpt2Gguf.names(configuration).load(file, model, quantized);
    return model;
  }

  /// Adds what a GGUF file says of the model, its architecture first, and gives its weights as F32.
  public List<StoredTensor> toGguf(Map<String, GgufValue> values) {
    Gpt2Gguf.values(configuration, values);
    return Gpt2Gguf.names(configuration).stored(this);
  }

  @Override
  public WeightNames weightNames() {
    return Gpt2Weights.names(configuration);
  }

  @Override
  public List<ConfigFile> files() {
    Map<String, Object> generation =
        Map.of(
            "bos_token_id", configuration.endOfText(), "eos_token_id", configuration.endOfText());
    return List.of(
        new ConfigFile("generation_config.json", new LinkedHashMap<>(generation)),
        configuration.toFile());
  }
}
