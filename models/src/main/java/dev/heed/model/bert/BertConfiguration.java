package dev.heed.model.bert;

import dev.heed.model.ActivationNames;
import dev.heed.model.ConfigFile;
import dev.heed.nn.transformer.BlockConfiguration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The shape of an encoder of BERT's kind, as its `config.json` says it.
///
/// @param family which of the encoders made after BERT
/// @param vocabulary the number of tokens V
/// @param positions the rows of the table of positions
/// @param types the number of token types: BERT tells a first text from a second one; 0 for none
/// @param paddingId the token that fills texts up; where the family counts no padding, positions
///   begin behind this number
/// @param embeddingWidth the width of the embeddings, which may differ from the blocks'
/// @param buckets the number of distances that attention tells apart (MPNet); 0 for none
/// @param layers the number of places in the stack, of groups in ALBERT
/// @param groups how many groups of layers have weights of their own; as many as `layers` but in
///   ALBERT
/// @param layersInGroup the number of layers one after the other in a group
/// @param headDropout the share dropped before a head's last layer in training
/// @param block the shape of the blocks; post-norm
public record BertConfiguration(
    EncoderFamily family,
    int vocabulary,
    int positions,
    int types,
    int paddingId,
    int embeddingWidth,
    int buckets,
    int layers,
    int groups,
    int layersInGroup,
    double headDropout,
    BlockConfiguration block) {
  static final int GREATEST_DISTANCE = 128;
  private static final int MOST_LAYERS = 10_000;

  public BertConfiguration {
    if (vocabulary < 1 || positions < 1 || types < 0 || embeddingWidth < 1) {
      throw new IllegalArgumentException(
          "vocabulary, positions and embeddingWidth must be 1 or more, types 0 or more:"
              + " received %d, %d, %d, %d".formatted(vocabulary, positions, embeddingWidth, types));
    }
    if (layers < 0 || groups < 0 || groups > layers || layers > 0 && groups == 0) {
      throw new IllegalArgumentException(
          "groups must be in 1…layers: received groups=%d, layers=%d".formatted(groups, layers));
    }
    if (layersInGroup < 1 || (long) layers * layersInGroup > MOST_LAYERS) {
      throw new IllegalArgumentException(
          "layers · layersInGroup must be in 1…%d: received %d · %d"
              .formatted(MOST_LAYERS, layers, layersInGroup));
    }
    if (buckets != 0 && (buckets < 4 || buckets % 2 != 0 || buckets / 4 >= GREATEST_DISTANCE)) {
      throw new IllegalArgumentException(
          "buckets must be 0, or even and in 4…%d: received %d"
              .formatted(4 * GREATEST_DISTANCE - 2, buckets));
    }
    if (block.normFirst()) {
      throw new IllegalArgumentException("the blocks of a BERT are post-norm: received pre-norm");
    }
    if (family.skipsPadding() && (paddingId < 0 || positions <= paddingId + 1)) {
      throw new IllegalArgumentException(
          "paddingId must be in 0…positions − 2: received paddingId=%d, positions=%d"
              .formatted(paddingId, positions));
    }
  }

  /// A plain BERT.
  ///
  /// @param vocabulary the number of tokens V
  /// @param positions the most tokens of a text
  public static BertConfiguration bert(
      int vocabulary, int positions, int types, int layers, BlockConfiguration block) {
    return new BertConfiguration(
        EncoderFamily.BERT,
        vocabulary,
        positions,
        types,
        0,
        block.width(),
        0,
        layers,
        layers,
        1,
        block.dropout(),
        block);
  }

  /// The most tokens of a text.
  public int maximumLength() {
    return family.skipsPadding() ? positions - paddingId - 1 : positions;
  }

  /// Whether the embeddings are brought to the blocks' width.
  boolean projects() {
    return family == EncoderFamily.ALBERT || embeddingWidth != block.width();
  }

  /// Which layer stands at each place of the stack.
  int[] order() {
    int[] order = new int[layers * layersInGroup];
    for (int i = 0; i < order.length; i++) {
      // As the reference divides, which matters where groups do not divide layers.
      int group = (int) (i / layersInGroup / ((double) layers / groups));
      order[i] = group * layersInGroup + i % layersInGroup;
    }
    return order;
  }

  /// Reads what a `config.json` says.
  ///
  /// @throws dev.heed.model.ModelException if something is missing, or asked for that Heed lacks
  static BertConfiguration of(ConfigFile file) {
    EncoderFamily family = EncoderFamily.of(file);
    file.require("position_embedding_type", "absolute");
    file.require("is_decoder", false);
    file.require("add_cross_attention", false);
    file.require("pruned_heads", Map.of());
    boolean distil = family == EncoderFamily.DISTILBERT;
    boolean albert = family == EncoderFamily.ALBERT;
    int width = file.integer(distil ? "dim" : "hidden_size");
    int layers = file.layers(distil ? "n_layers" : "num_hidden_layers");
    double dropout = file.number(distil ? "dropout" : "hidden_dropout_prob", albert ? 0 : 0.1);
    return new BertConfiguration(
        family,
        file.integer("vocab_size"),
        file.integer("max_position_embeddings"),
        distil || family == EncoderFamily.MPNET ? 0 : file.integer("type_vocab_size", 2),
        // MPNet's is 1 whatever its configuration says.
        family == EncoderFamily.MPNET
            ? 1
            : file.integer("pad_token_id", family.skipsPadding() ? 1 : 0),
        albert || family == EncoderFamily.ELECTRA ? file.integer("embedding_size", 128) : width,
        family == EncoderFamily.MPNET ? file.integer("relative_attention_num_buckets", 32) : 0,
        layers,
        albert ? file.integer("num_hidden_groups", 1) : layers,
        albert ? file.integer("inner_group_num", 1) : 1,
        switch (family) {
          case DISTILBERT -> file.number("seq_classif_dropout", 0.2);
          case ALBERT -> file.number("classifier_dropout_prob", 0.1);
          default -> file.number("classifier_dropout", dropout);
        },
        new BlockConfiguration(
            width,
            file.integer(distil ? "n_heads" : "num_attention_heads"),
            file.integer(distil ? "hidden_dim" : "intermediate_size"),
            file.activation(distil ? "activation" : "hidden_act"),
            false,
            dropout,
            file.number(
                distil ? "attention_dropout" : "attention_probs_dropout_prob", albert ? 0 : 0.1),
            // DistilBERT's is this whatever its configuration says.
            distil ? 1e-12 : file.number("layer_norm_eps", 1e-12)));
  }

  /// What a `config.json` says of this encoder below a head.
  ///
  /// @param head what follows the family's name in the class at Hugging Face, such as `Model`
  /// @param more what the head adds
  ConfigFile toFile(String head, Map<String, ? extends @Nullable Object> more) {
    boolean distil = family == EncoderFamily.DISTILBERT;
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", family.type());
    values.put("architectures", List.of(family.architecture(head)));
    values.put("vocab_size", vocabulary);
    values.put("max_position_embeddings", positions);
    values.put(distil ? "n_layers" : "num_hidden_layers", layers);
    values.put(distil ? "dim" : "hidden_size", block.width());
    values.put(distil ? "n_heads" : "num_attention_heads", block.heads());
    values.put(distil ? "hidden_dim" : "intermediate_size", block.feedForwardWidth());
    values.put(distil ? "activation" : "hidden_act", ActivationNames.of(block.activation()));
    values.put(distil ? "dropout" : "hidden_dropout_prob", block.dropout());
    values.put(
        distil ? "attention_dropout" : "attention_probs_dropout_prob", block.attentionDropout());
    switch (family) {
      case DISTILBERT -> values.put("seq_classif_dropout", headDropout);
      case ALBERT -> {
        values.put("classifier_dropout_prob", headDropout);
        values.put("num_hidden_groups", groups);
        values.put("inner_group_num", layersInGroup);
      }
      case MPNET -> values.put("relative_attention_num_buckets", buckets);
      default -> {}
    }
    switch (family) {
      case DISTILBERT, ALBERT, MPNET -> {}
      default -> values.put("classifier_dropout", headDropout);
    }
    if (family == EncoderFamily.ALBERT || family == EncoderFamily.ELECTRA) {
      values.put("embedding_size", embeddingWidth);
    }
    if (types > 0) {
      values.put("type_vocab_size", types);
    }
    if (!distil) {
      values.put("layer_norm_eps", block.epsilon());
    }
    values.put("initializer_range", Bert.DEVIATION);
    values.put("pad_token_id", paddingId);
    values.put("dtype", "float32");
    values.putAll(more);
    return new ConfigFile("config.json", values);
  }
}
