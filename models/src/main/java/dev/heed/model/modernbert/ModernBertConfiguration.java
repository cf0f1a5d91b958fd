package dev.heed.model.modernbert;

import dev.heed.model.ActivationNames;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.nn.head.Pooling;
import dev.heed.tensor.Activation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The shape of a ModernBERT, as its `config.json` says it.
///
/// @param vocabulary the number of tokens V
/// @param positions the most tokens of a text
/// @param width the model width D
/// @param heads the number of attention heads H, a divisor of `width`
/// @param feedForwardWidth the inner width F of the gated feed-forward
/// @param activation of the gate
/// @param epsilon what the norms add to the variance
/// @param normBias whether the norms have a bias
/// @param attentionBias whether the projections of attention have one
/// @param feedForwardBias whether the feed-forward has one
/// @param local for each layer whether a token sees only those near it
/// @param window how far it then sees on each side
/// @param theta of the rotary positions where a token sees all
/// @param localTheta the same where it sees near ones
/// @param paddingId the token that fills texts up
/// @param dropout what is dropped in training
/// @param head what stands on the encoder
public record ModernBertConfiguration(
    int vocabulary,
    int positions,
    int width,
    int heads,
    int feedForwardWidth,
    Activation activation,
    double epsilon,
    boolean normBias,
    boolean attentionBias,
    boolean feedForwardBias,
    List<Boolean> local,
    int window,
    double theta,
    double localTheta,
    int paddingId,
    Dropout dropout,
    Head head) {
  private static final String SLIDING = "sliding_attention";
  private static final String FULL = "full_attention";

  /// The shares dropped in training of the embeddings, the attention weights and results, the
  /// feed-forward's inner vectors, and what comes before a head's last layer.
  public record Dropout(double embedding, double attention, double feedForward, double head) {}

  /// The heads' own options.
  ///
  /// @param pooling which vector stands for a text
  /// @param activation after the dense layer
  /// @param bias whether the dense layer has one
  /// @param decoderBias whether the output over the vocabulary has one
  public record Head(Pooling pooling, Activation activation, boolean bias, boolean decoderBias) {}

  public ModernBertConfiguration {
    if (vocabulary < 1 || positions < 1 || feedForwardWidth < 1 || window < 0) {
      throw new IllegalArgumentException(
          "vocabulary, positions and feedForwardWidth must be 1 or more, window 0 or more:"
              + " received %d, %d, %d, %d"
                  .formatted(vocabulary, positions, feedForwardWidth, window));
    }
    if (heads < 1 || width < 1 || width % heads != 0 || width / heads % 2 != 0) {
      throw new IllegalArgumentException(
          "heads must divide width into even parts: received heads=%d, width=%d"
              .formatted(heads, width));
    }
    local = List.copyOf(local);
  }

  /// Reads what a `config.json` says.
  ///
  /// @throws ModelException if something is missing, or asked for that Heed lacks
  static ModernBertConfiguration of(ConfigFile file) {
    file.require("model_type", "modernbert");
    int layers = file.layers("num_hidden_layers");
    return new ModernBertConfiguration(
        file.integer("vocab_size"),
        file.integer("max_position_embeddings", 8192),
        file.integer("hidden_size"),
        file.integer("num_attention_heads"),
        file.integer("intermediate_size"),
        file.activation("hidden_activation"),
        file.number("norm_eps", 1e-5),
        file.flag("norm_bias", false),
        file.flag("attention_bias", false),
        file.flag("mlp_bias", false),
        local(file, layers),
        file.integer("local_attention", 128) / 2,
        theta(file, FULL, "global_rope_theta", 160_000),
        theta(file, SLIDING, "local_rope_theta", 10_000),
        file.integer("pad_token_id", 50283),
        new Dropout(
            file.number("embedding_dropout", 0),
            file.number("attention_dropout", 0),
            file.number("mlp_dropout", 0),
            file.number("classifier_dropout", 0)),
        new Head(
            pooling(file),
            file.value("classifier_activation").isEmpty()
                ? Activation.GELU
                : file.activation("classifier_activation"),
            file.flag("classifier_bias", false),
            file.flag("decoder_bias", true)));
  }

  private static Pooling pooling(ConfigFile file) {
    file.require("classifier_pooling", "cls", "mean");
    return file.string("classifier_pooling", "cls").equals("cls") ? Pooling.FIRST : Pooling.MEAN;
  }

  /// By `layer_types`; older files say of how many layers one sees all.
  private static List<Boolean> local(ConfigFile file, int layers) {
    List<String> types = file.strings("layer_types");
    List<Boolean> local = new ArrayList<>();
    if (types.isEmpty()) {
      int every = file.integer("global_attn_every_n_layers", 3);
      if (every < 1) {
        throw new ModelException(
            "%s: global_attn_every_n_layers must be 1 or more: received %d"
                .formatted(file.name(), every));
      }
      for (int i = 0; i < layers; i++) {
        local.add(i % every != 0);
      }
      return local;
    }
    for (String type : types) {
      if (!type.equals(SLIDING) && !type.equals(FULL)) {
        throw new ModelException(
            "%s: layer_types must be %s or %s: received %s"
                .formatted(file.name(), SLIDING, FULL, type));
      }
      local.add(type.equals(SLIDING));
    }
    if (types.size() != layers) {
      throw new ModelException(
          "%s: layer_types must name %d layers: received %d"
              .formatted(file.name(), layers, types.size()));
    }
    return local;
  }

  private static double theta(ConfigFile file, String type, String older, double usual) {
    file.require("rope_scaling", Map.of());
    if (file.value("rope_parameters").orElse(null) instanceof Map<?, ?> all
        && all.get(type) instanceof Map<?, ?> parameters) {
      ConfigFile rotary = new ConfigFile(file.name(), strings(parameters));
      rotary.require("rope_type", "default");
      return rotary.number("rope_theta", file.number(older, usual));
    }
    return file.number(older, usual);
  }

  private static Map<String, @Nullable Object> strings(Map<?, ?> map) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
    map.forEach((key, value) -> copy.put(key.toString(), value));
    return copy;
  }

  /// What a `config.json` says of this model.
  ///
  /// @param architecture the name of the class at Hugging Face
  /// @param more what the head adds
  ConfigFile toFile(String architecture, Map<String, ? extends @Nullable Object> more) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", "modernbert");
    values.put("architectures", List.of(architecture));
    values.put("vocab_size", vocabulary);
    values.put("max_position_embeddings", positions);
    values.put("hidden_size", width);
    values.put("num_attention_heads", heads);
    values.put("num_hidden_layers", local.size());
    values.put("intermediate_size", feedForwardWidth);
    values.put("hidden_activation", ActivationNames.of(activation));
    values.put("norm_eps", epsilon);
    values.put("norm_bias", normBias);
    values.put("attention_bias", attentionBias);
    values.put("mlp_bias", feedForwardBias);
    values.put("layer_types", local.stream().map(near -> near ? SLIDING : FULL).toList());
    values.put("local_attention", 2 * window);
    values.put("rope_parameters", Map.of(FULL, rotary(theta), SLIDING, rotary(localTheta)));
    values.put("embedding_dropout", dropout.embedding);
    values.put("attention_dropout", dropout.attention);
    values.put("mlp_dropout", dropout.feedForward);
    values.put("classifier_dropout", dropout.head);
    values.put("classifier_pooling", head.pooling == Pooling.FIRST ? "cls" : "mean");
    values.put("classifier_activation", ActivationNames.of(head.activation));
    values.put("classifier_bias", head.bias);
    values.put("decoder_bias", head.decoderBias);
    values.put("pad_token_id", paddingId);
    values.put("dtype", "float32");
    values.putAll(more);
    return new ConfigFile("config.json", values);
  }

  private static Map<String, Object> rotary(double theta) {
    return Map.of("rope_type", "default", "rope_theta", theta);
  }
}
