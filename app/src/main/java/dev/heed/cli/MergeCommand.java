package dev.heed.cli;

import dev.heed.model.Lora;
import dev.heed.model.ModelDirectory;
import dev.heed.model.StoredModel;
import dev.heed.task.LanguageModel;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `heed merge`: a model and its low-rank update become one model.
@Command(
    name = "merge",
    description = "Makes one model of a low-rank update (LoRA) and the model that it belongs to.")
final class MergeCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "where the model goes, new or empty")
  private @Nullable Path out;

  MergeCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    Path target = Objects.requireNonNull(out);
    if (!Folders.isFree(target)) {
      throw CommandFailure.usage("-o must be new or empty: received " + target);
    }
    Path update =
        SavedModels.named(
            heed,
            heed.model()
                .orElseThrow(() -> CommandFailure.usage("--model must name the update to merge")));
    if (!Lora.isIn(update)) {
      throw CommandFailure.usage(
          "--model must name a low-rank update, a folder with an adapter_config.json: received "
              + update);
    }
    if (Files.isDirectory(Lora.base(update))) {
      StoredModel model = ModelDirectory.open(update, StoredModel.class);
      Lora.merge(model.layer());
      Files.createDirectories(target);
      boolean own = Files.exists(update.resolve("tokenizer.json"));
      Tokenizer.load(own ? update : Lora.base(update)).save(target);
      model.save(target);
    } else { // of a GGUF file, whose weights must be plain to take up the update
      LanguageModel model = LanguageModel.loadExact(update);
      Lora.merge(model.model().layer());
      model.save(target);
    }
    heed.notes().printf("Saved: %s (opens in Hugging Face too)%n", target);
    return ExitCode.DONE.code();
  }
}
