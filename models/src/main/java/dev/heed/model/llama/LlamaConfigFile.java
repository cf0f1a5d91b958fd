package dev.heed.model.llama;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.model.llama.LlamaConfiguration.Family;
import dev.heed.model.llama.LlamaConfiguration.Sight;
import dev.heed.tensor.Activation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reads and writes the `config.json` of the families, in both spellings of their rotary settings.
final class LlamaConfigFile {
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";

  private final ConfigFile file;
  private final Family family;
  private final boolean gemma;

  private LlamaConfigFile(ConfigFile file, Family family) {
    this.file = file;
    this.family = family;
    this.gemma = family == Family.GEMMA3;
  }

  static LlamaConfiguration read(ConfigFile file, Family family) {
    return new LlamaConfigFile(file, family).read();
  }

  private LlamaConfiguration read() {
    file.require("partial_rotary_factor", 1.0, 1L);
    file.require("pretraining_tp", 1L);
    file.require("attn_logit_softcapping", 0.0);
    file.require("final_logit_softcapping", 0.0);
    file.require("use_bidirectional_attention", false);
    int width = file.integer("hidden_size");
    int heads = file.integer("num_attention_heads");
    int headWidth =
        file.integer(
            "head_dim",
            switch (family) {
              case QWEN3 -> 128;
              case GEMMA3 -> 256;
              case LLAMA, MISTRAL, QWEN2 -> width / Math.max(1, heads);
            });
    List<Sight> layers = layers();
    Rotary full = rotary(FULL, gemma ? 1_000_000 : 10_000);
    Rotary sliding = gemma ? slidingRotary() : full;
    boolean bias = file.flag("attention_bias", family == Family.QWEN2);
    return new LlamaConfiguration(
        family,
        file.integer("vocab_size"),
        file.integer("max_position_embeddings", 2048),
        width,
        heads,
        file.integer("num_key_value_heads", heads),
        headWidth,
        file.integer("intermediate_size"),
        file.value(gemma ? "hidden_activation" : "hidden_act").isPresent()
            ? file.activation(gemma ? "hidden_activation" : "hidden_act")
            : gemma ? Activation.GELU_TANH : Activation.SILU,
        file.number("rms_norm_eps", 1e-6),
        gemma,
        gemma || family == Family.QWEN3,
        gemma,
        bias,
        family != Family.QWEN2 && bias,
        file.flag("mlp_bias", false),
        gemma ? Math.sqrt(width) : 1,
        1 / Math.sqrt(gemma ? file.integer("query_pre_attn_scalar", 256) : headWidth),
        layers,
        layers.contains(Sight.SLIDING) ? file.integer("sliding_window") : 0,
        full.theta,
        full.scaling,
        sliding.theta,
        sliding.scaling,
        file.flag("tie_word_embeddings", gemma),
        file.integer("bos_token_id", -1),
        endTokens());
  }

  private List<Integer> endTokens() {
    Object value = file.value("eos_token_id").orElse(null);
    List<Integer> tokens = new ArrayList<>();
    for (Object token :
        value instanceof List<?> list ? list : value == null ? List.of() : List.of(value)) {
      if (!(token instanceof Long id) || id < 0 || id > Integer.MAX_VALUE) {
        throw new ModelException(
            "%s: eos_token_id must be a token or a list of them: received %s"
                .formatted(file.name(), value));
      }
      tokens.add(id.intValue());
    }
    return tokens;
  }

