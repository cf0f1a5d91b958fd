package dev.heed.model.modernbert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.TextEncoder;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Recomputation;
import dev.heed.nn.Trace;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.embedding.Positions;
import dev.heed.nn.embedding.RotaryAngles;
import dev.heed.nn.embedding.RotaryPositions;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.nn.norm.LayerNorm;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// ModernBERT: an encoder with rotary positions and gated feed-forwards, in which most layers see
/// near tokens only, so that long texts cost little.
///
/// Source: Warner et al. 2024; `ModernBertModel` of Hugging Face, whose directories it reads and
/// writes.
public final class ModernBert extends Layer implements TextEncoder {
  static final double DEVIATION = 0.02;

  private final ModernBertConfiguration configuration;
  private final TokenEmbedding embedding;
  private final LayerNorm norm;
  private final List<ModernBertLayer> layers = new ArrayList<>();
  private final LayerNorm finalNorm;
  private final RotaryAngles angles;
  private final RotaryAngles localAngles;

  public ModernBert(ModernBertConfiguration configuration, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.width();
    this.embedding =
        layer(
            "embedding",
            new TokenEmbedding(configuration.vocabulary(), width, DEVIATION, false, initializer));
    this.norm = layer("norm", ModernBertLayer.norm(configuration, initializer));
    for (int i = 0; i < configuration.local().size(); i++) {
      layers.add(layer("layers." + i, new ModernBertLayer(configuration, i, initializer)));
    }
    this.finalNorm = layer("final_norm", ModernBertLayer.norm(configuration, initializer));
    int turned = width / configuration.heads();
    this.angles = new RotaryAngles(RotaryAngles.frequencies(turned, configuration.theta()), 1);
    this.localAngles =
        new RotaryAngles(RotaryAngles.frequencies(turned, configuration.localTheta()), 1);
  }

  public ModernBertConfiguration configuration() {
    return configuration;
  }

  /// The table of the tokens' vectors.
  TokenEmbedding embedding() {
    return embedding;
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences, Tensor types) {
    if (sequences.longest() > maximumLength()) {
      throw new IllegalArgumentException(
          "a sequence must have at most %d tokens: received %d"
              .formatted(maximumLength(), sequences.longest()));
    }
    Tensor positions = Positions.of(sequences);
    RotaryPositions all = angles.upTo(sequences.longest());
    RotaryPositions near = localAngles.upTo(sequences.longest());
    Tensor h = norm.apply(embedding.apply(ids)); // (N, D)
    h = TrainingMode.dropout(h, configuration.dropout().embedding());
    for (int i = 0; i < layers.size(); i++) {
      Tensor before = h;
      Trace.add("hidden_states", () -> before);
      ModernBertLayer layer = layers.get(i);
      RotaryPositions turned = configuration.local().get(i) ? near : all;
      h = Recomputation.block(() -> layer.apply(before, sequences, positions, turned), before);
    }
    Tensor out = finalNorm.apply(h);
    Trace.add("hidden_states", () -> out);
    return out;
  }

  /// The turns of the first `positions` places, as layers that see the whole text use them.
  public RotaryPositions rotation(int positions) {
    return angles.upTo(positions);
  }

  @Override
  public int width() {
    return configuration.width();
  }

  @Override
  public int vocabulary() {
    return configuration.vocabulary();
  }

  @Override
  public int maximumLength() {
    return configuration.positions();
  }

  /// Reads a directory with `config.json` and weights; a head of the checkpoint is passed over. The
  /// model is frozen.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static ModernBert load(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    ModernBertConfiguration configuration = file.read(ModernBertConfiguration::of);
    ModernBert model = new ModernBert(configuration, Initializer.beforeLoading());
    ModernBertNames.encoder(configuration, "").load(Checkpoint.open(directory), model);
    return model;
  }

  /// Writes `model.safetensors` and `config.json`, as `ModernBertModel` opens them.
  public void save(Path directory) {
    ModelDirectory.save(
        directory,
        ModernBertNames.encoder(configuration, "").stored(this).stream()
            .map(
                tensor -> tensor.withName(tensor.name().substring(ModernBertNames.PREFIX.length())))
            .toList(),
        configuration.toFile("ModernBertModel", Map.of()));
  }
}
