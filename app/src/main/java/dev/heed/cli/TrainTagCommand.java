package dev.heed.cli;

import dev.heed.data.TaggedTexts;
import dev.heed.task.EncoderArchitecture;
import dev.heed.task.TextTaggerTraining;
import dev.heed.task.TextTrainingSettings;
import dev.heed.task.TrainingOutcome;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `heed train tag`: a tagger of words on a user's sentences, from nothing or from a pretrained
/// encoder.
@Command(
    name = "tag",
    description =
        "Trains a model that says which label each word has, from nothing or --from an encoder.")
final class TrainTagCommand implements Callable<Integer> {
  static final String TASK = "tag";

  private final HeedCommand heed;

  @Mixin private DatasetOptions data = new DatasetOptions();
  @Mixin private EncoderTrainingOptions training = new EncoderTrainingOptions();
  @Mixin private AdaptationOptions adaptation = new AdaptationOptions();
  @Mixin private EncoderArchitectureOptions architecture = new EncoderArchitectureOptions();

  TrainTagCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    RunFolder resumed = training.resumed(TASK);
    if (resumed == null) {
      training.check();
      adaptation.check(training.from());
    }
    Map<String, String> options = new LinkedHashMap<>();
    adaptation.addTo(options);
    EncoderArchitecture looks = architecture.architecture();
    EncoderRun before = resumed == null ? null : EncoderRun.of(resumed);
    TaggedTexts texts =
        before == null
            ? read(data)
            : TrainingRun.usable(
                () -> TaggedTexts.conll(before.data(), before.columns(), before.skipBadRows()));
    if (resumed != null) {
      resumed.requireSameData(digest(texts));
    }
    double share = before == null ? training.validation() : before.validation();
    long seed = before == null ? heed.seed() : before.settings().seed();
    TaggedTexts.Split split = TrainingRun.usable(() -> texts.split(share, seed));
    TrainingRun.tellSkipped(heed, texts.faults());
    EncoderRun run =
        before == null
            ? EncoderRun.asked(TASK, data, training, looks, options, usual(split.learned()))
            : before;
    Path place = resumed == null ? training.place(heed, TASK) : resumed.path();
    List<String> labels = texts.labels();
    // What --from names is opened before anything is written.
    TextTaggerTraining begun = run.from() == null ? null : pretrained(run, labels, place);
    RunFolder folder = resumed == null ? RunFolder.begin(place, run.toMap(digest(texts))) : resumed;
    return train(
        run, folder, begun == null ? fromNothing(run, split, labels, place) : begun, split);
  }

  /// Reads the sentences that options name.
  static TaggedTexts read(DatasetOptions data) {
    return TrainingRun.usable(
        () -> TaggedTexts.conll(data.data(), data.columns(), data.skipBadRows()));
  }

  private static String digest(TaggedTexts texts) {
    MessageDigest digest = TextSplit.sha256();
    texts.sentences().forEach(one -> digest.update((one + "\n").getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest());
  }

  private TextTrainingSettings usual(TaggedTexts learned) {
    int sentences = learned.sentences().size();
    return training.from() == null
        ? TextTrainingSettings.fromNothing(sentences, heed.seed())
        : adaptation.isLora()
            ? TextTrainingSettings.lowRank(sentences, heed.seed())
            : TextTrainingSettings.fineTuning(sentences, heed.seed());
  }

  private static TextTaggerTraining fromNothing(
      EncoderRun run, TaggedTexts.Split split, List<String> labels, Path folder)
      throws IOException {
    Tokenizer tokenizer;
    if (Files.exists(folder.resolve("tokenizer.json"))) {
      tokenizer = Tokenizer.load(folder);
    } else {
      tokenizer = TextTaggerTraining.vocabulary(split.learned(), run.architecture());
      tokenizer.save(folder);
    }
    return TextTaggerTraining.ofNewModel(
        run.architecture(), tokenizer, labels, run.settings(), folder);
  }

  private TextTaggerTraining pretrained(EncoderRun run, List<String> labels, Path folder) {
    Path encoder = SavedModels.named(heed, Objects.requireNonNull(run.from()));
    return TrainingRun.usable(() ->
        TextTaggerTraining.from(
            encoder, AdaptationOptions.of(run.options(), encoder), labels, run.settings(), folder));
  }

  private Integer train(
      EncoderRun run, RunFolder folder, TextTaggerTraining begun, TaggedTexts.Split split)
      throws IOException {
    TrainingRun.tell(
        heed,
        begun.parameterCount(),
        String.format(
            Locale.ROOT,
            "%,d sentences (%,d held out) with the labels %s",
            split.learned().sentences().size(),
            split.heldOut().sentences().size(),
            begun.model().labels()),
        run.settings());
    boolean finished =
        training.train(
            heed,
            folder,
            run.settings(),
            "words/s",
            progress ->
                new TrainingOutcome(begun.run(split.learned(), split.heldOut(), progress), 0),
            begun::stop);
    if (!finished) {
      return TrainingRun.interrupted(heed, TASK, folder);
    }
    TaggingReport report = new TaggingReport(begun.model().evaluate(split.heldOut()));
    begun.model().save(folder.path());
    folder.end(
        "Loss, nats a word",
        run.modelCard(
            "token-classification", "A tagger of words", "the sentences", report.markdown()),
        report.values());
    TrainingRun.print(heed, training.format(), report.lines(), report.values());
    return TrainingRun.saved(heed, folder, "heed tag \"…\"");
  }
}
