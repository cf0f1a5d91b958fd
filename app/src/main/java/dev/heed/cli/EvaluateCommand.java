package dev.heed.cli;

import dev.heed.task.Translator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `heed evaluate`: how good a model is on texts of which the answer is known.
@Command(
    name = "evaluate",
    description = "How good a model is on texts of which the answer is known: BLEU and chrF.")
final class EvaluateCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private PairFiles files = new PairFiles();

  @Option(
      names = "--beams",
      paramLabel = "N",
      description = "how many translations are followed at once (default: the model's)")
  private int beams;

  @Option(names = "--lowercase", description = "BLEU and chrF without regard to case")
  private boolean lowercase;

  @Mixin private ResultOutput output = new ResultOutput();

  EvaluateCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (beams < 0) {
      throw CommandFailure.usage("--beams must be 1 or more: received " + beams);
    }
    files.paths();
    Path directory = SavedModels.resolve(heed);
    Translator loaded = Translator.load(directory);
    Translator translator = beams == 0 ? loaded : loaded.withBeams(beams);
    TranslationQuality quality =
        EvaluateTranslation.of(heed, translator, files.read().pairs(), lowercase);
    output.write(
        heed,
        out -> {
          if (output.format() == Format.TEXT) {
            out.println(quality.shown());
          } else {
            Json.write(out, output.format(), json -> Json.value(json, quality.figures()));
          }
        });
    return ExitCode.DONE.code();
  }
}
