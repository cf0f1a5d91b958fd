package dev.heed.cli;

import dev.heed.task.EncoderArchitecture;
import picocli.CommandLine.Option;

/// How an encoder looks that is trained from nothing. To be mixed in.
final class EncoderArchitectureOptions {
  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "from nothing: how many tokens (default: ${DEFAULT-VALUE})")
  private int vocabulary = EncoderArchitecture.small().vocabulary();

  @Option(
      names = "--width",
      paramLabel = "D",
      description = "from nothing: the model width (default: ${DEFAULT-VALUE})")
  private int width = EncoderArchitecture.small().width();

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "from nothing: blocks (default: ${DEFAULT-VALUE})")
  private int layers = EncoderArchitecture.small().layers();

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "from nothing: attention heads (default: ${DEFAULT-VALUE})")
  private int heads = EncoderArchitecture.small().heads();

  @Option(
      names = "--dropout",
      paramLabel = "P",
      description = "from nothing: the share dropped in training (default: ${DEFAULT-VALUE})")
  private double dropout = EncoderArchitecture.small().dropout();

  /// What the options say.
  ///
  /// @throws CommandFailure if no model can look so
  EncoderArchitecture architecture() {
    if (heads < 1 || width < 1 || width % heads != 0 || layers < 1 || vocabulary < 10) {
      throw CommandFailure.usage(
          "--heads must divide --width, --layers be 1 or more, --vocabulary 10 or more:"
              + " received %d, %d, %d, %d".formatted(heads, width, layers, vocabulary));
    }
    return new EncoderArchitecture(vocabulary, width, layers, heads, dropout);
  }
}
