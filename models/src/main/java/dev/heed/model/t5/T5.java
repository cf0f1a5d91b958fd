package dev.heed.model.t5;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// T5 and Flan-T5: an encoder-decoder that knows only distances between tokens, not positions.
///
/// Source: Raffel et al. 2020; `T5ForConditionalGeneration` of Hugging Face, whose directories it
/// reads and writes.
public final class T5 extends Layer implements SequenceToSequenceModel {
  private final T5Configuration configuration;
  private final TokenEmbedding embedding;
  private final T5Stack encoder;
  private final T5Stack decoder;
  private final Parameter output; // (V, D)

  public T5(T5Configuration configuration, Initializer initializer) {
    this.configuration = configuration;
    int vocabulary = configuration.vocabulary();
    int width = configuration.width();
    this.embedding =
        layer("embedding", new TokenEmbedding(vocabulary, width, 1, false, initializer));
    this.encoder = layer("encoder", new T5Stack(configuration, false, initializer));
    this.decoder = layer("decoder", new T5Stack(configuration, true, initializer));
    this.output =
        configuration.tied()
            ? embedding.weight()
            : parameter(
                "output.weight", initializer.normal(1 / Math.sqrt(width), vocabulary, width));
  }

  public T5Configuration configuration() {
    return configuration;
  }

  @Override
  public Tensor encode(Tensor ids, Sequences sources) {
    requireAtMost(sources.longest());
    return encoder.apply(embedding.apply(ids), sources);
  }

  @Override
  public Tensor decode(Tensor ids, Sequences targets, Tensor encoded, Sequences sources) {
    requireAtMost(targets.longest());
    return decoder.apply(embedding.apply(ids), targets, encoded, sources);
  }

  @Override
  public List<DecoderCache> newCaches(Tensor encoded, Sequences sources) {
    return decoder.newCaches(encoded, sources);
  }

  @Override
  public Tensor decode(Tensor ids, Sequences targets, List<DecoderCache> texts) {
    List<KeyValueCache> own = DecoderCache.targets(texts);
    for (int i = 0; i < own.size(); i++) {
      requireAtMost((long) own.get(i).length() + targets.length(i));
    }
    return decoder.apply(embedding.apply(ids), targets, texts);
  }

  private void requireAtMost(long length) {
    if (length > maximumLength()) {
      throw new IllegalArgumentException(
          "a sequence must have at most %d tokens: received %d".formatted(maximumLength(), length));
    }
  }

  @Override
  public Tensor logits(Tensor decoded) {
    return FusedOperations.linear(scaled(decoded), output, null, Activation.NONE, null);
  }

  @Override
  public Tensor loss(
      Tensor source,
      Sequences sources,
      Tensor inputs,
      Sequences targetSequences,
      Tensor targets,
      double smoothing) {
    Tensor decoded = decode(inputs, targetSequences, encode(source, sources), sources);
    return FusedOperations.linearCrossEntropy(scaled(decoded), output, null, targets, smoothing);
  }

  private Tensor scaled(Tensor decoded) {
    return configuration.scaledOutput()
        ? Operations.scale(decoded, 1 / Math.sqrt(configuration.width()))
        : decoded;
  }

  @Override
  public int sourceVocabulary() {
    return configuration.vocabulary();
  }

  @Override
  public int vocabulary() {
    return configuration.vocabulary();
  }

  @Override
  public int maximumLength() {
    return configuration.maximumLength();
  }

  @Override
  public int startToken() {
    return configuration.startToken();
  }

  @Override
  public int endToken() {
    return configuration.endToken();
  }

  /// Reads a directory with `config.json` and weights. The model is frozen; `setFrozen(false)` lets
  /// training change it.
  ///
  /// @throws dev.heed.model.ModelException if they do not fit together
  public static T5 load(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve("config.json"));
    Checkpoint checkpoint = Checkpoint.open(directory);
    boolean tied = T5Weights.isTied(checkpoint);
    T5Configuration configuration = file.read(read -> T5Configuration.of(read, tied));
    T5 model = new T5(configuration, Initializer.beforeLoading());
    T5Weights.names(configuration).load(checkpoint, model);
    return model;
  }

  /// Writes `config.json`, `generation_config.json` and `model.safetensors`, as
  /// `T5ForConditionalGeneration` opens them.
  @Override
  public void save(Path directory) {
    ModelDirectory.save(
        directory,
        T5Weights.names(configuration).stored(this),
        new ConfigFile(
            "generation_config.json",
            Map.of(
                "decoder_start_token_id", startToken(),
                "pad_token_id", startToken(),
                "eos_token_id", endToken())),
        configuration.toFile());
  }
}
