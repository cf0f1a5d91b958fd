package dev.heed.model.marian;

import dev.heed.model.ActivationNames;
import dev.heed.model.ConfigFile;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.nn.transformer.EncoderDecoderConfiguration.Positions;
import dev.heed.nn.transformer.EncoderDecoderConfiguration.Side;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The shape of a Marian model, as its `config.json` says it: that of the 2017 paper, post-norm,
/// with waves in halves.
///
/// @param shape the model's shape
/// @param startToken the token before a target's first; also fills texts up
/// @param endToken the token that ends a source or target
public record MarianConfiguration(
    EncoderDecoderConfiguration shape, int startToken, int endToken) {
  static final double EPSILON = 1e-5;

  public MarianConfiguration {
    int vocabulary = shape.decoder().vocabulary();
    if (startToken < 0 || startToken >= vocabulary || endToken < 0 || endToken >= vocabulary) {
      throw new IllegalArgumentException(
          "startToken and endToken must be in 0…%d: received %d and %d"
              .formatted(vocabulary - 1, startToken, endToken));
    }
    if (shape.encoder().block().normFirst() || shape.decoder().block().normFirst()) {
      throw new IllegalArgumentException("the blocks of a Marian are post-norm: received pre-norm");
    }
  }

  /// A new model with one table for source, target and output, as many layers on both sides.
  public static MarianConfiguration of(
      int vocabulary, int depth, int maximumLength, BlockConfiguration block, int start, int end) {
    Side side = new Side(vocabulary, depth, block);
    return new MarianConfiguration(
        new EncoderDecoderConfiguration(
            side, side, maximumLength, Positions.HALVED_WAVES, true, false, true, true, true),
        start,
        end);
  }

  /// Reads what a `config.json` says.
  ///
  /// @param outputBias whether the checkpoint has the output layer's bias
  /// @param tied whether the output layer is the target's table
  /// @throws dev.heed.model.ModelException if something is missing, or asked for that Heed lacks
  static MarianConfiguration of(ConfigFile file, boolean tied, boolean outputBias) {
    for (String rate : List.of("activation_dropout", "encoder_layerdrop", "decoder_layerdrop")) {
      file.require(rate, 0.0, 0L);
    }
    file.require("is_encoder_decoder", true);
    file.require("normalize_before", false);
    file.require("normalize_embedding", false);
    file.require("add_final_layer_norm", false);
    file.require("static_position_embeddings", true);
    int vocabulary = file.integer("vocab_size");
    boolean shared = file.flag("share_encoder_decoder_embeddings", true);
    return new MarianConfiguration(
        new EncoderDecoderConfiguration(
            side(file, "encoder", vocabulary),
            side(file, "decoder", file.integer("decoder_vocab_size", vocabulary)),
            file.integer("max_position_embeddings"),
            Positions.HALVED_WAVES,
            file.flag("scale_embedding", false),
            false,
            shared,
            tied,
            outputBias),
        file.value("decoder_start_token_id").isPresent()
            ? file.integer("decoder_start_token_id")
            : file.integer("pad_token_id"),
        file.integer("eos_token_id", 0));
  }

  private static Side side(ConfigFile file, String name, int vocabulary) {
    return new Side(
        vocabulary,
        file.layers(name + "_layers"),
        new BlockConfiguration(
            file.integer("d_model"),
            file.integer(name + "_attention_heads"),
            file.integer(name + "_ffn_dim"),
            file.activation("activation_function"),
            false,
            file.number("dropout", 0.1),
            file.number("attention_dropout", 0),
            EPSILON));
  }

  ConfigFile toFile() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", "marian");
    values.put("architectures", List.of("MarianMTModel"));
    values.put("is_encoder_decoder", true);
    values.put("vocab_size", shape.encoder().vocabulary());
    values.put("decoder_vocab_size", shape.decoder().vocabulary());
    values.put("share_encoder_decoder_embeddings", shape.sharedTable());
    values.put("tie_word_embeddings", shape.tiedOutput());
    values.put("max_position_embeddings", shape.maximumLength());
    values.put("d_model", shape.width());
    put(values, "encoder", shape.encoder());
    put(values, "decoder", shape.decoder());
    BlockConfiguration block = shape.encoder().block();
    values.put("activation_function", ActivationNames.of(block.activation()));
    values.put("dropout", block.dropout());
    values.put("attention_dropout", block.attentionDropout());
    values.put("activation_dropout", 0.0);
    values.put("scale_embedding", shape.scaled());
    values.put("decoder_start_token_id", startToken);
    values.put("pad_token_id", startToken);
    values.put("eos_token_id", endToken);
    values.put("bos_token_id", null);
    values.put("forced_eos_token_id", endToken);
    values.put("dtype", "float32");
    return new ConfigFile("config.json", values);
  }

  private static void put(Map<String, @Nullable Object> values, String name, Side side) {
    values.put(name + "_layers", side.depth());
    values.put(name + "_attention_heads", side.block().heads());
    values.put(name + "_ffn_dim", side.block().feedForwardWidth());
  }
}
