package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.data.WordNetSenses;
import dev.heed.task.SenseEvaluation;
import dev.heed.task.SentenceEmbedder;
import dev.heed.task.WordSenses;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed sense`: which meaning a word has in a sentence.
@Command(
    name = "sense",
    description = "Says which of its meanings in WordNet a word has in a sentence.")
final class SenseCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Parameters(index = "0", arity = "0..1", paramLabel = "SENTENCE", description = "the sentence")
  private @Nullable String sentence;

  @Parameters(index = "1", arity = "0..1", paramLabel = "WORD", description = "a word of it")
  private @Nullable String word;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "how many meanings, nearest first (default: ${DEFAULT-VALUE})")
  private int top = 5;

  @Option(
      names = "--evaluate",
      paramLabel = "N",
      description = "instead: how often the meaning is found in N of WordNet's own examples")
  private int evaluate;

  @Mixin private ResultOutput output = new ResultOutput();

  SenseCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (top < 1 || evaluate < 0) {
      throw CommandFailure.usage(
          "--top and --evaluate must be 1 or more: received %d and %d".formatted(top, evaluate));
    }
    String text = sentence;
    String sought = word;
    if (evaluate > 0) {
      return evaluation();
    }
    if (text == null || sought == null) {
      throw CommandFailure.usage("give a SENTENCE and a WORD of it, or --evaluate");
    }
    SentenceEmbedder embedder = Embedders.load(heed).embedder();
    List<WordSenses.Scored> ranked;
    try {
      ranked = new WordSenses(embedder, new WordNetSenses()).rank(text, sought);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
    List<WordSenses.Scored> best = ranked.stream().limit(top).toList();
    output.write(heed, out -> write(best, out));
    return ExitCode.DONE.code();
  }

  private void write(List<WordSenses.Scored> senses, PrintStream out) throws IOException {
    if (output.format() == Format.TEXT) {
      for (WordSenses.Scored each : senses) {
        WordNetSenses.Sense sense = each.sense();
        out.println(
            String.format(
                Locale.ROOT,
                "%7.4f  %s (%s %d): %s",
                each.score(),
                sense.lemma(),
                sense.part(),
                sense.number(),
                sense.definition()));
      }
      return;
    }
    Json.write(
        out,
        output.format(),
        json -> {
          json.writeStartObject();
          json.writeArrayPropertyStart("senses");
          for (WordSenses.Scored each : senses) {
            json.writeStartObject();
            json.writeStringProperty("lemma", each.sense().lemma());
            json.writeStringProperty("part", each.sense().part());
            json.writeNumberProperty("number", each.sense().number());
            json.writeStringProperty("gloss", each.sense().definition());
            json.writeNumberProperty("score", each.score());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private int evaluation() throws IOException {
    SentenceEmbedder embedder = Embedders.load(heed).embedder();
    SenseEvaluation result;
    try (ProgressBar bar = heed.progress()) {
      bar.begin("Examples", evaluate, "example");
      result =
          SenseEvaluation.of(
              embedder,
              new WordNetSenses(),
              evaluate,
              heed.seed(),
              done -> bar.update(done, Map.of()));
      bar.end(result.examples(), Map.of());
    }
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            out.println(
                String.format(
                    Locale.ROOT,
                    "%d examples: accuracy %.4f, most frequent meaning %.4f, by chance %.4f",
                    result.examples(),
                    result.accuracy(),
                    result.mostFrequent(),
                    result.random()));
          } else {
            Json.write(
                out,
                output.format(),
                json -> {
                  json.writeStartObject();
                  json.writeNumberProperty("examples", result.examples());
                  json.writeNumberProperty("accuracy", result.accuracy());
                  json.writeNumberProperty("most_frequent", result.mostFrequent());
                  json.writeNumberProperty("random", result.random());
                  json.writeEndObject();
                });
          }
        });
    return ExitCode.DONE.code();
  }
}
