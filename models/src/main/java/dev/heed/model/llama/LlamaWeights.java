package dev.heed.model.llama;

import dev.heed.model.WeightNames;
import dev.heed.weights.Checkpoint;

/// The names under which Hugging Face stores the families' weights.
final class LlamaWeights {
  private static final String OUTPUT = "lm_head.weight";

  private LlamaWeights() {}

  static boolean isTied(Checkpoint checkpoint, boolean configured) {
    return new WeightNames("model.").isTied(checkpoint, OUTPUT, "embed_tokens.weight", configured);
  }

  static WeightNames names(LlamaConfiguration configuration) {
    WeightNames names = new WeightNames("model.");
    names.tensor("embed_tokens.weight", "embedding.weight");
    for (int i = 0; i < configuration.layers().size(); i++) {
      String to = "layers." + i + ".";
      String attention = to + "attention.";
      String feedForward = to + "feed_forward.";
      names.tensor(to + "input_layernorm.weight", to + "attention_norm.weight");
      linear(names, to + "self_attn.q_proj", attention + "query", configuration.queryBias());
      linear(names, to + "self_attn.k_proj", attention + "key", configuration.queryBias());
      linear(names, to + "self_attn.v_proj", attention + "value", configuration.queryBias());
      linear(names, to + "self_attn.o_proj", attention + "output", configuration.outputBias());
      if (configuration.queryKeyNorm()) {
        names.tensor(to + "self_attn.q_norm.weight", attention + "query_norm.weight");
        names.tensor(to + "self_attn.k_norm.weight", attention + "key_norm.weight");
      }
      if (configuration.afterNorms()) {
        names.tensor(to + "post_attention_layernorm.weight", to + "after_attention_norm.weight");
        names.tensor(to + "pre_feedforward_layernorm.weight", to + "feed_forward_norm.weight");
        names.tensor(
            to + "post_feedforward_layernorm.weight", to + "after_feed_forward_norm.weight");
      } else {
        names.tensor(to + "post_attention_layernorm.weight", to + "feed_forward_norm.weight");
      }
      for (String part : new String[] {"gate", "up", "down"}) {
        linear(
            names,
            to + "mlp." + part + "_proj",
            feedForward + part,
            configuration.feedForwardBias());
      }
    }
    names.tensor("norm.weight", "final_norm.weight");
    return configuration.tied()
        ? names.ignoring(OUTPUT.replace(".", "\\."))
        : names.head(OUTPUT, "output.weight");
  }

  private static void linear(WeightNames names, String stored, String layer, boolean bias) {
    if (bias) {
      names.weightAndBias(stored, layer);
    } else {
      names.tensor(stored + ".weight", layer + ".weight");
    }
  }
}
