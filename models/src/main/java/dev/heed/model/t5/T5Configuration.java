package dev.heed.model.t5;

import dev.heed.model.ActivationNames;
import dev.heed.model.ConfigFile;
import dev.heed.tensor.Activation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The shape of a T5, as its `config.json` says it.
///
/// @param vocabulary the number of tokens V
/// @param width the model width D
/// @param heads the number of attention heads H
/// @param headWidth the width of a head, which need not be D / H
/// @param feedForwardWidth the inner width F of the feed-forward
/// @param gated whether a gate opens and closes its inner vector
/// @param activation its function
/// @param encoderLayers the number of the encoder's blocks
/// @param decoderLayers the number of the decoder's
/// @param buckets how many distances attention tells apart
/// @param greatestDistance the distance from which on all share the last bucket
/// @param maximumLength the most tokens that Heed takes; the model itself knows no bound
/// @param dropout the share dropped in training
/// @param epsilon what norms add to the mean of squares
/// @param tied whether the output layer is the table of tokens' vectors
/// @param scaledOutput whether the decoder's output is divided by √D before the output layer
/// @param startToken the token before a target's first; also fills texts up
/// @param endToken the token that ends a source or target
public record T5Configuration(
    int vocabulary,
    int width,
    int heads,
    int headWidth,
    int feedForwardWidth,
    boolean gated,
    Activation activation,
    int encoderLayers,
    int decoderLayers,
    int buckets,
    int greatestDistance,
    int maximumLength,
    double dropout,
    double epsilon,
    boolean tied,
    boolean scaledOutput,
    int startToken,
    int endToken) {
  private static final String FEED_FORWARD = "feed_forward_proj";
  private static final String GATED = "gated-";
  private static final int TRAINED_ON = 512;

  public T5Configuration {
    if (vocabulary < 1 || width < 1 || maximumLength < 1) {
      throw new IllegalArgumentException(
          "vocabulary, width and maximumLength must be 1 or more: received %d, %d, %d"
              .formatted(vocabulary, width, maximumLength));
    }
    if (encoderLayers < 1 || decoderLayers < 1 || feedForwardWidth < 1) {
      throw new IllegalArgumentException(
          "layers and feedForwardWidth must be 1 or more: received %d, %d, %d"
              .formatted(encoderLayers, decoderLayers, feedForwardWidth));
    }
    if (heads < 1 || headWidth < 1) {
      throw new IllegalArgumentException(
          "heads and headWidth must be 1 or more: received %d, %d".formatted(heads, headWidth));
    }
    if (buckets < 4 || buckets % 2 != 0 || greatestDistance <= buckets / 2) {
      throw new IllegalArgumentException(
          "buckets must be even and 4 or more, greatestDistance more than half of them:"
              + " received buckets=%d, greatestDistance=%d".formatted(buckets, greatestDistance));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout must be in [0, 1): received " + dropout);
    }
    if (startToken < 0 || startToken >= vocabulary || endToken < 0 || endToken >= vocabulary) {
      throw new IllegalArgumentException(
          "startToken and endToken must be in 0…%d: received %d and %d"
              .formatted(vocabulary - 1, startToken, endToken));
    }
  }

  /// Reads what a `config.json` says.
  ///
  /// @param tied whether the checkpoint's output layer is its table
  /// @throws dev.heed.model.ModelException if something is missing, or asked for that Heed lacks
  static T5Configuration of(ConfigFile file, boolean tied) {
    file.require("is_encoder_decoder", true);
    file.require("is_decoder", false);
    String feedForward = file.string(FEED_FORWARD, "relu");
    boolean gated = feedForward.startsWith(GATED);
    String function = gated ? feedForward.substring(GATED.length()) : feedForward;
    int layers = file.layers("num_layers");
    return new T5Configuration(
        file.integer("vocab_size"),
        file.integer("d_model"),
        file.integer("num_heads"),
        file.integer("d_kv"),
        file.integer("d_ff"),
        gated,
        // The tanh form, though it says otherwise.
        feedForward.equals("gated-gelu")
            ? Activation.GELU_TANH
            : new ConfigFile(file.name(), Map.of(FEED_FORWARD, function)).activation(FEED_FORWARD),
        layers,
        file.value("num_decoder_layers").isPresent() ? file.layers("num_decoder_layers") : layers,
        file.integer("relative_attention_num_buckets", 32),
        file.integer("relative_attention_max_distance", 128),
        file.integer("n_positions", TRAINED_ON),
        file.number("dropout_rate", 0.1),
        file.number("layer_norm_epsilon", 1e-6),
        tied,
        // Newer files say it; in older ones this flag means it, and nothing else.
        file.flag("scale_decoder_outputs", file.flag("tie_word_embeddings", true)),
        file.value("decoder_start_token_id").isPresent()
            ? file.integer("decoder_start_token_id")
            : file.integer("pad_token_id", 0),
        file.integer("eos_token_id", 1));
  }

  ConfigFile toFile() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", "t5");
    values.put("architectures", List.of("T5ForConditionalGeneration"));
    values.put("is_encoder_decoder", true);
    values.put("vocab_size", vocabulary);
    values.put("d_model", width);
    values.put("num_heads", heads);
    values.put("d_kv", headWidth);
    values.put("d_ff", feedForwardWidth);
    values.put(
        FEED_FORWARD,
        gated && activation == Activation.GELU_TANH
            ? "gated-gelu"
            : (gated ? GATED : "") + ActivationNames.of(activation));
    values.put("num_layers", encoderLayers);
    values.put("num_decoder_layers", decoderLayers);
    values.put("relative_attention_num_buckets", buckets);
    values.put("relative_attention_max_distance", greatestDistance);
    values.put("n_positions", maximumLength);
    values.put("dropout_rate", dropout);
    values.put("layer_norm_epsilon", epsilon);
    values.put("tie_word_embeddings", scaledOutput);
    values.put("decoder_start_token_id", startToken);
    values.put("pad_token_id", startToken);
    values.put("eos_token_id", endToken);
    values.put("dtype", "float32");
    return new ConfigFile("config.json", values);
  }
}
