package dev.heed.cli;

import dev.heed.task.Adaptation;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How much of a pretrained model learns: `--lora` and `--freeze`. To be mixed in.
final class AdaptationOptions {
  static final String LORA = "lora";
  static final String FREEZE = "freeze";
  private static final String USUAL_RANK = "8";

  @Option(
      names = "--" + LORA,
      arity = "0..1",
      fallbackValue = USUAL_RANK,
      paramLabel = "RANK",
      description =
          "with --from: leave the model as it is and train a low-rank update (rank: " + USUAL_RANK + ")")
  private @Nullable Integer lora;

  @Option(
      names = "--" + FREEZE,
      paramLabel = "N",
      description = "with --from: leave the embeddings and the first N blocks as they are")
  private @Nullable Integer freeze;

  /// Refuses what does not go together.
  ///
  /// @param from the pretrained model, null for none
  void check(@Nullable String from) {
    if ((lora != null || freeze != null) && from == null) {
      throw CommandFailure.usage("--lora and --freeze must stand with --from, which names the model");
    }
    if (lora != null && freeze != null) {
      throw CommandFailure.usage("--lora cannot stand with --freeze: it freezes the whole model");
    }
    if ((lora != null && lora < 1) || (freeze != null && freeze < 1)) {
      throw CommandFailure.usage(
          "--lora and --freeze must be 1 or more: received %s and %s".formatted(lora, freeze));
    }
  }

  /// Whether nothing was said, so that all of the model learns.
  boolean isWhole() {
    return lora == null && freeze == null;
  }

  /// Whether an update is wanted.
  boolean isLora() {
    return lora != null;
  }

  /// Adds what was asked to a run's options.
  void addTo(Map<String, String> options) {
    if (lora != null) {
      options.put(LORA, lora.toString());
    }
    if (freeze != null) {
      options.put(FREEZE, freeze.toString());
    }
  }

  /// What a run's options say.
  ///
  /// @param base where the pretrained model is
  static Adaptation of(Map<String, String> options, Path base) {
    String rank = options.get(LORA);
    String blocks = options.get(FREEZE);
    return rank != null
        ? new Adaptation.LowRank(Integer.parseInt(rank), base)
        : blocks != null
            ? new Adaptation.Frozen(Integer.parseInt(blocks))
            : new Adaptation.Whole();
  }
}
