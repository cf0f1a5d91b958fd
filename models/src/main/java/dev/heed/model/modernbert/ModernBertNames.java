package dev.heed.model.modernbert;

import dev.heed.model.WeightNames;

/// The names under which Hugging Face stores a ModernBERT and its heads.
final class ModernBertNames {
  static final String PREFIX = "model.";
  static final String EMBEDDING = "embeddings.tok_embeddings.weight";
  static final String DECODER = "decoder.weight";

  private ModernBertNames() {}

  static WeightNames family() {
    return new WeightNames(PREFIX).ignoring("(head|decoder|classifier)\\..*");
  }

  /// The encoder's tensors.
  ///
  /// @param root what stands before the encoder's parameters in the model: empty, or `encoder.`
  static WeightNames encoder(ModernBertConfiguration configuration, String root) {
    WeightNames names = family();
    names.tensor(EMBEDDING, root + "embedding.weight");
    boolean normBias = configuration.normBias();
    add(names, "embeddings.norm", normBias, root + "norm");
    for (int i = 0; i < configuration.local().size(); i++) {
      String to = "layers." + i + ".";
      String from = root + to;
      if (i > 0) {
        add(names, to + "attn_norm", normBias, from + "attention_norm");
      }
      boolean bias = configuration.attentionBias();
      add(names, to + "attn.Wqkv", bias, from + "query", from + "key", from + "value");
      add(names, to + "attn.Wo", bias, from + "output");
      add(names, to + "mlp_norm", normBias, from + "feed_forward_norm");
      boolean innerBias = configuration.feedForwardBias();
      add(names, to + "mlp.Wi", innerBias, from + "gate", from + "up");
      add(names, to + "mlp.Wo", innerBias, from + "down");
    }
    add(names, "final_norm", normBias, root + "final_norm");
    return names;
  }

  private static void add(WeightNames names, String name, boolean bias, String... layers) {
    String[] parameters = new String[layers.length];
    for (int i = 0; i < layers.length; i++) {
      parameters[i] = layers[i] + ".weight";
    }
    if (bias) {
      names.weightAndBias(name, layers);
    } else {
      names.tensor(name + ".weight", parameters);
    }
  }

  /// The encoder below a head, and what all heads have.
  private static WeightNames below(ModernBertConfiguration configuration) {
    WeightNames names = encoder(configuration, "encoder.");
    names.head("head.dense.weight", "dense.weight");
    if (configuration.head().bias()) {
      names.head("head.dense.bias", "dense.bias");
    }
    names.head("head.norm.weight", "norm.weight");
    return configuration.normBias() ? names.head("head.norm.bias", "norm.bias") : names;
  }

  /// The encoder below a head that judges texts or tokens, and that head.
  static WeightNames judging(ModernBertConfiguration configuration) {
    return below(configuration).headWeightAndBias("classifier", "output");
  }

  /// The encoder below a head that guesses masked tokens, and that head.
  static WeightNames guessing(ModernBertConfiguration configuration, boolean tied) {
    WeightNames names = below(configuration);
    if (!tied) {
      names.head(DECODER, "output.weight");
    }
    return configuration.head().decoderBias() ? names.head("decoder.bias", "bias") : names;
  }
}
