package dev.heed.model.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.heed.model.ModelException;
import dev.heed.model.llama.LlamaConfiguration.Family;
import dev.heed.model.llama.LlamaConfiguration.Sight;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Shape;
import dev.heed.weights.GgufValue;
import dev.heed.weights.StoredTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What a GGUF file of one of the families holds: the way back of [LlamaGguf].
///
/// Source: `convert_hf_to_gguf.py` of llama.cpp.
public final class LlamaGgufExport {
  private final LlamaConfiguration c;
  private final String architecture;

  private LlamaGgufExport(LlamaConfiguration configuration) {
    this.c = configuration;
    this.architecture =
        switch (configuration.family()) {
          case LLAMA, MISTRAL -> "llama";
          case QWEN2 -> "qwen2";
          case QWEN3 -> "qwen3";
          case GEMMA3 -> "gemma3";
        };
  }

  /// Adds what the file says of the model, its architecture first, and gives its weights as F32.
  ///
  /// @throws ModelException if llama.cpp knows no model with these settings
  public static List<StoredTensor> of(Llama model, Map<String, GgufValue> values) {
    LlamaGgufExport export = new LlamaGgufExport(model.configuration());
    export.requireKnown();
    export.values(values);
    List<StoredTensor> tensors = new ArrayList<>();
    for (StoredTensor tensor : LlamaWeights.names(model.configuration()).stored(model)) {
      tensors.add(export.turned(tensor));
    }
    if (export.c.scaling() instanceof RotaryScaling.Llama3
        || export.c.scaling() instanceof RotaryScaling.Divided) {
      tensors.add(export.divisors());
    }
    return tensors;
  }

  /// What the file cannot say must be what llama.cpp takes for granted.
  private void requireKnown() {
    boolean gemma = c.family() == Family.GEMMA3;
    require("activation", c.activation() == (gemma ? Activation.GELU_TANH : Activation.SILU));
    require("attention scale", Math.abs(c.attentionScale() * Math.sqrt(c.headWidth()) - 1) < 1e-6);
    for (int i = 0; i < c.layers().size(); i++) {
      boolean sliding = gemma && (i + 1) % LlamaGguf.GEMMA_PATTERN != 0;
      boolean same = (c.layers().get(i) == Sight.SLIDING) == sliding;
      require("sliding windows", same || c.window() >= c.maximumLength());
    }
    if (gemma) {
      require(
          "rotary scaling",
          c.scaling() instanceof RotaryScaling.None || c.scaling() instanceof RotaryScaling.Linear);
      require("rotary scaling", c.slidingScaling() instanceof RotaryScaling.None);
    }
  }

  private void require(String what, boolean known) {
    if (!known) {
      throw new ModelException(
          "a GGUF file must leave the %s as llama.cpp has it for %s: received another"
              .formatted(what, architecture));
    }
  }

