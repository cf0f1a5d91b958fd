package dev.heed.model.gpt2;

import dev.heed.model.ModelException;
import dev.heed.model.WeightNames;
import dev.heed.tensor.Activation;
import dev.heed.weights.GgufFile;
import dev.heed.weights.GgufValue;
import java.util.Map;

/// GPT-2 as GGUF files keep it: linear layers [out, in], query, key and value one below the other.
///
/// Source: `convert_hf_to_gguf.py` and `constants.py` of llama.cpp.
final class Gpt2Gguf {
  private static final String PREFIX = "gpt2.";

  private Gpt2Gguf() {}

  static WeightNames names(Gpt2Configuration configuration) {
    WeightNames names = new WeightNames("");
    names.tensor("token_embd.weight", "embedding.weight");
    names.tensor("position_embd.weight", "positions.weight");
    for (int i = 0; i < configuration.layers(); i++) {
      String to = "blk." + i + ".";
      String from = "blocks.layers." + i + ".";
      String attention = from + "attention.";
      names.weightAndBias(to + "attn_norm", from + "attention_norm");
      names.weightAndBias(
          to + "attn_qkv", attention + "query", attention + "key", attention + "value");
      names.weightAndBias(to + "attn_output", attention + "output");
      names.weightAndBias(to + "ffn_norm", from + "feed_forward_norm");
      names.weightAndBias(to + "ffn_up", from + "feed_forward.inner");
      names.weightAndBias(to + "ffn_down", from + "feed_forward.outer");
    }
    names.weightAndBias("output_norm", "blocks.final_norm");
    return configuration.tied() ? names : names.tensor("output.weight", "output.weight");
  }

  static Gpt2Configuration configuration(GgufFile file) {
    int blocks = whole(file, PREFIX + "block_count");
    if (blocks > file.names().size()) {
      throw new ModelException(
          "%s: %d blocks need more tensors than the %d there are"
              .formatted(file.source(), blocks, file.names().size()));
    }
    try {
      return new Gpt2Configuration(
          file.tensor("token_embd.weight").shape().dimension(0),
          whole(file, PREFIX + "context_length"),
          whole(file, PREFIX + "embedding_length"),
          blocks,
          whole(file, PREFIX + "attention.head_count"),
          whole(file, PREFIX + "feed_forward_length"),
          Activation.GELU_TANH,
          0,
          file.real(PREFIX + "attention.layer_norm_epsilon"),
          whole(file, "tokenizer.ggml.eos_token_id"),
          !file.contains("output.weight"));
    } catch (IllegalArgumentException e) {
      throw new ModelException("%s: %s".formatted(file.source(), e.getMessage()));
    }
  }

  private static int whole(GgufFile file, String key) {
    long value = file.integer(key);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new ModelException(
          "%s: %s must be in 0…%d: received %d"
              .formatted(file.source(), key, Integer.MAX_VALUE, value));
    }
    return (int) value;
  }

  static void values(Gpt2Configuration c, Map<String, GgufValue> values) {
    if (c.activation() != Activation.GELU_TANH) {
      throw new ModelException(
          "a GPT-2 in a GGUF file must have the activation gelu_new: received " + c.activation());
    }
    values.put("general.architecture", GgufValue.of("gpt2"));
    values.put(PREFIX + "block_count", GgufValue.u32(c.layers()));
    values.put(PREFIX + "context_length", GgufValue.u32(c.positions()));
    values.put(PREFIX + "embedding_length", GgufValue.u32(c.width()));
    values.put(PREFIX + "feed_forward_length", GgufValue.u32(c.feedForwardWidth()));
    values.put(PREFIX + "attention.head_count", GgufValue.u32(c.heads()));
    values.put(PREFIX + "attention.layer_norm_epsilon", GgufValue.f32((float) c.epsilon()));
  }
}
