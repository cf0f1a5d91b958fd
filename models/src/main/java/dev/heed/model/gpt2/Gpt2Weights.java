package dev.heed.model.gpt2;

import dev.heed.model.WeightNames;
import dev.heed.weights.Checkpoint;
import java.util.List;

/// The names under which Hugging Face stores a GPT-2.
///
/// Its linear layers are stored transposed, [in, out], with query, key and value side by side in
/// `c_attn`.
final class Gpt2Weights {
  private static final String OUTPUT = "lm_head.weight";
  private static final List<String> KINDS = List.of(".weight", ".bias");

  private Gpt2Weights() {}

  private static WeightNames family() {
    return new WeightNames("transformer.").ignoring("h\\.\\d+\\.attn\\.(bias|masked_bias)");
  }

  static boolean isTied(Checkpoint checkpoint, boolean configured) {
    return family().isTied(checkpoint, OUTPUT, "wte.weight", configured);
  }

  static WeightNames names(Gpt2Configuration configuration) {
    WeightNames names = family();
    names.tensor("wte.weight", "embedding.weight");
    names.tensor("wpe.weight", "positions.weight");
    for (int i = 0; i < configuration.layers(); i++) {
      String to = "h." + i + ".";
      String from = "blocks.layers." + i + ".";
      String attention = from + "attention.";
      names.weightAndBias(to + "ln_1", from + "attention_norm");
      for (String kind : KINDS) {
        names.transposed(
            to + "attn.c_attn" + kind,
            attention + "query" + kind,
            attention + "key" + kind,
            attention + "value" + kind);
        names.transposed(to + "attn.c_proj" + kind, attention + "output" + kind);
        names.transposed(to + "mlp.c_fc" + kind, from + "feed_forward.inner" + kind);
        names.transposed(to + "mlp.c_proj" + kind, from + "feed_forward.outer" + kind);
      }
      names.weightAndBias(to + "ln_2", from + "feed_forward_norm");
    }
    names.weightAndBias("ln_f", "blocks.final_norm");
    return configuration.tied()
        ? names.ignoring(OUTPUT.replace(".", "\\."))
        : names.head(OUTPUT, "output.weight");
  }
}
