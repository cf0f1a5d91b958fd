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

/// The shape of a Marian or BART, as its `config.json` says it: that of the 2017 paper, post-norm.
///
/// @param family which of the two
/// @param shape the model's shape
/// @param startToken the token before a target's first
/// @param endToken the token that ends a source or target
/// @param paddingToken the token that fills texts up
public record MarianConfiguration(
    Family family,
    EncoderDecoderConfiguration shape,
    int startToken,
    int endToken,
    int paddingToken) {
  static final double EPSILON = 1e-5;

  /// What differs between the families.
  public enum Family {
    /// Waves in halves.
    MARIAN("marian", "MarianMTModel", Positions.HALVED_WAVES, false),
    /// Learned positions, and a norm before the first block.
    BART("bart", "BartForConditionalGeneration", Positions.LEARNED, true);

    private final String type;
    private final String architecture;
    private final Positions positions;
    private final boolean embeddingNorm;

    Family(String type, String architecture, Positions positions, boolean embeddingNorm) {
      this.type = type;
      this.architecture = architecture;
      this.positions = positions;
      this.embeddingNorm = embeddingNorm;
    }

    /// The `model_type` of its `config.json`.
    public String type() {
      return type;
    }

    /// The class at Hugging Face.
    public String architecture() {
      return architecture;
    }
  }

  public MarianConfiguration {
    int vocabulary = shape.decoder().vocabulary();
    if (startToken < 0 || startToken >= vocabulary || endToken < 0 || endToken >= vocabulary) {
      throw new IllegalArgumentException(
          "startToken and endToken must be in 0…%d: received %d and %d"
              .formatted(vocabulary - 1, startToken, endToken));
    }
    if (shape.encoder().block().normFirst() || shape.decoder().block().normFirst()) {
      throw new IllegalArgumentException("the blocks must be post-norm: received pre-norm");
    }
  }

  /// A new model with one table for source, target and output, as many layers on both sides; what
  /// begins a target also fills texts up.
  ///
  /// @param family how it knows positions: by waves, or by learning them, with a norm after
  public static MarianConfiguration of(
      Family family,
      int vocabulary,
      int depth,
      int maximumLength,
      BlockConfiguration block,
      int start,
      int end) {
    Side side = new Side(vocabulary, depth, block);
    return new MarianConfiguration(
        family,
        new EncoderDecoderConfiguration(
            side,
            side,
            maximumLength,
            family.positions,
            true,
            family.embeddingNorm,
            true,
            true,
            true),
        start,
        end,
        start);
  }

  /// Reads what a `config.json` says.
  ///
  /// @param outputBias whether the checkpoint has the output layer's bias
  /// @param tied whether the output layer is the target's table
  /// @throws dev.heed.model.ModelException if something is missing, or asked for that Heed lacks
  static MarianConfiguration of(Family family, ConfigFile file, boolean tied, boolean outputBias) {
    file.require("encoder_layerdrop", 0.0, 0L);
    file.require("decoder_layerdrop", 0.0, 0L);
    file.require("is_encoder_decoder", true);
    file.require("normalize_before", false);
    file.require("normalize_embedding", family.embeddingNorm);
    file.require("add_final_layer_norm", false);
    file.require("static_position_embeddings", family.positions != Positions.LEARNED);
    int vocabulary = file.integer("vocab_size");
    boolean shared = isShared(family, file);
    int padding = file.integer("pad_token_id");
    return new MarianConfiguration(
        family,
        new EncoderDecoderConfiguration(
            side(file, "encoder", vocabulary),
            side(
                file,
                "decoder",
                family == Family.BART
                    ? vocabulary
                    : file.integer("decoder_vocab_size", vocabulary)),
            file.integer("max_position_embeddings"),
            family.positions,
            file.flag("scale_embedding", false),
            family.embeddingNorm,
            shared,
            tied,
            outputBias),
        file.value("decoder_start_token_id").isPresent()
            ? file.integer("decoder_start_token_id")
            : family == Family.BART ? file.integer("eos_token_id", 2) : padding,
        file.integer("eos_token_id", family == Family.BART ? 2 : 0),
        padding);
  }

  /// Whether source and target have one table; those of BART always do.
  static boolean isShared(Family family, ConfigFile file) {
    return family == Family.BART || file.flag("share_encoder_decoder_embeddings", true);
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
            file.number("activation_dropout", 0),
            EPSILON));
  }

  ConfigFile toFile() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", family.type);
    values.put("architectures", List.of(family.architecture));
    values.put("is_encoder_decoder", true);
    values.put("vocab_size", shape.encoder().vocabulary());
    if (family == Family.MARIAN) {
      values.put("decoder_vocab_size", shape.decoder().vocabulary());
      values.put("share_encoder_decoder_embeddings", shape.sharedTable());
    }
    values.put("tie_word_embeddings", shape.tiedOutput());
    values.put("max_position_embeddings", shape.maximumLength());
    values.put("d_model", shape.width());
    put(values, "encoder", shape.encoder());
    put(values, "decoder", shape.decoder());
    BlockConfiguration block = shape.encoder().block();
    values.put("activation_function", ActivationNames.of(block.activation()));
    values.put("dropout", block.dropout());
    values.put("attention_dropout", block.attentionDropout());
    values.put("activation_dropout", block.activationDropout());
    values.put("scale_embedding", shape.scaled());
    values.put("decoder_start_token_id", startToken);
    values.put("pad_token_id", paddingToken);
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
