package dev.heed.cli;

import dev.heed.data.Dataset;
import dev.heed.data.RatedPairs;
import dev.heed.task.EmbeddingFigures;
import dev.heed.task.EncoderArchitecture;
import dev.heed.task.MiniLm;
import dev.heed.task.SentenceEmbedderTraining;
import dev.heed.task.TextTrainingSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `heed train embed`: an embedder that is trained further on a user's pairs of texts.
@Command(
    name = "embed",
    description =
        "Trains an embedder on pairs of texts that mean alike, or that have a score of likeness.")
final class TrainEmbedCommand implements Callable<Integer> {
  static final String TASK = "embed";

  private final HeedCommand heed;

  @Mixin private DatasetOptions data = new DatasetOptions();
  @Mixin private EncoderTrainingOptions training = new EncoderTrainingOptions();

  TrainEmbedCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    RunFolder resumed = training.resumed(TASK);
    if (resumed == null) {
      training.check();
    }
    EncoderRun before = resumed == null ? null : EncoderRun.of(resumed);
    Dataset dataset =
        before == null
            ? data.read()
            : DatasetOptions.read(before.data(), before.columns(), before.skipBadRows());
    if (resumed != null) {
      resumed.requireSameData(dataset.sha256());
    }
    RatedPairs pairs = TrainingRun.usable(() -> RatedPairs.of(dataset));
    TrainingRun.tellSkipped(heed, pairs.faults());
    double share = before == null ? training.validation() : before.validation();
    long seed = before == null ? heed.seed() : before.settings().seed();
    RatedPairs.Split split = TrainingRun.usable(() -> pairs.split(share, seed));
    EncoderRun run =
        before == null
            ? EncoderRun.asked(
                    TASK,
                    data,
                    training,
                    EncoderArchitecture.small(),
                    Map.of(),
                    TextTrainingSettings.fineTuning(split.learned().pairs().size(), seed))
                .from(training.from() == null ? MiniLm.NAME : training.from())
            : before;
    Path place = resumed == null ? training.place(heed, TASK) : resumed.path();
    // What --from names is opened before anything is written.
    Path encoder = SavedModels.named(heed, Objects.requireNonNull(run.from()));
    SentenceEmbedderTraining begun =
        TrainingRun.usable(
            () -> SentenceEmbedderTraining.from(encoder, pairs.scored(), run.settings(), place));
    RunFolder folder =
        resumed == null ? RunFolder.begin(place, run.toMap(dataset.sha256())) : resumed;
    return train(run, folder, begun, split);
  }

  private Integer train(
      EncoderRun run, RunFolder folder, SentenceEmbedderTraining begun, RatedPairs.Split split)
      throws IOException {
    TrainingRun.tell(
        heed,
        begun.parameterCount(),
        String.format(
            Locale.ROOT,
            "%,d pairs%s (%,d held out)",
            split.learned().pairs().size(),
            split.learned().scored() ? " with scores" : "",
            split.heldOut().pairs().size()),
        run.settings());
    EmbeddingFigures before = EmbeddingFigures.of(begun.model(), split.heldOut());
    boolean finished =
        training.train(
            heed,
            folder,
            run.settings(),
            "pairs/s",
            progress -> begun.run(split.learned(), split.heldOut(), progress),
            begun::stop);
    if (!finished) {
      return TrainingRun.interrupted(heed, TASK, folder);
    }
    EmbeddingFigures after = EmbeddingFigures.of(begun.model(), split.heldOut());
    begun.model().save(folder.path());
    Map<String, @Nullable Object> figures = values(after);
    figures.put("before", values(before));
    List<String> lines = List.of("before: " + shown(before), "after:  " + shown(after));
    ModelCard card =
        run.modelCard(
            "sentence-similarity",
            "An embedder of sentences",
            "the pairs",
            "Held out: %s. Before: %s.".formatted(shown(after), shown(before)));
    folder.end("Loss, nats a pair", card.ofLibrary("sentence-transformers"), figures);
    TrainingRun.print(heed, training.format(), lines, figures);
    return TrainingRun.saved(heed, folder, "heed similar \"…\" \"…\"");
  }

  /// For programs: what there is of `spearman` and the others.
  static Map<String, @Nullable Object> values(EmbeddingFigures figures) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    put(values, "spearman", figures.spearman());
    put(values, "pearson", figures.pearson());
    put(values, "accuracy", figures.accuracy());
    put(values, "mean_reciprocal_rank", figures.meanReciprocalRank());
    values.put("pairs", figures.pairs());
    return values;
  }

  private static void put(Map<String, @Nullable Object> values, String name, double value) {
    if (!Double.isNaN(value)) {
      values.put(name, value);
    }
  }

  /// For people.
  static String shown(EmbeddingFigures figures) {
    return Double.isNaN(figures.accuracy())
        ? String.format(
            Locale.ROOT,
            "Spearman %.4f, Pearson %.4f over %,d pairs",
            figures.spearman(),
            figures.pearson(),
            figures.pairs())
        : String.format(
            Locale.ROOT,
            "%.4f of %,d texts have their own pair nearest, mean reciprocal rank %.4f",
            figures.accuracy(),
            figures.pairs(),
            figures.meanReciprocalRank());
  }
}
