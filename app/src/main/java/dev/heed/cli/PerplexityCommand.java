package dev.heed.cli;

import dev.heed.task.LanguageModel;
import dev.heed.task.Perplexity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed perplexity`: how well a language model tells a text beforehand.
@Command(
    name = "perplexity",
    description = "How well a language model tells the tokens of a text beforehand.")
final class PerplexityCommand implements Callable<Integer> {
  static final int USUAL_CONTEXT = 512;

  private final HeedCommand heed;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "the text (default: standard input)")
  private @Nullable Path input;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "tokens of a window (default: 512, or the model's longest text)")
  private @Nullable Integer context;

  @Option(
      names = "--stride",
      paramLabel = "N",
      description = "how many tokens further each window begins (default: a window's)")
  private @Nullable Integer stride;

  @Mixin private ResultOutput output = new ResultOutput();

  PerplexityCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    byte[] bytes = input == null ? heed.in().readAllBytes() : Files.readAllBytes(input);
    LanguageModel model = heed.languageModel();
    int window = context != null ? context : Math.min(USUAL_CONTEXT, model.model().maximumLength());
    String text = Utf8.decode(bytes, input == null ? "standard input" : input.toString());
    Perplexity perplexity;
    try {
      perplexity = Perplexity.of(model, text, window, stride == null ? 0 : stride);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            out.println(
                String.format(
                    Locale.ROOT,
                    "perplexity %.4f  nll %.5f nats  %d tokens",
                    perplexity.perplexity(),
                    perplexity.nll(),
                    perplexity.tokens()));
            return;
          }
          Json.write(
              out,
              output.format(),
              json -> {
                json.writeStartObject();
                json.writeNumberProperty("perplexity", perplexity.perplexity());
                json.writeNumberProperty("nll", perplexity.nll());
                json.writeNumberProperty("tokens", perplexity.tokens());
                json.writeEndObject();
              });
        });
    return ExitCode.DONE.code();
  }
}
