package dev.heed.cli;

import dev.heed.generation.Penalties;
import dev.heed.generation.Sampling;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How the next token is chosen, to be mixed into commands that make text. What is not given is
/// what the model's `generation_config.json` says, else the most probable token.
final class SamplingOptions {
  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the most probable token; 1 chooses as the model learned (default: 0)")
  private @Nullable Double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "choose among the K most probable tokens (default: all)")
  private @Nullable Integer topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description = "choose among the most probable tokens that together reach P (default: 1)")
  private @Nullable Double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description = "leave out tokens below P times the most probable one (default: 0)")
  private @Nullable Double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "R",
      description = "divide the logits of tokens that came before (default: 1)")
  private @Nullable Double repetition;

  @Option(
      names = "--presence-penalty",
      paramLabel = "R",
      description = "take this from the logits of new tokens that came (default: 0)")
  private double presence;

  @Option(
      names = "--frequency-penalty",
      paramLabel = "R",
      description = "take this for each time that they came (default: 0)")
  private double frequency;

  /// Refuses what no model can make right, before one is loaded.
  void check() {
    sampling(Sampling.greedy(), 0);
  }

  /// What was asked for, else what `usual` says.
  Sampling sampling(Sampling usual, long seed) {
    try {
      return new Sampling(
          temperature != null ? temperature : usual.temperature(),
          topK != null ? topK : usual.topK(),
          topP != null ? topP : usual.topP(),
          minP != null ? minP : usual.minP(),
          seed,
          new Penalties(
              repetition != null ? repetition : usual.penalties().repetition(),
              presence,
              frequency));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(
          Objects.requireNonNullElse(e.getMessage(), "wrong sampling options"));
    }
  }
}
