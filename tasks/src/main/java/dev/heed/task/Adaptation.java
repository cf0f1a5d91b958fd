package dev.heed.task;

import dev.heed.model.Lora;
import dev.heed.model.LoraConfiguration;
import dev.heed.model.StoredModel;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.Parameter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How much of a pretrained model learns.
public sealed interface Adaptation {
  /// All of it, but for heads that are taken out.
  record Whole(List<PrunedHead> pruned) implements Adaptation {
    /// All of it.
    public Whole() {
      this(List.of());
    }
  }

  /// All but the embeddings and the first blocks.
  ///
  /// @param blocks how many stay as they are
  record Frozen(int blocks, List<PrunedHead> pruned) implements Adaptation {
    /// With all heads.
    public Frozen(int blocks) {
      this(blocks, List.of());
    }
  }

  /// A low-rank update of the blocks' linear layers ([Lora]), and a new head.
  ///
  /// @param rank how wide its inner rows are
  /// @param base where the model below is; written into the update's files
  record LowRank(int rank, Path base) implements Adaptation {}

  Pattern BLOCK = Pattern.compile("(?:.*\\.)?layers\\.(\\d+)\\..*");
  Pattern EMBEDDING =
      Pattern.compile("(encoder\\.)?(embedding|positions|types|norm|projection|distances)\\..*");

  /// Freezes and thaws.
  ///
  /// @param model the model with its head
  /// @param body the part that was pretrained: the model itself, or the encoder in it
  /// @param task PEFT's name of the task, such as `CAUSAL_LM`
  /// @return the update, if there is one
  /// @throws IllegalArgumentException if there are not so many blocks or heads
  default @Nullable Lora prepare(StoredModel model, Layer body, String task, long seed) {
    Layer whole = model.layer();
    switch (this) {
      case Whole all -> {
        whole.setFrozen(false);
        PrunedHead.prune(whole, all.pruned);
      }
      case Frozen frozen -> {
        whole.setFrozen(false);
        PrunedHead.prune(whole, frozen.pruned);
        freeze(whole, frozen.blocks);
      }
      case LowRank low -> {
        // What is quantised cannot be thawed, not even for a moment.
        Set<Parameter> pretrained = Set.copyOf(body.parameters().values());
        whole
            .parameters()
            .values()
            .forEach(parameter -> parameter.setFrozen(pretrained.contains(parameter)));
        return Lora.attach(
            model,
            LoraConfiguration.of(low.base.toAbsolutePath().toString(), task, low.rank),
            Initializer.seeded(seed));
      }
    }
    return null;
  }

  private static void freeze(Layer whole, int blocks) {
    Map<String, ?> names = whole.parameters();
    int count = 1 + names.keySet().stream().mapToInt(Adaptation::block).max().orElse(-1);
    if (blocks < 1 || blocks > count) {
      throw new IllegalArgumentException(
          "the blocks to freeze must be in 1…%d: received %d".formatted(count, blocks));
    }
    whole
        .parameters()
        .forEach((name, parameter) -> {
          int block = block(name);
          if (block < 0 ? EMBEDDING.matcher(name).matches() : block < blocks) {
            parameter.setFrozen(true);
          }
        });
  }

  /// The block that a parameter is in, −1 for none.
  private static int block(String name) {
    Matcher matcher = BLOCK.matcher(name);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
  }
}