  private List<Sight> layers() {
    int count = file.layers("num_hidden_layers");
    List<Sight> layers = new ArrayList<>();
    List<String> types = file.strings("layer_types");
    boolean window = file.value("sliding_window").isPresent();
    if (family == Family.QWEN2 || family == Family.QWEN3) {
      window &= file.flag("use_sliding_window", false);
    }
    if (!types.isEmpty() && family != Family.LLAMA && family != Family.MISTRAL) {
      for (String type : types) {
        switch (type) {
          case FULL -> layers.add(Sight.FULL);
          case SLIDING -> layers.add(window ? Sight.SLIDING : Sight.FULL);
          default ->
              throw new ModelException(
                  "%s: layer_types must be %s or %s: received %s"
                      .formatted(file.name(), FULL, SLIDING, type));
        }
      }
      if (layers.size() != count) {
        throw new ModelException(
            "%s: layer_types must have %d entries: received %d"
                .formatted(file.name(), count, layers.size()));
      }
      return layers;
    }
    int pattern = file.integer("sliding_window_pattern", 6);
    int first = file.integer("max_window_layers", 28);
    for (int i = 0; i < count; i++) {
      boolean sliding =
          window
              && switch (family) {
                case LLAMA -> false;
                case MISTRAL -> true;
                case QWEN2, QWEN3 -> i >= first;
                case GEMMA3 -> (i + 1) % pattern != 0;
              };
      layers.add(sliding ? Sight.SLIDING : Sight.FULL);
    }
    return layers;
  }

  private record Rotary(double theta, RotaryScaling scaling) {}

  private Rotary slidingRotary() {
    if (parameters("rope_parameters").containsKey(SLIDING)) {
      return rotary(SLIDING, 10_000);
    }
    return new Rotary(file.number("rope_local_base_freq", 10_000), new RotaryScaling.None());
  }

  /// From `rope_parameters` (perhaps by the type of layer), else `rope_theta` and `rope_scaling`.
  private Rotary rotary(String kind, double usualTheta) {
    Map<String, Object> parameters = parameters("rope_parameters");
    if (parameters.get(kind) instanceof Map<?, ?> own) {
      parameters = copy(own);
    }
    if (parameters.isEmpty()) {
      parameters = parameters("rope_scaling");
    }
    double theta = number(parameters, "rope_theta", file.number("rope_theta", usualTheta));
    return new Rotary(theta, scaling(parameters));
  }

  private RotaryScaling scaling(Map<String, Object> from) {
    Object type = from.getOrDefault("rope_type", from.getOrDefault("type", "default"));
    double factor = number(from, "factor", 1);
    int longest = file.integer("max_position_embeddings", 2048);
    int original = (int) number(from, "original_max_position_embeddings", longest);
    return switch (String.valueOf(type)) {
      case "default" -> new RotaryScaling.None();
      case "linear" -> new RotaryScaling.Linear(factor);
      case "llama3" ->
          new RotaryScaling.Llama3(
              factor,
              number(from, "low_freq_factor", 1),
              number(from, "high_freq_factor", 4),
              original);
      case "yarn" ->
          new RotaryScaling.Yarn(
              factor,
              original,
              number(from, "beta_fast", 32),
              number(from, "beta_slow", 1),
              !Boolean.FALSE.equals(from.get("truncate")),
              number(from, "attention_factor", yarnFactor(from, factor)));
      default ->
          throw new ModelException(
              "%s: rope_type must be one of [default, linear, llama3, yarn]: received %s"
                  .formatted(file.name(), type));
    };
  }

  private double yarnFactor(Map<String, Object> from, double factor) {
    double mscale = number(from, "mscale", 0);
    double all = number(from, "mscale_all_dim", 0);
    return mscale != 0 && all != 0
        ? RotaryScaling.Yarn.usualAttentionFactor(factor, mscale)
            / RotaryScaling.Yarn.usualAttentionFactor(factor, all)
        : RotaryScaling.Yarn.usualAttentionFactor(factor, 1);
  }

  private double number(Map<String, Object> from, String key, double otherwise) {
    return switch (from.get(key)) {
      case null -> otherwise;
      case Long whole -> whole;
      case Double real -> real;
      case Object other ->
          throw new ModelException(
              "%s: %s must be a number: received %s".formatted(file.name(), key, other));
    };
  }

  private Map<String, Object> parameters(String key) {
    return switch (file.value(key).orElse(null)) {
      case null -> Map.of();
      case Map<?, ?> map -> copy(map);
      case Object other ->
          throw new ModelException(
              "%s: %s must be an object: received %s".formatted(file.name(), key, other));
    };
  }

