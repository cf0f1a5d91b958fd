package dev.heed.model.marian;

import dev.heed.model.WeightNames;
import dev.heed.nn.embedding.SinusoidalPositions;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.nn.transformer.EncoderDecoderConfiguration.Positions;
import dev.heed.tensor.DType;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.util.List;
import java.util.stream.Stream;

/// The names under which Hugging Face stores a Marian, BART or Pegasus.
final class MarianWeights {
  private static final String OUTPUT = "lm_head.weight";
  private static final String BIAS = "final_logits_bias";
  private static final String SHARED = "shared.weight";
  private static final String SOURCE = "encoder.embed_tokens.weight";
  private static final String TARGET = "decoder.embed_tokens.weight";

  private MarianWeights() {}

  private static WeightNames family() {
    return new WeightNames("model.");
  }

  static boolean isTied(Checkpoint checkpoint, boolean shared, boolean configured) {
    return family().isTied(checkpoint, OUTPUT, shared ? SHARED : TARGET, configured);
  }

  static boolean hasBias(Checkpoint checkpoint) {
    return checkpoint.contains(BIAS);
  }

  static WeightNames names(EncoderDecoderConfiguration shape) {
    WeightNames names = family();
    if (shape.sharedTable()) {
      names.tensor(SHARED, "embedding.weight");
      names.ignoring("(encoder|decoder)\\.embed_tokens\\.weight");
    } else {
      names.tensor(SOURCE, "source_embedding.weight");
      names.tensor(TARGET, "target_embedding.weight");
    }
    if (shape.positions() == Positions.LEARNED) {
      names.tensor("encoder.embed_positions.weight", "source_positions.weight");
      names.tensor("decoder.embed_positions.weight", "target_positions.weight");
    } else {
      // Waves may be stored; they are what they are computed as.
      names.ignoring("(encoder|decoder)\\.embed_positions\\.weight");
    }
    if (shape.embeddingNorm()) {
      names.weightAndBias("encoder.layernorm_embedding", "source_norm");
      names.weightAndBias("decoder.layernorm_embedding", "target_norm");
    }
    for (int i = 0; i < shape.encoder().depth(); i++) {
      String to = "encoder.layers." + i + ".";
      attention(names, to + "self_attn", to + "attention");
      names.weightAndBias(to + "self_attn_layer_norm", to + "attention_norm");
      feedForward(names, to);
    }
    for (int i = 0; i < shape.decoder().depth(); i++) {
      String to = "decoder.layers." + i + ".";
      attention(names, to + "self_attn", to + "self_attention");
      names.weightAndBias(to + "self_attn_layer_norm", to + "self_attention_norm");
      attention(names, to + "encoder_attn", to + "cross_attention");
      names.weightAndBias(to + "encoder_attn_layer_norm", to + "cross_attention_norm");
      feedForward(names, to);
    }
    if (shape.encoder().block().normFirst()) {
      names.weightAndBias("encoder.layer_norm", "encoder.final_norm");
      names.weightAndBias("decoder.layer_norm", "decoder.final_norm");
    }
    if (shape.tiedOutput()) {
      names.ignoring(OUTPUT.replace(".", "\\."));
    } else {
      names.head(OUTPUT, "output.weight");
    }
    return shape.outputBias() ? names.head(BIAS, "output.bias") : names;
  }

  /// The waves as Pegasus's class expects them to be stored.
  static List<StoredTensor> waves(EncoderDecoderConfiguration shape) {
    int longest = shape.maximumLength();
    Tensor zeros = Tensor.zeros(Shape.of(longest, shape.width()), DType.F32);
    float[] waves =
        SinusoidalPositions.of(longest, shape.width(), SinusoidalPositions.Layout.HALVES)
            .apply(zeros, Sequences.ofLengths(longest))
            .toFloatArray();
    return Stream.of("encoder", "decoder")
        .map(side ->
            StoredTensor.of(
                "model." + side + ".embed_positions.weight",
                Shape.of(longest, shape.width()),
                waves))
        .toList();
  }

  private static void attention(WeightNames names, String to, String from) {
    names.weightAndBias(to + ".q_proj", from + ".query");
    names.weightAndBias(to + ".k_proj", from + ".key");
    names.weightAndBias(to + ".v_proj", from + ".value");
    names.weightAndBias(to + ".out_proj", from + ".output");
  }

  private static void feedForward(WeightNames names, String layer) {
    names.weightAndBias(layer + "fc1", layer + "feed_forward.inner");
    names.weightAndBias(layer + "fc2", layer + "feed_forward.outer");
    names.weightAndBias(layer + "final_layer_norm", layer + "feed_forward_norm");
  }
}
