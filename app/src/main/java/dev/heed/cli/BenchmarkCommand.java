package dev.heed.cli;

import dev.heed.generation.GenerationRules;
import dev.heed.generation.KnownText;
import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.model.CausalModel;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.nn.Initializer;
import dev.heed.task.LanguageModel;
import dev.heed.task.MiniLm;
import dev.heed.task.SentenceEmbedder;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed benchmark`: how fast a language model is on this machine, and what memory it takes.
@Command(
    name = "benchmark",
    description = "Speed of a language model on this machine, and the memory that it takes.")
final class BenchmarkCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Option(names = "--prompt", paramLabel = "N", description = "tokens of the prompt (default: 512)")
  private int prompt = 512;

  @Option(names = "--tokens", paramLabel = "N", description = "new tokens (default: 128)")
  private int tokens = 128;

  @Option(
      names = "--conversations",
      paramLabel = "N",
      description = "how many texts are made at once (default: 1)")
  private int conversations = 1;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      description = "how often; the best is told (default: 3)")
  private int repeat = 3;

  @Option(
      names = "--profile",
      description =
          "where the time of a training step, of embeddings and of new tokens goes instead, and how"
              + " far each part is from this machine's limits")
  private boolean profile;

  @Mixin private ResultOutput output = new ResultOutput();

  BenchmarkCommand(HeedCommand heed) {
    this.heed = heed;
  }

  /// The best of all turns.
  private record Best(double loadSeconds, double promptPerSecond, double tokensPerSecond) {}

  @Override
  public Integer call() throws IOException {
    if (prompt < 1 || tokens < 2 || repeat < 1 || conversations < 1) {
      throw CommandFailure.usage(
          "--prompt, --repeat and --conversations must be 1 or more, --tokens 2 or more: received"
              + " %d, %d, %d, %d".formatted(prompt, repeat, conversations, tokens));
    }
    if (profile) {
      return profile();
    }
    long start = System.nanoTime();
    LanguageModel model = heed.languageModel();
    double load = (System.nanoTime() - start) / 1e9;
    if ((long) prompt + tokens > model.model().maximumLength()) {
      throw CommandFailure.tooLong(
          "the model takes at most %d tokens: received %d + %d"
              .formatted(model.model().maximumLength(), prompt, tokens));
    }
    Best best = measure(model, load);
    long peak = peakBytes();
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            out.println(
                "kernels      " + Kernels.active().name() + ", " + Parallel.threads() + " threads");
            out.println(line("load         %.2f s", best.loadSeconds));
            out.println(line("prompt       %.1f tokens/s", best.promptPerSecond));
            out.println(
                line("new tokens   %.1f tokens/s", best.tokensPerSecond)
                    + (conversations > 1 ? " in " + conversations + " conversations" : ""));
            if (peak > 0) {
              out.println(line("peak memory  %.0f MB resident", peak / 1e6));
            }
            return;
          }
          Json.write(
              out,
              output.format(),
              json -> {
                json.writeStartObject();
                json.writeStringProperty("kernels", Kernels.active().name());
                json.writeNumberProperty("threads", Parallel.threads());
                json.writeNumberProperty("conversations", conversations);
                json.writeNumberProperty("load_seconds", best.loadSeconds);
                json.writeNumberProperty("prompt_tokens_per_second", best.promptPerSecond);
                json.writeNumberProperty("new_tokens_per_second", best.tokensPerSecond);
                json.writeNumberProperty("peak_bytes", peak);
                json.writeEndObject();
              });
        });
    return ExitCode.DONE.code();
  }

  private int profile() throws IOException {
    Gpt2Configuration small = Gpt2Configuration.of(65, 256, 384, 6, 6, 0.2);
    Gpt2Configuration larger = Gpt2Configuration.of(8192, 1024, 512, 8, 8, 0);
    CausalModel model =
        heed.model().isPresent()
            ? heed.languageModel().model()
            : new Gpt2(larger, Initializer.seeded(1));
    ProfileReport report =
        new ProfileReport()
            .add(
                "A training step of 10.8 million parameters (6 layers, 384 wide, dropout 0.2) on 4"
                    + " texts of 256 tokens",
                ProfiledWork.trainingStep(small, 4, 256))
            .add(
                "Embeddings of 256 sentences by minilm",
                ProfiledWork.embedding(SentenceEmbedder.load(MiniLm.directory(heed.home()))))
            .add(
                "16 new tokens of "
                    + heed.model().orElse("a GPT-2 of 30 million parameters")
                    + " after "
                    + prompt,
                ProfiledWork.newTokens(model, prompt, 16));
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            report.lines().forEach(out::println);
          } else {
            Json.write(out, output.format(), json -> Json.value(json, report.values()));
          }
        });
    return ExitCode.DONE.code();
  }

  private Best measure(LanguageModel model, double load) {
    double prompts = 0;
    double news = 0;
    for (int turn = 0; turn < repeat; turn++) {
      int[] ids = new int[prompt + tokens];
      for (int i = 0; i < prompt; i++) {
        ids[i] = (i * 7919 + turn) % model.model().vocabulary();
      }
      KnownText known = new KnownText(model.model());
      long start = System.nanoTime();
      known.nextLogits(ids, prompt);
      long middle = System.nanoTime();
      prompts = Math.max(prompts, prompt / ((middle - start) / 1e9));
      TextGenerator greedy =
          new TextGenerator(
              model.model(), Sampling.greedy(), GenerationRules.endingWith(Set.of()), null, 0);
      int[] count = new int[1];
      long[] first = new long[1];
      List<TextGenerator.Turn> turns = new ArrayList<>();
      for (int i = 0; i < conversations; i++) {
        turns.add(
            new TextGenerator.Turn(
                greedy,
                Arrays.copyOf(ids, prompt),
                tokens,
                i == 0 ? known : new KnownText(model.model()),
                id -> {
                  // The prompts are no part of it: time begins when each has its first token.
                  if (++count[0] == conversations) {
                    first[0] = System.nanoTime();
                  }
                  return true;
                }));
      }
      TextGenerator.together(turns);
      int counted = count[0] - conversations;
      news = Math.max(news, counted / ((System.nanoTime() - first[0]) / 1e9));
    }
    return new Best(load, prompts, news);
  }

  private static String line(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  /// The most memory that was resident, as Linux counts it; 0 elsewhere.
  private static long peakBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    return 0;
  }
}
