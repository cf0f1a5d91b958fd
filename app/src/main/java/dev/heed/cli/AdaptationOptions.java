package dev.heed.cli;

import dev.heed.task.Adaptation;
import dev.heed.task.PrunedHead;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How much of a pretrained model learns: `--lora`, `--freeze` and `--prune`. To be mixed in.
final class AdaptationOptions {
  static final String LORA = "lora";
  static final String FREEZE = "freeze";
  static final String PRUNE = "prune";
  private static final String USUAL_RANK = "8";

  @Option(
      names = "--" + LORA,
      arity = "0..1",
      fallbackValue = USUAL_RANK,
      paramLabel = "RANK",
      description =
          "with --from: leave the model as it is and train a low-rank update (rank: "
              + USUAL_RANK
              + ")")
  private @Nullable Integer lora;

  @Option(
      names = "--" + FREEZE,
      paramLabel = "N",
      description = "with --from: leave the embeddings and the first N blocks as they are")
  private @Nullable Integer freeze;

  @Option(
      names = "--" + PRUNE,
      split = ",",
      paramLabel = "LAYER.HEAD",
      description = "with --from: take these attention heads out, such as 0.3,1.0")
  private List<String> prune = List.of();

  /// Refuses what does not go together.
  ///
  /// @param from the pretrained model, null for none
  void check(@Nullable String from) {
    if (!isWhole() && from == null) {
      throw CommandFailure.usage(
          "--lora, --freeze and --prune must stand with --from, which names the model");
    }
    if (lora != null && (freeze != null || !prune.isEmpty())) {
      throw CommandFailure.usage(
          "--lora cannot stand with --freeze or --prune: it leaves the whole model as it is");
    }
    prune.forEach(head -> TrainingRun.usable(() -> PrunedHead.of(head)));
    if ((lora != null && lora < 1) || (freeze != null && freeze < 1)) {
      throw CommandFailure.usage(
          "--lora and --freeze must be 1 or more: received %s and %s".formatted(lora, freeze));
    }
  }

  /// Whether nothing was said, so that all of the model learns.
  boolean isWhole() {
    return lora == null && freeze == null && prune.isEmpty();
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
    if (!prune.isEmpty()) {
      options.put(PRUNE, String.join(",", prune));
    }
  }

  /// What a run's options say.
  ///
  /// @param base where the pretrained model is
  static Adaptation of(Map<String, String> options, Path base) {
    String rank = options.get(LORA);
    String blocks = options.get(FREEZE);
    String heads = options.getOrDefault(PRUNE, "");
    List<PrunedHead> pruned =
        heads.isEmpty() ? List.of() : Stream.of(heads.split(",")).map(PrunedHead::of).toList();
    return rank != null
        ? new Adaptation.LowRank(Integer.parseInt(rank), base)
        : blocks != null
            ? new Adaptation.Frozen(Integer.parseInt(blocks), pruned)
            : new Adaptation.Whole(pruned);
  }
}