  private static Map<String, Object> copy(Map<?, ?> map) {
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, value) -> {
      if (value != null) {
        copy.put(String.valueOf(key), value);
      }
    });
    return copy;
  }

  /// As `save_pretrained` of transformers writes what matters.
  static ConfigFile write(LlamaConfiguration c) {
    boolean gemma = c.family() == Family.GEMMA3;
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("model_type", c.family().type());
    values.put("architectures", List.of(c.family().architecture()));
    values.put("vocab_size", c.vocabulary());
    values.put("max_position_embeddings", c.maximumLength());
    values.put("hidden_size", c.width());
    values.put("num_hidden_layers", c.layers().size());
    values.put("num_attention_heads", c.heads());
    values.put("num_key_value_heads", c.keyValueHeads());
    values.put("head_dim", c.headWidth());
    values.put("intermediate_size", c.feedForwardWidth());
    values.put(gemma ? "hidden_activation" : "hidden_act", activation(c.activation()));
    values.put("rms_norm_eps", c.epsilon());
    if (c.family() != Family.QWEN2 && c.family() != Family.MISTRAL) {
      values.put("attention_bias", c.queryBias());
    }
    if (c.family() == Family.LLAMA) {
      values.put("mlp_bias", c.feedForwardBias());
    }
    boolean sliding = c.layers().contains(Sight.SLIDING);
    if (c.family() != Family.LLAMA) {
      values.put("sliding_window", sliding ? (Integer) c.window() : gemma ? (Integer) 4096 : null);
    }
    if (c.family() != Family.LLAMA && c.family() != Family.MISTRAL) {
      values.put(
          "layer_types",
          c.layers().stream().map(layer -> layer == Sight.FULL ? FULL : SLIDING).toList());
      if (!gemma) {
        values.put("use_sliding_window", sliding);
      }
    }
    if (gemma) {
      // A whole number there, whose inverse root the scale is.
      double scalar = 1 / (c.attentionScale() * c.attentionScale());
      values.put("query_pre_attn_scalar", Math.round(scalar));
      Map<String, Object> both = new LinkedHashMap<>();
      both.put(FULL, rotary(c.theta(), c.scaling()));
      both.put(SLIDING, rotary(c.slidingTheta(), c.slidingScaling()));
      values.put("rope_parameters", both);
    } else {
      values.put("rope_parameters", rotary(c.theta(), c.scaling()));
    }
    values.put("tie_word_embeddings", c.tied());
    values.put("bos_token_id", c.beginOfText() < 0 ? null : (Integer) c.beginOfText());
    values.put(
        "eos_token_id",
        c.endTokens().isEmpty()
            ? null
            : c.endTokens().size() == 1 ? c.endTokens().getFirst() : c.endTokens());
    values.put("dtype", "float32");
    return new ConfigFile("config.json", values);
  }

  private static String activation(Activation activation) {
    return activation == Activation.GELU_TANH
        ? "gelu_pytorch_tanh"
        : dev.heed.model.ActivationNames.of(activation);
  }

  private static Map<String, Object> rotary(double theta, RotaryScaling scaling) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("rope_theta", theta);
    switch (scaling) {
      case RotaryScaling.None() -> values.put("rope_type", "default");
      case RotaryScaling.Divided(var _) ->
          throw new IllegalArgumentException(
              "transformers has no name for rotary frequencies as this GGUF file keeps them");
      case RotaryScaling.Linear(double factor) -> {
        values.put("rope_type", "linear");
        values.put("factor", factor);
      }
      case RotaryScaling.Llama3(double factor, double low, double high, int original) -> {
        values.put("rope_type", "llama3");
        values.put("factor", factor);
        values.put("low_freq_factor", low);
        values.put("high_freq_factor", high);
        values.put("original_max_position_embeddings", original);
      }
      case RotaryScaling.Yarn(
              double factor,
              int original,
              double fast,
              double slow,
              boolean truncate,
              double attention) -> {
        values.put("rope_type", "yarn");
        values.put("factor", factor);
        values.put("original_max_position_embeddings", original);
        values.put("beta_fast", fast);
        values.put("beta_slow", slow);
        values.put("truncate", truncate);
        values.put("attention_factor", attention);
      }
    }
    return values;
  }
}
