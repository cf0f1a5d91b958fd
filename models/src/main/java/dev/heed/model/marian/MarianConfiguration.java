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

/// The shape of a Marian, BART or Pegasus, as its `config.json` says it: that of the 2017 paper.
///
/// @param family which of them
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
  private static final String KEY_WIDTH = "key_width";

  /// What differs between the families.
  public enum Family {
    /// Post-norm, waves in halves.
    MARIAN("marian", "MarianMTModel", Positions.HALVED_WAVES, false, false),
    /// Post-norm, learned positions, and a norm before the first block.
    BART("bart", "BartForConditionalGeneration", Positions.LEARNED, true, false),
    /// Pre-norm, waves in halves.
    PEGASUS("pegasus", "PegasusForConditionalGeneration", Positions.HALVED_WAVES, false, true),
    /// Marian's, with a key width of its own: Heed's form, which nobody else opens.
    HEED("heed-translation", "HeedMTModel", Positions.HALVED_WAVES, false, false);

    private final String type;
    private final String architecture;
    private final Positions positions;
    private final boolean embeddingNorm;
    private final boolean normFirst;

    Family(
        String type,
        String architecture,
        Positions positions,
        boolean embeddingNorm,
        boolean normFirst) {
      this.type = type;
      this.architecture = architecture;
      this.positions = positions;
      this.embeddingNorm = embeddingNorm;
      this.normFirst = normFirst;
    }

    /// Whether its blocks are pre-norm.
    public boolean normFirst() {
      return normFirst;
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
    if (shape.encoder().block().normFirst() != family.normFirst
        || shape.decoder().block().normFirst() != family.normFirst) {
      throw new IllegalArgumentException(
          "the blocks of %s must be %s-norm".formatted(family, family.normFirst ? "pre" : "post"));
    }
    BlockConfiguration block = shape.encoder().block();
    if (family != Family.HEED && block.keyWidth() * block.heads() != block.width()) {
      throw new IllegalArgumentException(
          "%s has no key width of its own: received %d with %d heads in a width of %d"
              .formatted(family, block.keyWidth(), block.heads(), block.width()));
    }
  }

  /// A new model with one table for source, target and output, as many layers on both sides; what
  /// begins a target also fills texts up.
  ///
  /// @param family how it knows positions, and where its norms are
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
    file.require("normalize_before", family.normFirst);
    file.require("normalize_embedding", family.embeddingNorm);
    file.require("add_final_layer_norm", family.normFirst);
    file.require("static_position_embeddings", family.positions != Positions.LEARNED);
    int vocabulary = file.integer("vocab_size");
    boolean shared = isShared(family, file);
    int padding = file.integer("pad_token_id");
    return new MarianConfiguration(
        family,
        new EncoderDecoderConfiguration(
            side(family, file, "encoder", vocabulary),
            side(
                family,
                file,
                "decoder",
                family == Family.MARIAN
                    ? file.integer("decoder_vocab_size", vocabulary)
                    : vocabulary),
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
        file.integer(
            "eos_token_id",
            switch (family) {
              case MARIAN, HEED -> 0;
              case BART -> 2;
              case PEGASUS -> 1;
            }),
        padding);
  }

  /// Whether source and target have one table; only Marian's may have two.
  static boolean isShared(Family family, ConfigFile file) {
    return family != Family.MARIAN || file.flag("share_encoder_decoder_embeddings", true);
  }

  private static Side side(Family family, ConfigFile file, String name, int vocabulary) {
    int width = file.integer("d_model");
    int heads = file.integer(name + "_attention_heads");
    return new Side(
        vocabulary,
        file.layers(name + "_layers"),
        new BlockConfiguration(
            width,
            heads,
            family == Family.HEED ? file.integer(KEY_WIDTH) : width / Math.max(1, heads),
            file.integer(name + "_ffn_dim"),
            file.activation("activation_function"),
            family.normFirst,
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
    if (family == Family.HEED) {
      values.put(KEY_WIDTH, shape.encoder().block().keyWidth());
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
