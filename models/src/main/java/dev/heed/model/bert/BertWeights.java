package dev.heed.model.bert;

import dev.heed.model.WeightNames;

/// The names under which Hugging Face stores a BERT.
final class BertWeights {
  static final String POOLER = "pooler.dense";

  private BertWeights() {}

  /// The base model's names. Heads of a checkpoint without the prefix are passed over.
  static WeightNames family() {
    return new WeightNames("bert.").ignoring("(cls|classifier|qa_outputs)\\..*");
  }

  static WeightNames names(BertConfiguration configuration, boolean pooled) {
    WeightNames names = family();
    names.tensor("embeddings.word_embeddings.weight", "embedding.weight");
    names.tensor("embeddings.position_embeddings.weight", "positions.weight");
    names.tensor("embeddings.token_type_embeddings.weight", "types.weight");
    names.weightAndBias("embeddings.LayerNorm", "norm");
    for (int i = 0; i < configuration.layers(); i++) {
      String to = "encoder.layer." + i + ".";
      String from = "blocks.layers." + i + ".";
      names.weightAndBias(to + "attention.self.query", from + "attention.query");
      names.weightAndBias(to + "attention.self.key", from + "attention.key");
      names.weightAndBias(to + "attention.self.value", from + "attention.value");
      names.weightAndBias(to + "attention.output.dense", from + "attention.output");
      names.weightAndBias(to + "attention.output.LayerNorm", from + "attention_norm");
      names.weightAndBias(to + "intermediate.dense", from + "feed_forward.inner");
      names.weightAndBias(to + "output.dense", from + "feed_forward.outer");
      names.weightAndBias(to + "output.LayerNorm", from + "feed_forward_norm");
    }
    return pooled
        ? names.weightAndBias(POOLER, "pooler")
        : names.ignoring(POOLER.replace(".", "\\.") + "\\..*");
  }
}
