package dev.heed.cli;

import dev.heed.cli.terminal.Bars;
import dev.heed.generation.BeamSearch;
import dev.heed.generation.BeamSettings;
import dev.heed.generation.NextWords;
import dev.heed.generation.Penalties;
import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.generation.grammar.Grammar;
import dev.heed.task.LanguageModel;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JsonGenerator;

/// `heed complete`: goes on with a text, or shows the most probable next words.
@Command(
    name = "complete",
    description = "Goes on with a text, or shows the most probable next words.")
final class CompleteCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Parameters(
      arity = "0..1",
      paramLabel = "TEXT",
      description = "what to go on with (default: standard input)")
  private @Nullable String text;

  @Option(
      names = "--words",
      paramLabel = "N",
      description = "show the N most probable next words instead")
  private int words;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "at most so many new tokens (default: 40)")
  private int maximumTokens = 40;

  @Mixin private SamplingOptions choice = new SamplingOptions();
  @Mixin private GrammarOptions form = new GrammarOptions();

  @Option(
      names = "--beams",
      paramLabel = "N",
      description =
          "look for the most probable text with N beams instead of choosing each token"
              + " (default: the model's, usually 1)")
  private int beams;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "end before this text; may be given several times")
  private List<String> stop = List.of();

  @Option(
      names = "--logprobs",
      paramLabel = "N",
      description = "tell the N most probable tokens in each place (--format json)")
  private int alternatives;

  @Option(
      names = "--ids",
      split = ",",
      paramLabel = "ID",
      description = "token ids to go on with, instead of TEXT")
  private int @Nullable [] ids;

  @Option(
      names = "--truncate",
      description = "drop the beginning of a text that is too long for the model")
  private boolean truncate;

  @Mixin private ResultOutput output = new ResultOutput();

  CompleteCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (words < 0 || maximumTokens < 0 || alternatives < 0) {
      throw CommandFailure.usage(
          "--words, --max-tokens and --logprobs must be 0 or more: received %d, %d and %d"
              .formatted(words, maximumTokens, alternatives));
    }
    if (beams < 0 || (beams > 1 && (words > 0 || alternatives > 0 || !stop.isEmpty()))) {
      throw CommandFailure.usage(
          "--beams must be 1 or more, without --words, --logprobs and --stop: received " + beams);
    }
    if (stop.contains("")) {
      throw CommandFailure.usage("--stop must not be empty");
    }
    choice.check();
    Grammar grammar = form.grammar();
    if (grammar != null && (words > 0 || beams > 1)) {
      throw CommandFailure.usage("--grammar and --json-schema take no --words and no --beams");
    }
    LanguageModel model = heed.languageModel();
    Sampling sampling = choice.sampling(model.generation().sampling(), heed.seed());
    int[] prompt = prompt(model);
    boolean plain = words == 0 && alternatives == 0 && stop.isEmpty() && grammar == null;
    BeamSettings search = model.generation().beams();
    search = beams > 0 ? search.withBeams(beams) : search;
    if (plain && search.beams() > 1 && maximumTokens > 0) {
      if (!sampling.equals(Sampling.greedy()) && sampling.temperature() > 0) {
        throw CommandFailure.usage(
            "--beams takes no --temperature: a search leaves nothing to chance");
      }
      if (!sampling.penalties().equals(Penalties.NONE)) {
        throw CommandFailure.usage("--beams takes no penalties");
      }
      write(model, model.search(prompt, maximumTokens, search).getFirst());
    } else if (words > 0) {
      List<NextWords.Word> next = model.nextWords(prompt, words);
      output.write(heed, out -> write(next, out));
    } else {
      complete(model, prompt, sampling, grammar);
    }
    return ExitCode.DONE.code();
  }

  private int[] prompt(LanguageModel model) throws IOException {
    int[] given = ids;
    if (given != null && text != null) {
      throw CommandFailure.usage("give TEXT or --ids, not both");
    }
    int[] prompt;
    if (given != null) {
      for (int id : given) {
        if (id < 0 || id >= model.model().vocabulary()) {
          throw CommandFailure.usage(
              "--ids must be in 0…%d: received %d".formatted(model.model().vocabulary() - 1, id));
        }
      }
      prompt = given;
    } else {
      String start = text != null ? text : Utf8.decode(heed.in().readAllBytes(), "standard input");
      // A space at the end belongs to the next word's first token.
      prompt = model.encode(words > 0 ? start.stripTrailing() : start);
    }
    int most = model.model().maximumLength();
    if (prompt.length <= most) {
      return prompt;
    }
    if (!truncate) {
      throw CommandFailure.tooLong(
          "the model takes at most %d tokens: received %d (--truncate drops the beginning)"
              .formatted(most, prompt.length));
    }
    return Arrays.copyOfRange(prompt, prompt.length - most, prompt.length);
  }

  private void write(List<NextWords.Word> next, PrintStream out) throws IOException {
    switch (output.format()) {
      case TEXT ->
          Bars.lines(
                  next.stream().map(word -> new Bars.Bar(word.word(), word.probability())).toList(),
                  heed.outTerminal())
              .forEach(out::println);
      case JSON, JSONL ->
          Json.write(
              out,
              output.format(),
              json -> {
                json.writeStartObject();
                json.writeArrayPropertyStart("words");
                for (NextWords.Word word : next) {
                  json.writeStartObject();
                  json.writeStringProperty("word", word.word());
                  json.writeNumberProperty("probability", word.probability());
                  json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
              });
    }
  }

  private void write(LanguageModel model, BeamSearch.Found found) throws IOException {
    String made = model.hasTokenizer() ? model.tokenizer().decode(found.ids()) : "";
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            out.println((text == null ? "" : text) + made);
            return;
          }
          Json.write(
              out,
              output.format(),
              json -> {
                json.writeStartObject();
                json.writeArrayPropertyStart("ids");
                for (int id : found.ids()) {
                  json.writeNumber(id);
                }
                json.writeEndArray();
                json.writeStringProperty("text", made);
                json.writeNumberProperty("score", found.score());
                json.writeEndObject();
              });
        });
  }

  private void complete(
      LanguageModel model, int[] prompt, Sampling sampling, @Nullable Grammar grammar)
      throws IOException {
    LanguageModel.Request request =
        LanguageModel.Request.of(maximumTokens, sampling)
            .withStop(stop)
            .withAlternatives(alternatives)
            .withConstraint(grammar == null ? null : model.constraint(grammar));
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            if (text != null && grammar == null) {
              out.print(text);
            }
            LanguageModel.Completion completion =
                model.stream(
                    prompt,
                    request,
                    piece -> {
                      out.print(piece);
                      out.flush();
                    });
            out.println();
            if (completion.generated().ending() == TextGenerator.Ending.MODEL_LENGTH) {
              heed.notes()
                  .println(
                      "stopped at %d tokens, the model's longest text"
                          .formatted(model.model().maximumLength()));
            }
            check(grammar, completion.text());
            return;
          }
          LanguageModel.Completion completion = model.stream(prompt, request, piece -> {});
          Json.write(
              out,
              output.format(),
              json -> {
                json.writeStartObject();
                json.writeArrayPropertyStart("ids");
                for (int id : completion.generated().ids()) {
                  json.writeNumber(id);
                }
                json.writeEndArray();
                json.writeStringProperty("text", completion.text());
                json.writeArrayPropertyStart("logprobs");
                for (double value : completion.generated().logProbabilities()) {
                  json.writeNumber(value);
                }
                json.writeEndArray();
                if (alternatives > 0) {
                  writeAlternatives(model, completion.generated(), json);
                }
                json.writeStringProperty(
                    "ending", completion.generated().ending().name().toLowerCase(Locale.ROOT));
                json.writeEndObject();
              });
          check(grammar, completion.text());
        });
  }

  private void check(@Nullable Grammar grammar, String made) {
    if (grammar != null && !grammar.matches(made)) {
      throw CommandFailure.failed(
          "the new text must be complete: --max-tokens %d are too few, or --stop ended it"
              .formatted(maximumTokens),
          null);
    }
  }

  private static void writeAlternatives(
      LanguageModel model, TextGenerator.Generated generated, JsonGenerator json) {
    json.writeArrayPropertyStart("alternatives");
    for (List<TextGenerator.Alternative> place : generated.alternatives()) {
      json.writeStartArray();
      for (TextGenerator.Alternative alternative : place) {
        json.writeStartObject();
        json.writeNumberProperty("id", alternative.id());
        if (model.hasTokenizer()) {
          json.writeStringProperty(
              "token", model.tokenizer().decode(new int[] {alternative.id()}, false));
        }
        json.writeNumberProperty("logprob", alternative.logProbability());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
    json.writeEndArray();
  }
}