  private void values(Map<String, GgufValue> values) {
    values.put("general.architecture", GgufValue.of(architecture));
    String prefix = architecture + ".";
    values.put(prefix + "block_count", GgufValue.u32(c.layers().size()));
    values.put(prefix + "context_length", GgufValue.u32(c.maximumLength()));
    values.put(prefix + "embedding_length", GgufValue.u32(c.width()));
    values.put(prefix + "feed_forward_length", GgufValue.u32(c.feedForwardWidth()));
    values.put(prefix + "attention.head_count", GgufValue.u32(c.heads()));
    values.put(prefix + "attention.head_count_kv", GgufValue.u32(c.keyValueHeads()));
    values.put(prefix + "attention.key_length", GgufValue.u32(c.headWidth()));
    values.put(prefix + "attention.value_length", GgufValue.u32(c.headWidth()));
    values.put(prefix + "attention.layer_norm_rms_epsilon", GgufValue.f32((float) c.epsilon()));
    values.put(prefix + "rope.dimension_count", GgufValue.u32(c.headWidth()));
    values.put(prefix + "rope.freq_base", GgufValue.f32((float) c.theta()));
    values.put(prefix + "vocab_size", GgufValue.u32(c.vocabulary()));
    if (c.family() == Family.GEMMA3) {
      values.put(prefix + "rope.freq_base_swa", GgufValue.f32((float) c.slidingTheta()));
      values.put(
          prefix + "attention.sliding_window",
          GgufValue.u32(c.window() > 0 ? c.window() : c.maximumLength()));
    }
    switch (c.scaling()) {
      case RotaryScaling.None _, RotaryScaling.Llama3 _, RotaryScaling.Divided _ -> {}
      case RotaryScaling.Linear(double factor) -> {
        values.put(prefix + "rope.scaling.type", GgufValue.of("linear"));
        values.put(prefix + "rope.scaling.factor", GgufValue.f32((float) factor));
      }
      case RotaryScaling.Yarn yarn -> {
        require("rotary scaling", yarn.truncate());
        double usual = RotaryScaling.Yarn.usualAttentionFactor(yarn.factor(), 1);
        values.put(prefix + "rope.scaling.type", GgufValue.of("yarn"));
        values.put(prefix + "rope.scaling.factor", GgufValue.f32((float) yarn.factor()));
        values.put(
            prefix + "rope.scaling.original_context_length", GgufValue.u32(yarn.originalLength()));
        values.put(prefix + "rope.scaling.yarn_beta_fast", GgufValue.f32((float) yarn.betaFast()));
        values.put(prefix + "rope.scaling.yarn_beta_slow", GgufValue.f32((float) yarn.betaSlow()));
        values.put(
            prefix + "rope.scaling.attn_factor",
            GgufValue.f32((float) (yarn.attentionFactor() / usual)));
      }
    }
  }

  private StoredTensor turned(StoredTensor tensor) {
    String name = LlamaGguf.storedName(tensor.name(), c.family());
    boolean interleaved = c.family() == Family.LLAMA || c.family() == Family.MISTRAL;
    if (interleaved && (name.contains(".attn_q.") || name.contains(".attn_k."))) {
      return interleaved(name, tensor, name.contains(".attn_q.") ? c.heads() : c.keyValueHeads());
    }
    if (c.onePlusNorm() && name.endsWith("norm.weight")) {
      float[] gains = tensor.toFloats();
      for (int i = 0; i < gains.length; i++) {
        gains[i] += 1;
      }
      return StoredTensor.of(name, tensor.shape(), gains);
    }
    return tensor.withName(name);
  }

  /// Number i + pairs of a head comes behind number i, as Llama's own code has it.
  private static StoredTensor interleaved(String name, StoredTensor tensor, int heads) {
    int rows = tensor.shape().dimension(0);
    long row = tensor.data().byteSize() / rows;
    int pairs = rows / heads / 2;
    MemorySegment data = Arena.ofAuto().allocate(tensor.data().byteSize(), 64);
    for (int i = 0; i < rows; i++) {
      int head = i / (2 * pairs);
      int to = head * 2 * pairs + 2 * (i % pairs) + i / pairs % 2;
      MemorySegment.copy(tensor.data(), JAVA_BYTE, i * row, data, JAVA_BYTE, to * row, row);
    }
    return new StoredTensor(name, tensor.type(), tensor.shape(), data);
  }

  private StoredTensor divisors() {
    int pairs = c.headWidth() / 2;
    double[] usual = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      usual[i] = StrictMath.pow(c.theta(), -2.0 * i / c.headWidth());
    }
    double[] scaled = c.scaling().scaled(usual, c.theta());
    float[] divisors = new float[pairs];
    for (int i = 0; i < pairs; i++) {
      divisors[i] = (float) (usual[i] / scaled[i]);
    }
    return StoredTensor.of("rope_freqs.weight", Shape.of(pairs), divisors);
  }
}
