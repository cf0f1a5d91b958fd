package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.StepTimes;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Trains classifiers of every age on the same texts with the same time, and says how good each is
/// on the same held-out texts. What learns by steps keeps back some of its texts to choose its best
/// state: the held-out ones are looked at once, at the end.
public final class ClassifierComparison {
  private static final int PROBED_STEPS = 4;
  private static final int MOST_TO_CHOOSE_BY = 500;

  /// Looking costs about a third of learning, and as much as a step on features.
  private static final double LOOKING = 1.0 / 3;

  private final LabelledTexts learned;
  private final LabelledTexts chooseBy;
  private final LabelledTexts heldOut;
  private final Path encoder;
  private final EncoderArchitecture architecture;
  private @Nullable Tokenizer tokenizer;

  /// The ways to classify, the oldest first.
  public enum Method {
    WORDS("bag of words", false),
    PAIRS("bag of word pairs", false),
    TF_IDF("TF-IDF of word pairs", false),
    LSTM("LSTM, both directions", true),
    GRU("GRU, both directions", true),
    TRANSFORMER("Transformer from nothing", true),
    FEATURES("pretrained encoder, its features", true),
    FINE_TUNING("pretrained encoder, fine-tuned", true);

    private final String shown;
    private final boolean bySteps;

    Method(String shown, boolean bySteps) {
      this.shown = shown;
      this.bySteps = bySteps;
    }

    /// Whether it learns by steps, of which there can be more or fewer, and by chance.
    public boolean bySteps() {
      return bySteps;
    }

    @Override
    public String toString() {
      return shown;
    }
  }

  /// One training.
  ///
  /// @param steps how many steps it learned; 0 for a method that has none
  /// @param parameters how many numbers it learned, or features that it looks at
  /// @param seconds how long it learned
  public record Run(
      Method method,
      long seed,
      double accuracy,
      double macroF1,
      long steps,
      long parameters,
      double seconds) {}

  /// What a run takes.
  ///
  /// @param settings how it learns
  /// @param texts from how many texts
  /// @param secondsLearning how long it learns
  /// @param secondsLooking how long the held-out texts take
  public record Estimate(
      TextTrainingSettings settings, int texts, double secondsLearning, double secondsLooking) {
    /// The same with another seed.
    public Estimate withSeed(long seed) {
      return new Estimate(
          new TextTrainingSettings(
              settings.longest(),
              settings.steps(),
              settings.textsPerStep(),
              settings.learningRate(),
              settings.evaluateEvery(),
              seed),
          texts,
          secondsLearning,
          secondsLooking);
    }
  }

  /// @param split what is learned from and what is tried on
  /// @param encoder the directory of the pretrained encoder
  public ClassifierComparison(LabelledTexts.Split split, Path encoder) {
    LabelledTexts all = split.learned();
    double share = Math.min(0.1, (double) MOST_TO_CHOOSE_BY / all.examples().size());
    LabelledTexts.Split inner = all.split(share, 1);
    this.learned = inner.learned();
    this.chooseBy = inner.heldOut();
    this.heldOut = split.heldOut();
    this.encoder = encoder;
    this.architecture = EncoderArchitecture.small();
  }

  /// How long a run of `method` takes, found by some steps of it.
  ///
  /// @param seconds how long it may take; infinite for as long as it is usual
  public Estimate estimate(Method method, double seconds, int longest, long seed) {
    int texts = learned.examples().size();
    TextTrainingSettings usual =
        switch (method) {
          case FEATURES -> TextTrainingSettings.features(texts, seed);
          case FINE_TUNING -> TextTrainingSettings.fineTuning(texts, seed);
          default -> TextTrainingSettings.fromNothing(texts, seed);
        };
    if (!method.bySteps()) {
      return new Estimate(usual, texts, texts / 1000.0, 0);
    }
    TextTrainingSettings probed = with(usual, longest, PROBED_STEPS);
    LabelledTexts few = learned.sample(PROBED_STEPS * usual.textsPerStep(), seed);
    LabelledTexts one = chooseBy.sample(1, seed);
    StepTimes times = new StepTimes();
    train(method, probed, few, one, times);
    long before = System.nanoTime();
    if (method == Method.FEATURES) { // whose steps are nothing beside the texts' vectors
      train(method, probed, few, one, TrainingProgress.SILENT);
    }
    double perText =
        method == Method.FEATURES
            ? (System.nanoTime() - before) / 1e9 / few.examples().size()
            : times.median() / usual.textsPerStep();
    double looking =
        perText * (method == Method.FEATURES ? 1 : LOOKING) * heldOut.examples().size();
    double left = Math.max(seconds / 4, seconds - looking);
    if (method == Method.FEATURES) {
      // What the encoder makes of a text is computed once; the steps after that cost little.
      int count = (int) Math.clamp(left / perText, Math.min(50, texts), texts);
      return new Estimate(with(usual, longest, usual.steps()), count, count * perText, looking);
    }
    double perStep = perText * usual.textsPerStep();
    long steps = (long) Math.clamp(left / perStep, 10, (double) usual.steps());
    return new Estimate(with(usual, longest, steps), texts, steps * perStep, looking);
  }

