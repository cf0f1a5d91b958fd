package dev.heed.model.gpt2;

import dev.heed.model.ActivationNames;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.tensor.Activation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The shape of a GPT-2, as its `config.json` says it.
///
/// @param vocabulary the number of tokens V
/// @param positions the most tokens of a text
/// @param width the model width D
/// @param layers the number of blocks
/// @param heads the number of attention heads H
/// @param feedForwardWidth the inner width F of the feed-forward, usually 4 · D
/// @param activation the feed-forward's function
/// @param dropout the share dropped of embeddings, sub-layers and attention weights in training
/// @param epsilon what LayerNorm adds to the variance
/// @param endOfText the id of the token that ends, and begins, a text
/// @param tied whether the output layer is the token embedding's table
public record Gpt2Configuration(
    int vocabulary,
    int positions,
    int width,
    int layers,
    int heads,
    int feedForwardWidth,
    Activation activation,
    double dropout,
    double epsilon,
    int endOfText,
    boolean tied) {
  public Gpt2Configuration {
    if (vocabulary < 1 || positions < 1 || layers < 0) {
      throw new IllegalArgumentException(
          "vocabulary and positions must be 1 or more, layers 0 or more: received %d, %d, %d"
              .formatted(vocabulary, positions, layers));
    }
    if (endOfText < 0 || endOfText >= vocabulary) {
      throw new IllegalArgumentException(
          "endOfText must be in 0…%d: received %d".formatted(vocabulary - 1, endOfText));
    }
    MultiHeadAttention.Configuration.splitting(width, heads, dropout);
  }

  /// A small model with the proportions of GPT-2.
  public static Gpt2Configuration of(
      int vocabulary, int positions, int width, int layers, int heads, double dropout) {
    return new Gpt2Configuration(
        vocabulary,
        positions,
        width,
        layers,
        heads,
        4 * width,
        Activation.GELU_TANH,
        dropout,
        1e-5,
        0,
        true);
  }

  Gpt2Configuration withTied(boolean tied) {
    return new Gpt2Configuration(
        vocabulary,
        positions,
        width,
        layers,
        heads,
        feedForwardWidth,
        activation,
        dropout,
        epsilon,
        endOfText,
        tied);
  }

  BlockConfiguration block() {
    return new BlockConfiguration(
        width, heads, feedForwardWidth, activation, true, dropout, dropout, epsilon);
  }

  /// Reads what a `config.json` says.
  ///
  /// @throws ModelException if something is missing, or asked for that Heed lacks
  static Gpt2Configuration of(ConfigFile file) {
    file.require("scale_attn_by_inverse_layer_idx", false);
    file.require("reorder_and_upcast_attn", false);
    file.require("scale_attn_weights", true);
    file.require("add_cross_attention", false);
    int width = file.integer("n_embd");
    int vocabulary = file.integer("vocab_size");
    return new Gpt2Configuration(
        vocabulary,
        file.integer("n_positions"),
        width,
        file.layers("n_layer"),
        file.integer("n_head"),
        file.integer("n_inner", 4 * width),
        file.activation("activation_function"),
        file.number("resid_pdrop", 0.1),
        file.number("layer_norm_epsilon"),
        file.integer("eos_token_id", vocabulary - 1),
        file.flag("tie_word_embeddings", true));
  }

  ConfigFile toFile() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", "gpt2");
    values.put("architectures", List.of("GPT2LMHeadModel"));
    values.put("vocab_size", vocabulary);
    values.put("n_positions", positions);
    values.put("n_ctx", positions);
    values.put("n_embd", width);
    values.put("n_layer", layers);
    values.put("n_head", heads);
    values.put("n_inner", feedForwardWidth);
    values.put("activation_function", ActivationNames.of(activation));
    values.put("resid_pdrop", dropout);
    values.put("embd_pdrop", dropout);
    values.put("attn_pdrop", dropout);
    values.put("layer_norm_epsilon", epsilon);
    values.put("initializer_range", 0.02);
    values.put("bos_token_id", endOfText);
    values.put("eos_token_id", endOfText);
    values.put("tie_word_embeddings", tied);
    values.put("dtype", "float32");
    return new ConfigFile("config.json", values);
  }
}
