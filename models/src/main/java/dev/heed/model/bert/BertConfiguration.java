package dev.heed.model.bert;

import dev.heed.model.ActivationNames;
import dev.heed.model.ConfigFile;
import dev.heed.nn.transformer.BlockConfiguration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The shape of a BERT, as its `config.json` says it.
///
/// @param vocabulary the number of tokens V
/// @param positions the most tokens of a text
/// @param types the number of token types: BERT tells a first text from a second one
/// @param layers the number of blocks
/// @param block their shape; post-norm
public record BertConfiguration(
    int vocabulary, int positions, int types, int layers, BlockConfiguration block) {
  public BertConfiguration {
    if (vocabulary < 1 || positions < 1 || types < 1 || layers < 0) {
      throw new IllegalArgumentException(
          "vocabulary, positions and types must be 1 or more, layers 0 or more:"
              + " received %d, %d, %d, %d".formatted(vocabulary, positions, types, layers));
    }
    if (block.normFirst()) {
      throw new IllegalArgumentException("the blocks of a BERT are post-norm: received pre-norm");
    }
  }

  /// Reads what a `config.json` says.
  ///
  /// @throws dev.heed.model.ModelException if something is missing, or asked for that Heed lacks
  static BertConfiguration of(ConfigFile file) {
    file.require("position_embedding_type", "absolute");
    file.require("is_decoder", false);
    file.require("add_cross_attention", false);
    file.require("pruned_heads", Map.of());
    return new BertConfiguration(
        file.integer("vocab_size"),
        file.integer("max_position_embeddings"),
        file.integer("type_vocab_size", 2),
        file.layers("num_hidden_layers"),
        new BlockConfiguration(
            file.integer("hidden_size"),
            file.integer("num_attention_heads"),
            file.integer("intermediate_size"),
            file.activation("hidden_act"),
            false,
            file.number("hidden_dropout_prob", 0.1),
            file.number("attention_probs_dropout_prob", 0.1),
            file.number("layer_norm_eps", 1e-12)));
  }

  ConfigFile toFile() {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", "bert");
    values.put("architectures", List.of("BertModel"));
    values.put("vocab_size", vocabulary);
    values.put("max_position_embeddings", positions);
    values.put("type_vocab_size", types);
    values.put("num_hidden_layers", layers);
    values.put("hidden_size", block.width());
    values.put("num_attention_heads", block.heads());
    values.put("intermediate_size", block.feedForwardWidth());
    values.put("hidden_act", ActivationNames.of(block.activation()));
    values.put("hidden_dropout_prob", block.dropout());
    values.put("attention_probs_dropout_prob", block.attentionDropout());
    values.put("layer_norm_eps", block.epsilon());
    values.put("initializer_range", Bert.DEVIATION);
    values.put("pad_token_id", 0);
    values.put("dtype", "float32");
    return new ConfigFile("config.json", values);
  }
}
