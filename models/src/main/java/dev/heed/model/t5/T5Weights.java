package dev.heed.model.t5;

import dev.heed.model.WeightNames;
import dev.heed.weights.Checkpoint;

/// The names under which Hugging Face stores a T5.
final class T5Weights {
  private static final String OUTPUT = "lm_head.weight";
  private static final String TABLE = "shared.weight";
  private static final String DISTANCES =
      ".block.0.layer.0.SelfAttention.relative_attention_bias.weight";

  private T5Weights() {}

  private static WeightNames family() {
    return new WeightNames("")
        .ignoring("(encoder|decoder)\\.embed_tokens\\.weight")
        // Early checkpoints have a table of distances to the source that nothing reads.
        .ignoring("decoder\\.block\\.0\\.layer\\.1\\.EncDecAttention\\.relative_attention_bias.*");
  }

  /// The output layer is the table unless the checkpoint has another one.
  static boolean isTied(Checkpoint checkpoint) {
    return family().isTied(checkpoint, OUTPUT, TABLE, true);
  }

  static WeightNames names(T5Configuration configuration) {
    WeightNames names = family();
    names.tensor(TABLE, "embedding.weight");
    stack(names, configuration, "encoder", configuration.encoderLayers(), false);
    stack(names, configuration, "decoder", configuration.decoderLayers(), true);
    return configuration.tied()
        ? names.ignoring(OUTPUT.replace(".", "\\."))
        : names.tensor(OUTPUT, "output.weight");
  }

  private static void stack(
      WeightNames names, T5Configuration configuration, String side, int depth, boolean decoder) {
    names.tensor(side + DISTANCES, side + ".distances.weight");
    for (int i = 0; i < depth; i++) {
      String to = side + ".block." + i + ".layer.";
      String from = side + ".layers." + i + ".";
      attention(names, to + "0.SelfAttention.", from + "attention.");
      names.tensor(to + "0.layer_norm.weight", from + "attention_norm.weight");
      if (decoder) {
        attention(names, to + "1.EncDecAttention.", from + "cross_attention.");
        names.tensor(to + "1.layer_norm.weight", from + "cross_attention_norm.weight");
      }
      String last = to + (decoder ? "2." : "1.");
      String inner = from + "feed_forward.";
      if (configuration.gated()) {
        names.tensor(last + "DenseReluDense.wi_0.weight", inner + "gate.weight");
        names.tensor(last + "DenseReluDense.wi_1.weight", inner + "up.weight");
        names.tensor(last + "DenseReluDense.wo.weight", inner + "down.weight");
      } else {
        names.tensor(last + "DenseReluDense.wi.weight", inner + "inner.weight");
        names.tensor(last + "DenseReluDense.wo.weight", inner + "outer.weight");
      }
      names.tensor(last + "layer_norm.weight", from + "feed_forward_norm.weight");
    }
    names.tensor(side + ".final_layer_norm.weight", side + ".final_norm.weight");
  }

  private static void attention(WeightNames names, String to, String from) {
    names.tensor(to + "q.weight", from + "query.weight");
    names.tensor(to + "k.weight", from + "key.weight");
    names.tensor(to + "v.weight", from + "value.weight");
    names.tensor(to + "o.weight", from + "output.weight");
  }
}
