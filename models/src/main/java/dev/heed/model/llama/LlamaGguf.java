package dev.heed.model.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.heed.model.ModelException;
import dev.heed.model.llama.LlamaConfiguration.Family;
import dev.heed.model.llama.LlamaConfiguration.Sight;
import dev.heed.tensor.Activation;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.GgufFile;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;

/// A GGUF file of one of the families as the checkpoint it was made from: tensors under Hugging
/// Face's names, the rows of Llama's queries and keys in Hugging Face's order, Gemma's norms one
/// less.
///
/// Source: `convert_hf_to_gguf.py` and `constants.py` of llama.cpp.
public final class LlamaGguf implements Checkpoint {
  /// A Gemma 3 file stores neither: `transformers` has them as defaults.
  private static final double GEMMA_LOCAL_THETA = 10_000;

  static final int GEMMA_PATTERN = 6;
  private static final Map<String, Family> FAMILIES =
      Map.of(
          "llama", Family.LLAMA,
          "mistral3", Family.MISTRAL,
          "qwen2", Family.QWEN2,
          "qwen3", Family.QWEN3,
          "gemma3", Family.GEMMA3);
  private static final Map<String, String> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("attn_norm", "input_layernorm");
    PARTS.put("attn_q", "self_attn.q_proj");
    PARTS.put("attn_k", "self_attn.k_proj");
    PARTS.put("attn_v", "self_attn.v_proj");
    PARTS.put("attn_output", "self_attn.o_proj");
    PARTS.put("attn_q_norm", "self_attn.q_norm");
    PARTS.put("attn_k_norm", "self_attn.k_norm");
    PARTS.put("post_attention_norm", "post_attention_layernorm");
    PARTS.put("post_ffw_norm", "post_feedforward_layernorm");
    PARTS.put("ffn_gate", "mlp.gate_proj");
    PARTS.put("ffn_up", "mlp.up_proj");
    PARTS.put("ffn_down", "mlp.down_proj");
  }

  private final GgufFile file;
  private final Family family;
  private final SequencedMap<String, String> stored = new LinkedHashMap<>();

  private LlamaGguf(GgufFile file, Family family) {
    this.file = file;
    this.family = family;
    file.names().forEach(name -> stored.put(named(name), name));
  }

  /// The architectures that this reads.
  public static SequencedSet<String> architectures() {
    return new LinkedHashSet<>(FAMILIES.keySet().stream().sorted().toList());
  }

  /// Opens the model in a file.
  ///
  /// @param quantized whether quantised weights stay so; else they become F32
  /// @throws ModelException if the file is not one of these families' or is not whole
  public static Llama open(GgufFile file, boolean quantized) {
    String architecture = file.text("general.architecture");
    Family family = FAMILIES.get(architecture);
    if (family == null) {
      throw new ModelException(
          "%s: general.architecture must be one of %s: received %s"
              .formatted(file.source(), architectures(), architecture));
    }
    LlamaGguf checkpoint = new LlamaGguf(file, family);
    LlamaConfiguration configuration;
    try {
      configuration = checkpoint.configuration(architecture + ".");
    } catch (IllegalArgumentException e) {
      throw new ModelException("%s: %s".formatted(file.source(), e.getMessage()));
    }
    return Llama.load(configuration, checkpoint, quantized);
  }

  private String named(String name) {
    String[] parts = name.split("\\.", 4);
    if (parts.length == 4 && parts[0].equals("blk")) {
      String part =
          parts[2].equals("ffn_norm")
              ? family == Family.GEMMA3 ? "pre_feedforward_layernorm" : "post_attention_layernorm"
              : PARTS.getOrDefault(parts[2], parts[2]);
      return "model.layers." + parts[1] + "." + part + "." + parts[3];
    }
    return switch (name) {
      case "token_embd.weight" -> "model.embed_tokens.weight";
      case "output_norm.weight" -> "model.norm.weight";
      case "output.weight" -> "lm_head.weight";
      case "rope_freqs.weight" -> "model.rotary_emb.inv_freq"; // is in the configuration
      default -> name;
    };
  }

  /// The name of a tensor in a GGUF file, by Hugging Face's.
  static String storedName(String name, Family family) {
    String[] parts = name.split("\\.", 4);
    if (parts.length < 4 || !name.startsWith("model.layers.")) {
      return switch (name) {
        case "model.embed_tokens.weight" -> "token_embd.weight";
        case "model.norm.weight" -> "output_norm.weight";
        case "lm_head.weight" -> "output.weight";
        default -> throw new IllegalStateException("no name for " + name);
      };
    }
    int end = parts[3].lastIndexOf('.');
    String part = parts[3].substring(0, end);
    String before =
        family == Family.GEMMA3 ? "pre_feedforward_layernorm" : "post_attention_layernorm";
    String stored =
        part.equals(before)
            ? "ffn_norm"
            : PARTS.entrySet().stream()
                .filter(entry -> entry.getValue().equals(part))
                .findFirst()
                .orElseThrow()
                .getKey();
    return "blk." + parts[2] + "." + stored + parts[3].substring(end);
  }

  private LlamaConfiguration configuration(String prefix) {
    boolean gemma = family == Family.GEMMA3;
    int width = whole(prefix + "embedding_length");
    int heads = whole(prefix + "attention.head_count");
    int headWidth = whole(prefix + "attention.key_length", width / Math.max(1, heads));
    int valueWidth = whole(prefix + "attention.value_length", headWidth);
    int turned = whole(prefix + "rope.dimension_count", headWidth);
    if (valueWidth != headWidth || turned != headWidth) {
      throw new ModelException(
          "%s: values and rotary positions must be as wide as keys: received %d, %d, %d"
              .formatted(file.source(), valueWidth, turned, headWidth));
    }
    int window = gemma ? whole(prefix + "attention.sliding_window") : 0;
    int blocks = whole(prefix + "block_count");
    if (blocks > file.names().size()) {
      throw new ModelException(
          "%s: %d blocks need more tensors than the %d there are"
              .formatted(file.source(), blocks, file.names().size()));
    }
    List<Sight> layers = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      layers.add(gemma && (i + 1) % GEMMA_PATTERN != 0 ? Sight.SLIDING : Sight.FULL);
    }
    double theta = real(prefix + "rope.freq_base", 10_000);
    return new LlamaConfiguration(
        family,
        file.tensor("token_embd.weight").shape().dimension(0),
        whole(prefix + "context_length"),
        width,
        heads,
        whole(prefix + "attention.head_count_kv", heads),
        headWidth,
        whole(prefix + "feed_forward_length"),
        gemma ? Activation.GELU_TANH : Activation.SILU,
        real(prefix + "attention.layer_norm_rms_epsilon", 1e-6),
        gemma,
        file.contains("blk.0.attn_q_norm.weight"),
        gemma,
        file.contains("blk.0.attn_q.bias"),
        file.contains("blk.0.attn_output.bias"),
        file.contains("blk.0.ffn_down.bias"),
        gemma ? Math.sqrt(width) : 1,
        1 / Math.sqrt(headWidth),
        layers,
        window,
        theta,
        scaling(prefix, headWidth),
        gemma ? real(prefix + "rope.freq_base_swa", GEMMA_LOCAL_THETA) : theta,
        gemma ? new RotaryScaling.None() : scaling(prefix, headWidth),
        !file.contains("output.weight"),
        token("tokenizer.ggml.bos_token_id"),
        endTokens());
  }

  private RotaryScaling scaling(String prefix, int headWidth) {
    if (file.contains("rope_freqs.weight")) {
      float[] divisors = file.tensor("rope_freqs.weight").toFloats();
      if (divisors.length != headWidth / 2) {
        throw new ModelException(
            "%s: rope_freqs.weight must have %d elements: found %d"
                .formatted(file.source(), headWidth / 2, divisors.length));
      }
      List<Double> all = new ArrayList<>();
      for (float divisor : divisors) {
        all.add((double) divisor);
      }
      return new RotaryScaling.Divided(all);
    }
    String type =
        file.has(prefix + "rope.scaling.type") ? file.text(prefix + "rope.scaling.type") : "none";
    double factor = real(prefix + "rope.scaling.factor", 1);
    return switch (type) {
      case "none" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(factor);
      case "yarn" ->
          new RotaryScaling.Yarn(
              factor,
              whole(prefix + "rope.scaling.original_context_length"),
              real(prefix + "rope.scaling.yarn_beta_fast", 32),
              real(prefix + "rope.scaling.yarn_beta_slow", 1),
              true,
              RotaryScaling.Yarn.usualAttentionFactor(factor, 1)
                  * real(prefix + "rope.scaling.attn_factor", 1));
      default ->
          throw new ModelException(
              "%s: rope.scaling.type must be none, linear or yarn: received %s"
                  .formatted(file.source(), type));
    };
  }

  private List<Integer> endTokens() {
    List<Integer> tokens = new ArrayList<>();
    for (String key : List.of("eos_token_id", "eot_token_id", "eom_token_id")) {
      int token = token("tokenizer.ggml." + key);
      if (token >= 0 && !tokens.contains(token)) {
        tokens.add(token);
      }
    }
    return tokens;
  }

  private int token(String key) {
    return file.has(key) ? whole(key) : -1;
  }

  private int whole(String key, int otherwise) {
    return file.has(key) ? whole(key) : otherwise;
  }

  private int whole(String key) {
    long value = file.integer(key);
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw new ModelException(
          "%s: %s must be in 0…%d: received %d"
              .formatted(file.source(), key, Integer.MAX_VALUE, value));
    }
    return (int) value;
  }

  private double real(String key, double otherwise) {
    return file.has(key) ? file.real(key) : otherwise;
  }

  // The checkpoint

  @Override
  public SequencedSet<String> names() {
    return Collections.unmodifiableSequencedSet(stored.sequencedKeySet());
  }

  @Override
  public boolean contains(String name) {
    return stored.containsKey(name);
  }

  @Override
  public StoredTensor tensor(String name) {
    StoredTensor tensor = file.tensor(stored.getOrDefault(name, name)).withName(name);
    if (family == Family.LLAMA && name.contains(".self_attn.q_proj.")) {
      return unturned(tensor, whole("llama.attention.head_count"));
    }
    if (family == Family.LLAMA && name.contains(".self_attn.k_proj.")) {
      return unturned(
          tensor, whole("llama.attention.head_count_kv", whole("llama.attention.head_count")));
    }
    if (family == Family.GEMMA3 && name.endsWith("norm.weight")) {
      float[] gains = tensor.toFloats();
      for (int i = 0; i < gains.length; i++) {
        gains[i] -= 1;
      }
      return StoredTensor.of(name, tensor.shape(), gains);
    }
    return tensor;
  }

  @Override
  public Map<String, String> metadata() {
    return file.metadata();
  }

  @Override
  public String source() {
    return file.source();
  }

  /// The converter puts number i + pairs of a head behind number i, where Llama's own code has it;
  /// here they go back to where Hugging Face has them.
  private StoredTensor unturned(StoredTensor tensor, int heads) {
    int rows = tensor.shape().dimension(0);
    if (heads < 1 || rows % (2 * heads) != 0) {
      throw new ModelException(
          "%s: %s must have rows for %d heads: found %s"
              .formatted(file.source(), tensor.name(), heads, tensor.shape()));
    }
    StoredType type = tensor.type();
    long row = tensor.data().byteSize() / rows;
    MemorySegment data = Arena.ofAuto().allocate(tensor.data().byteSize(), 64);
    int pairs = rows / heads / 2;
    for (int i = 0; i < rows; i++) {
      int head = i / (2 * pairs);
      int half = i / pairs % 2;
      int from = head * 2 * pairs + 2 * (i % pairs) + half;
      MemorySegment.copy(tensor.data(), JAVA_BYTE, from * row, data, JAVA_BYTE, i * row, row);
    }
    tensor.letGo();
    return new StoredTensor(tensor.name(), type, tensor.shape(), data);
  }
}
