package dev.heed.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an `adapter_config.json` says of a low-rank update.
///
/// @param base the model below: a directory or file, as the update's maker had it
/// @param task PEFT's name of the task, such as `CAUSAL_LM`
/// @param rank how wide the inner rows are
/// @param alpha the update is scaled by alpha / rank
public record LoraConfiguration(String base, String task, int rank, double alpha) {
  static final String FILE = "adapter_config.json";

  public LoraConfiguration {
    if (rank < 1 || !(alpha > 0)) {
      throw new IllegalArgumentException(
          "rank must be 1 or more, alpha above 0: received %d, %s".formatted(rank, alpha));
    }
  }

  /// With an alpha of twice the rank.
  public static LoraConfiguration of(String base, String task, int rank) {
    return new LoraConfiguration(base, task, rank, 2.0 * rank);
  }

  double scale() {
    return alpha / rank;
  }

  static LoraConfiguration of(ConfigFile file) {
    file.require("peft_type", "LORA");
    file.require("bias", "none");
    for (String option : List.of("use_rslora", "use_dora", "use_qalora", "lora_bias")) {
      file.require(option, false);
    }
    for (String option : List.of("rank_pattern", "alpha_pattern")) {
      if (file.value(option).orElse(null) instanceof Map<?, ?> pattern && !pattern.isEmpty()) {
        throw new ModelException(
            "%s: %s must be empty: received %s".formatted(file.name(), option, pattern));
      }
    }
    return new LoraConfiguration(
        file.string("base_model_name_or_path", ""),
        file.string("task_type", ""),
        file.integer("r"),
        file.number("lora_alpha"));
  }

  /// @param targets the names of what is updated, as ends of the stored names
  /// @param saved what else is in the file, in the same manner
  /// @param transposed whether the stored matrices are [in, out]
  ConfigFile toFile(List<String> targets, List<String> saved, boolean transposed) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("peft_type", "LORA");
    values.put("task_type", task);
    values.put("base_model_name_or_path", base);
    values.put("r", rank);
    values.put("lora_alpha", alpha == Math.rint(alpha) ? (Object) (long) alpha : alpha);
    values.put("lora_dropout", 0.0);
    values.put("bias", "none");
    values.put("fan_in_fan_out", transposed);
    values.put("target_modules", new ArrayList<>(targets));
    values.put("modules_to_save", saved.isEmpty() ? null : new ArrayList<>(saved));
    values.put("init_lora_weights", true);
    values.put("use_rslora", false);
    values.put("inference_mode", true);
    return new ConfigFile(FILE, values);
  }
}
