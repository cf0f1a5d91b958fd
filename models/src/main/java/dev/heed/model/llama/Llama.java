package dev.heed.model.llama;

import dev.heed.model.CausalModel;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelFiles;
import dev.heed.model.WeightNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Recomputation;
import dev.heed.nn.Trace;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.embedding.Positions;
import dev.heed.nn.embedding.RotaryAngles;
import dev.heed.nn.embedding.RotaryPositions;
import dev.heed.nn.norm.RmsNorm;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A decoder of Llama's kind: token embedding, pre-norm blocks with rotary positions that see only
/// the past, a last norm, an output layer. What its families differ in, [LlamaConfiguration] says.
///
/// Source: Touvron et al. 2023; `LlamaForCausalLM`, `MistralForCausalLM`, `Qwen2ForCausalLM`,
/// `Qwen3ForCausalLM` and `Gemma3ForCausalLM` of Hugging Face, whose directories it reads and
/// writes.
public final class Llama extends Layer implements CausalModel {
  private final LlamaConfiguration configuration;
  private final Parameter embedding; // (V, D)
  private final List<LlamaLayer> layers = new ArrayList<>();
  private final RmsNorm finalNorm;
  private final Parameter output; // (V, D)
  private final RotaryAngles angles;
  private final RotaryAngles slidingAngles;

  /// A model with normally distributed embeddings of deviation 0.02.
  public Llama(LlamaConfiguration configuration, Initializer initializer) {
    this.configuration = configuration;
    int vocabulary = configuration.vocabulary();
    this.embedding =
        parameter("embedding.weight", initializer.normal(0.02, vocabulary, configuration.width()));
    for (int i = 0; i < configuration.layers().size(); i++) {
      layers.add(layer("layers." + i, new LlamaLayer(configuration, i, initializer)));
    }
    this.finalNorm = layer("final_norm", LlamaLayer.norm(configuration, initializer));
    this.output =
        configuration.tied()
            ? embedding
            : parameter(
                "output.weight", initializer.normal(0.02, vocabulary, configuration.width()));
    int headWidth = configuration.headWidth();
    this.angles = angles(headWidth, configuration.theta(), configuration.scaling());
    this.slidingAngles =
        angles(headWidth, configuration.slidingTheta(), configuration.slidingScaling());
  }

  private static RotaryAngles angles(int headWidth, double theta, RotaryScaling scaling) {
    return new RotaryAngles(
        scaling.scaled(RotaryAngles.frequencies(headWidth, theta), theta),
        scaling.attentionFactor());
  }

  public LlamaConfiguration configuration() {
    return configuration;
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences) {
    if (sequences.longest() > maximumLength()) {
      throw new IllegalArgumentException(
          "a sequence must have at most %d tokens: received %d"
              .formatted(maximumLength(), sequences.longest()));
    }
    return apply(ids, sequences, Positions.of(sequences), sequences.longest(), null);
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences, List<KeyValueCache> texts) {
    Tensor positions = KeyValueCache.positions(sequences, texts);
    requireRoom(sequences, texts);
    int longest = 0;
    for (int i = 0; i < texts.size(); i++) {
      longest = Math.max(longest, texts.get(i).length() + sequences.length(i));
    }
    Tensor hidden = apply(ids, sequences, positions, longest, texts);
    KeyValueCache.advance(sequences, texts);
    return hidden;
  }

  private Tensor apply(
      Tensor ids,
      Sequences sequences,
      Tensor positions,
      int longest,
      @Nullable List<KeyValueCache> texts) {
    var full = angles.upTo(longest);
    var sliding = slidingAngles.upTo(longest);
    Tensor x = FusedOperations.embedding(embedding, ids, configuration.embeddingScale()); // (N, D)
    for (int i = 0; i < layers.size(); i++) {
      Tensor before = x;
      Trace.add("hidden_states", () -> before);
      var turned = configuration.layers().get(i) == LlamaConfiguration.Sight.FULL ? full : sliding;
      KeyValueCache.Layer cached = texts == null ? null : new KeyValueCache.Layer(texts, i);
      LlamaLayer layer = layers.get(i);
      x =
          Recomputation.block(
              () -> layer.apply(before, sequences, positions, turned, cached), before);
    }
    Tensor hidden = finalNorm.apply(x);
    Trace.add("hidden_states", () -> hidden);
    return hidden;
  }

  @Override
  public KeyValueCache newCache() {
    return new KeyValueCache(layers.size());
  }

  @Override
  public Tensor logits(Tensor hidden) {
    return FusedOperations.linear(hidden, output, null, Activation.NONE, null);
  }

  @Override
  public Tensor finalNorm(Tensor hidden) {
    return finalNorm.apply(hidden);
  }

  /// The turns of the first `positions` places, as layers that see the whole text use them.
  public RotaryPositions rotation(int positions) {
    return angles.upTo(positions);
  }

  @Override
  public int vocabulary() {
    return configuration.vocabulary();
  }

  @Override
  public int maximumLength() {
    return configuration.maximumLength();
  }

  /// The usual token that ends a text, −1 where the configuration names none.
  @Override
  public int endOfText() {
    return configuration.endTokens().isEmpty() ? -1 : configuration.endTokens().getFirst();
  }

  @Override
  public Tensor loss(Tensor ids, Sequences sequences, Tensor targets) {
    return FusedOperations.linearCrossEntropy(apply(ids, sequences), output, null, targets, 0);
  }

  /// Reads a directory with `config.json` and weights. The model is frozen; `setFrozen(false)` lets
  /// training change it.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static Llama load(Path directory, LlamaConfiguration.Family family) {
    ConfigFile file = ModelFiles.config(directory);
    LlamaConfiguration configuration = file.read(config -> LlamaConfigFile.read(config, family));
    return load(configuration, ModelFiles.weights(directory), false);
  }

  /// A model of a checkpoint with Hugging Face's names.
  ///
  /// @param quantized whether quantised weights stay so; else they become F32
  static Llama load(LlamaConfiguration configuration, Checkpoint checkpoint, boolean quantized) {
    LlamaConfiguration known =
        configuration.withTied(LlamaWeights.isTied(checkpoint, configuration.tied()));
    Llama model = new Llama(known, Initializer.beforeLoading());
    LlamaWeights.names(known).load(checkpoint, model, quantized);
    return model;
  }

  @Override
  public WeightNames weightNames() {
    return LlamaWeights.names(configuration);
  }

  @Override
  public List<ConfigFile> files() {
    return List.of(LlamaConfigFile.write(configuration));
  }
}
