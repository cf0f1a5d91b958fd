package dev.heed.cli;

import dev.heed.cli.picture.LabelledMatrix;
import dev.heed.cli.picture.SvgHeatMap;
import dev.heed.cli.terminal.Bars;
import dev.heed.cli.terminal.HeatMap;
import dev.heed.generation.Sampling;
import dev.heed.task.LanguageModel;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `heed demo`: from nothing to a small Transformer that completes English, in two or three
/// minutes.
@Command(
    name = "demo",
    description =
        "Trains a small Transformer on real English, completes text with it, and draws its"
            + " attention.")
final class DemoCommand implements Callable<Integer> {
  private static final String PICTURE_TEXT = "The train left the station on time.";
  private static final int WORDS = 8;

  private final HeedCommand heed;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description = "what to complete (default: ${DEFAULT-VALUE})")
  private String prompt = "The train left the";

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "how many training steps (default: ${DEFAULT-VALUE})")
  private int steps = DemoTraining.STEPS;

  DemoCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (steps < 1) {
      throw CommandFailure.usage("--steps must be 1 or more: received " + steps);
    }
    PrintStream notes = heed.notes();
    Path run = heed.home().resolve("runs").resolve(DemoTraining.NAME);
    DemoTraining training = DemoTraining.of(heed, run, steps, notes);
    if (!TrainingRun.train(heed, steps, "tokens/s", training::run, training::stop).finished()) {
      notes.println("Interrupted: the run is saved in " + run + "; `heed demo` goes on from there");
      return ExitCode.INTERRUPTED.code();
    }
    LanguageModel model = training.model();
    Path place = SavedModels.folder(heed).resolve(DemoTraining.NAME);
    model.save(place);
    Folders.remove(run);
    show(model, place);
    return ExitCode.DONE.code();
  }

  private void show(LanguageModel model, Path place) throws IOException {
    PrintStream out = heed.out();
    out.println();
    out.println("Most probable next words after “" + prompt + "”:");
    Bars.lines(
            model.nextWords(prompt, WORDS).stream()
                .map(word -> new Bars.Bar(word.word(), word.probability()))
                .toList(),
            heed.outTerminal())
        .forEach(out::println);
    out.println();
    out.println("Three continuations (temperature 0.6):");
    for (int i = 0; i < 3; i++) {
      Sampling sampling = new Sampling(0.6, 0, 0.9, 0, heed.seed() + i);
      out.println("  " + prompt + model.complete(prompt, 24, sampling).text());
    }
    LabelledMatrix attention = attention(model);
    Path picture = place.resolve("attention.svg");
    Files.writeString(
        picture,
        SvgHeatMap.of(
            attention, "Each row is a token; its cells are how much it attends to each."));
    out.println();
    HeatMap.lines(attention, heed.outTerminal()).forEach(out::println);
    out.println();
    out.println("The same as a picture: " + picture);
    out.println("Saved: " + place + " (opens in Hugging Face too)");
    out.println("Type next:");
    out.println("  heed complete \"" + prompt + "\" --words 10");
    out.println("  heed complete \"A small animal that\" --temperature 0.7 --seed 2");
    out.println("  heed demo --prompt \"She went to the\"");
  }

  /// The head that looks most at other tokens than itself and the first one.
  private static LabelledMatrix attention(LanguageModel model) {
    LanguageModel.Traced traced = model.trace(PICTURE_TEXT);
    int tokens = traced.tokens().size();
    String title = "";
    float[][] best = new float[tokens][tokens];
    double most = -1;
    for (Map.Entry<String, Tensor> entry : traced.values().entrySet()) {
      if (!entry.getKey().startsWith("attentions.")) {
        continue;
      }
      Tensor weights = entry.getValue(); // (H, T, T)
      for (int head = 0; head < weights.shape().dimension(0); head++) {
        float[][] rows = new float[tokens][tokens];
        double elsewhere = 0;
        for (int t = 0; t < tokens; t++) {
          for (int s = 0; s < tokens; s++) {
            rows[t][s] = (float) weights.get(head, t, s);
            elsewhere += s > 0 && s < t ? rows[t][s] * rows[t][s] : 0;
          }
        }
        if (elsewhere > most) {
          most = elsewhere;
          best = rows;
          title =
              "Attention in layer %s, head %d: rows look at columns"
                  .formatted(entry.getKey().substring("attentions.".length()), head);
        }
      }
    }
    List<String> labels = traced.tokens().stream().map(String::strip).toList();
    return new LabelledMatrix(title, labels, labels, best);
  }
}
