package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.task.Embeddings;
import dev.heed.task.SentenceEmbedder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed embed`: the vectors of texts.
@Command(
    name = "embed",
    description = "Turns texts into vectors that are close where the meanings are.")
final class EmbedCommand implements Callable<Integer> {
  /// Texts that are read, sorted by length, computed and written before the next ones.
  private static final int WINDOW = 1024;

  private final HeedCommand heed;

  @Mixin private TextInput input = new TextInput();

  @Option(
      names = "--prompt",
      paramLabel = "NAME",
      description = "put this prompt of the model before each text, such as query")
  private @Nullable String prompt;

  @Mixin private ResultOutput output = new ResultOutput();

  EmbedCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    VectorForm form = VectorForm.of(output);
    Embedders.Chosen chosen = Embedders.load(heed);
    SentenceEmbedder embedder =
        prompt == null ? chosen.embedder() : chosen.embedder().withPrompt(prompt);
    Work work = new Work(embedder);
    try (Interruption interruption = Interruption.watch();
        ProgressBar bar = heed.progress();
        VectorOutput out =
            VectorOutput.open(heed, output, form, chosen.directory() + "\n" + prompt)) {
      OptionalLong total = input.count();
      if (total.isPresent() && total.getAsLong() > WINDOW) {
        bar.begin("Embedding", total.getAsLong(), "text");
        work.bar = bar;
      }
      if (out.done() > 0) {
        heed.notes().println("goes on after the " + out.done() + " texts that were done before");
        bar.startAt(out.done());
      }
      input.forEach(
          heed,
          text -> {
            if (out.skips(text) || interruption.requested()) {
              return;
            }
            work.window.add(text);
            if (work.window.size() == WINDOW) {
              work.compute(out);
            }
          });
      if (!interruption.requested()) {
        work.compute(out);
      }
      if (work.bar != null) {
        bar.end(out.done(), Map.of());
      }
      if (interruption.requested()) {
        heed.notes()
            .println("interrupted after " + out.done() + " texts; the same command goes on there");
        return ExitCode.INTERRUPTED.code();
      }
      out.finish();
    }
    if (work.cut > 0) {
      heed.notes()
          .println(
              "%d of the texts had more than %d tokens and were cut"
                  .formatted(work.cut, embedder.maximumLength()));
    }
    return ExitCode.DONE.code();
  }

  private static final class Work {
    private final SentenceEmbedder embedder;
    private final List<String> window = new ArrayList<>();
    private long cut;
    private @Nullable ProgressBar bar;

    Work(SentenceEmbedder embedder) {
      this.embedder = embedder;
    }

    void compute(VectorOutput out) throws IOException {
      if (window.isEmpty()) {
        return;
      }
      long before = out.done();
      ProgressBar drawn = bar;
      Embeddings embeddings =
          embedder.embed(
              window,
              done -> {
                if (drawn != null) {
                  drawn.update(before + done, Map.of());
                }
              });
      cut += embeddings.cut();
      out.add(window, embeddings.vectors());
      window.clear();
    }
  }
}