  private static TextTrainingSettings with(TextTrainingSettings usual, int longest, long steps) {
    return new TextTrainingSettings(
        longest,
        steps,
        usual.textsPerStep(),
        usual.learningRate(),
        Math.max(1, steps / 5),
        usual.seed());
  }

  /// Trains and tries once.
  public Run run(Method method, Estimate estimate) {
    long before = System.nanoTime();
    Trained trained =
        train(
            method,
            estimate.settings,
            learned.sample(estimate.texts, 1),
            chooseBy,
            TrainingProgress.SILENT);
    double seconds = (System.nanoTime() - before) / 1e9;
    ClassificationFigures figures = trained.judge.apply(heldOut);
    return new Run(
        method,
        estimate.settings.seed(),
        figures.accuracy(),
        figures.macroF1(),
        method.bySteps() ? estimate.settings.steps() : 0,
        trained.parameters,
        seconds);
  }

  private record Trained(Function<LabelledTexts, ClassificationFigures> judge, long parameters) {}

  private Trained train(
      Method method,
      TextTrainingSettings settings,
      LabelledTexts texts,
      LabelledTexts chosenBy,
      TrainingProgress progress) {
    return switch (method) {
      case WORDS -> linear(texts, 1, false, 1);
      case PAIRS -> linear(texts, 2, false, 10);
      case TF_IDF -> linear(texts, 2, true, 10);
      case LSTM ->
          recurrent(RecurrentTextClassifier.Kind.LSTM, settings, texts, chosenBy, progress);
      case GRU -> recurrent(RecurrentTextClassifier.Kind.GRU, settings, texts, chosenBy, progress);
      case TRANSFORMER ->
          whole(
              TextClassifierTraining.ofNewModel(
                  architecture, vocabulary(), labelled(texts), settings, null),
              texts,
              chosenBy,
              progress);
      case FEATURES ->
          whole(
              TextClassifierTraining.onFeatures(encoder, labelled(texts), settings, null),
              texts,
              chosenBy,
              progress);
      case FINE_TUNING ->
          whole(
              TextClassifierTraining.from(
                  encoder, new Adaptation.Whole(), labelled(texts), settings, null),
              texts,
              chosenBy,
              progress);
    };
  }

  /// All labels, also those that a sample lacks.
  private LabelledTexts labelled(LabelledTexts texts) {
    return texts.labels().equals(learned.labels()) ? texts : learned;
  }

  private static Trained linear(LabelledTexts texts, int longest, boolean tfIdf, double strength) {
    LinearTextClassifier model = LinearTextClassifier.train(texts, longest, tfIdf, strength);
    return new Trained(model::evaluate, model.features());
  }

  private Trained recurrent(
      RecurrentTextClassifier.Kind kind,
      TextTrainingSettings settings,
      LabelledTexts texts,
      LabelledTexts chosenBy,
      TrainingProgress progress) {
    RecurrentTextClassifier model =
        new RecurrentTextClassifier(
            kind,
            architecture.width(),
            architecture.dropout(),
            vocabulary(),
            labelled(texts),
            settings);
    model.train(texts, chosenBy, progress);
    return new Trained(model::evaluate, model.parameterCount());
  }

  private static Trained whole(
      TextClassifierTraining training,
      LabelledTexts texts,
      LabelledTexts chosenBy,
      TrainingProgress progress) {
    training.run(texts, chosenBy, progress);
    return new Trained(training.model()::evaluate, training.parameterCount());
  }

  /// The vocabulary that all models from nothing share.
  private Tokenizer vocabulary() {
    Tokenizer known = tokenizer;
    if (known == null) {
      known = TextClassifierTraining.vocabulary(learned, architecture);
      tokenizer = known;
    }
    return known;
  }
}
