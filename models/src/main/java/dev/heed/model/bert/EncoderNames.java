package dev.heed.model.bert;

import dev.heed.model.WeightNames;
import java.util.stream.IntStream;

/// The names under which Hugging Face stores the encoders of [EncoderFamily] and their heads.
final class EncoderNames {
  /// The names of a block's parts.
  private record Block(
      String query,
      String key,
      String value,
      String output,
      String attentionNorm,
      String inner,
      String outer,
      String feedForwardNorm) {}

  private static final Block BERT =
      new Block(
          "attention.self.query",
          "attention.self.key",
          "attention.self.value",
          "attention.output.dense",
          "attention.output.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  private static final Block DISTILBERT =
      new Block(
          "attention.q_lin",
          "attention.k_lin",
          "attention.v_lin",
          "attention.out_lin",
          "sa_layer_norm",
          "ffn.lin1",
          "ffn.lin2",
          "output_layer_norm");

  private static final Block MPNET =
      new Block(
          "attention.attn.q",
          "attention.attn.k",
          "attention.attn.v",
          "attention.attn.o",
          "attention.LayerNorm",
          "intermediate.dense",
          "output.dense",
          "output.LayerNorm");

  private static final Block ALBERT =
      new Block(
          "attention.query",
          "attention.key",
          "attention.value",
          "attention.dense",
          "attention.LayerNorm",
          "ffn",
          "ffn_output",
          "full_layer_layer_norm");

  private EncoderNames() {}

  /// A family's names without any tensor. Heads of a checkpoint without the prefix are passed over.
  static WeightNames family(EncoderFamily family) {
    return new WeightNames(family.prefix())
        .ignoring(
            "(cls|classifier|pre_classifier|qa_outputs|lm_head|predictions|sop_classifier)\\..*")
        .ignoring("(vocab|generator|discriminator)_[a-z_]*\\..*");
  }

  /// The encoder's tensors.
  ///
  /// @param root what stands before the encoder's parameters in the model: empty, or `encoder.`
  /// @param pooled whether the model has the pooler; else a checkpoint's is passed over
  static WeightNames encoder(BertConfiguration configuration, String root, boolean pooled) {
    EncoderFamily family = configuration.family();
    WeightNames names = family(family);
    names.tensor("embeddings.word_embeddings.weight", root + "embedding.weight");
    names.tensor("embeddings.position_embeddings.weight", root + "positions.weight");
    if (configuration.types() > 0) {
      names.tensor("embeddings.token_type_embeddings.weight", root + "types.weight");
    }
    names.weightAndBias("embeddings.LayerNorm", root + "norm");
    if (configuration.projects()) {
      names.weightAndBias(
          family == EncoderFamily.ALBERT
              ? "encoder.embedding_hidden_mapping_in"
              : "embeddings_project",
          root + "projection");
    }
    if (configuration.buckets() > 0) {
      names.tensor("encoder.relative_attention_bias.weight", root + "distances.weight");
    }
    int distinct = IntStream.of(configuration.order()).max().orElse(-1) + 1;
    for (int i = 0; i < distinct; i++) {
      block(names, configuration, i, root + "blocks.layers." + i + ".");
    }
    String pooler = pooler(family);
    return pooled ? names.weightAndBias(pooler, root + "pooler") : names.ignoring("pooler\\..*");
  }

  private static void block(
      WeightNames names, BertConfiguration configuration, int index, String from) {
    String to;
    Block block;
    switch (configuration.family()) {
      case DISTILBERT -> {
        to = "transformer.layer." + index + ".";
        block = DISTILBERT;
      }
      case MPNET -> {
        to = "encoder.layer." + index + ".";
        block = MPNET;
      }
      case ALBERT -> {
        int inGroup = configuration.layersInGroup();
        to =
            "encoder.albert_layer_groups.%d.albert_layers.%d."
                .formatted(index / inGroup, index % inGroup);
        block = ALBERT;
      }
      default -> {
        to = "encoder.layer." + index + ".";
        block = BERT;
      }
    }
    names.weightAndBias(to + block.query, from + "attention.query");
    names.weightAndBias(to + block.key, from + "attention.key");
    names.weightAndBias(to + block.value, from + "attention.value");
    names.weightAndBias(to + block.output, from + "attention.output");
    names.weightAndBias(to + block.attentionNorm, from + "attention_norm");
    names.weightAndBias(to + block.inner, from + "feed_forward.inner");
    names.weightAndBias(to + block.outer, from + "feed_forward.outer");
    names.weightAndBias(to + block.feedForwardNorm, from + "feed_forward_norm");
  }

  /// The pooler's name in the base model, which some checkpoints lack.
  static String pooler(EncoderFamily family) {
    return family == EncoderFamily.ALBERT ? "pooler" : "pooler.dense";
  }

  /// The encoder below a head that judges whole texts, and that head: its layers are the parameters
  /// `dense` and `output`.
  static WeightNames judging(BertConfiguration configuration) {
    EncoderFamily family = configuration.family();
    WeightNames names = encoder(configuration, "encoder.", false);
    return switch (family) {
      case BERT, ALBERT ->
          names.weightAndBias(pooler(family), "dense").headWeightAndBias("classifier", "output");
      case DISTILBERT ->
          names
              .headWeightAndBias("pre_classifier", "dense")
              .headWeightAndBias("classifier", "output");
      case ROBERTA, XLM_ROBERTA, CAMEMBERT, MPNET, ELECTRA ->
          names
              .headWeightAndBias("classifier.dense", "dense")
              .headWeightAndBias("classifier.out_proj", "output");
    };
  }

  /// The encoder below a head that judges each token, and that head.
  static WeightNames tagging(BertConfiguration configuration) {
    return encoder(configuration, "encoder.", false).headWeightAndBias("classifier", "output");
  }

  /// The names of the head that guesses masked tokens.
  ///
  /// @param decoder of the output matrix, which is the embedding's once more
  private record Guessing(String dense, String norm, String bias, String decoder) {}

  private static Guessing guess(EncoderFamily family) {
    return switch (family) {
      case BERT ->
          new Guessing(
              "cls.predictions.transform.dense",
              "cls.predictions.transform.LayerNorm",
              "cls.predictions.bias",
              "cls.predictions.decoder");
      case ROBERTA, XLM_ROBERTA, CAMEMBERT, MPNET ->
          new Guessing("lm_head.dense", "lm_head.layer_norm", "lm_head.bias", "lm_head.decoder");
      case DISTILBERT ->
          new Guessing(
              "vocab_transform", "vocab_layer_norm", "vocab_projector.bias", "vocab_projector");
      case ELECTRA ->
          new Guessing(
              "generator_predictions.dense",
              "generator_predictions.LayerNorm",
              "generator_lm_head.bias",
              "generator_lm_head");
      case ALBERT ->
          new Guessing(
              "predictions.dense",
              "predictions.LayerNorm",
              "predictions.bias",
              "predictions.decoder");
    };
  }

  /// The name of the output matrix of the head that guesses masked tokens.
  static String guessingOutput(EncoderFamily family) {
    return guess(family).decoder + ".weight";
  }

  /// The encoder below a head that guesses masked tokens, and that head: its layers are the
  /// parameters `dense`, `norm`, `bias` and, unless the embedding serves again, `output`.
  static WeightNames guessing(BertConfiguration configuration, boolean tied) {
    Guessing guessing = guess(configuration.family());
    WeightNames names =
        encoder(configuration, "encoder.", false)
            .headWeightAndBias(guessing.dense, "dense")
            .headWeightAndBias(guessing.norm, "norm")
            .head(guessing.bias, "bias");
    return tied ? names : names.head(guessing.decoder + ".weight", "output.weight");
  }
}
