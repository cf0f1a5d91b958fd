package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.StepTimes;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Trains classifiers of every age on the same texts with the same time, and says how good each is
/// on the same held-out texts, from all of the texts to learn from and from some of them. Some
/// texts are kept back: by them each method chooses among as many settings, and what learns by
/// steps its best state. The held-out ones are looked at once a run, at its end.
public final class ClassifierComparison {
  /// What the usual learning rate, or the usual strength of a linear model, is tried with, before
  /// the runs.
  public static final List<Double> FACTORS = List.of(1.0, 0.3, 3.0);

  /// How much of the steps of a run, or of its texts, a try takes.
  private static final double TRY = 0.2;

  /// From which shares of the texts each method learns.
  public static final List<Double> SHARES = List.of(1.0 / 16, 1.0 / 4, 1.0);

  /// What all tries together and runs from all shares take, in runs from all texts.
  public static double runs(int seeds) {
    double shares = SHARES.stream().mapToDouble(Double::doubleValue).sum();
    return FACTORS.size() * TRY + seeds * shares;
  }

  private static final int PROBED_STEPS = 4;
  private static final int PROBED_TEXTS = 1000;
  private static final int MOST_TO_CHOOSE_BY = 500;

  /// Looking costs about a third of learning, and as much as a step on features.
  private static final double LOOKING = 1.0 / 3;

  private final LabelledTexts learned;
  private final LabelledTexts chooseBy;
  private final LabelledTexts heldOut;
  private final Path encoder;
  private final int longest;
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

    /// How often it is run with a share of the texts: chance chooses these, too.
    public int runs(double share, int seeds) {
      return bySteps || share < 1 ? seeds : 1;
    }

    /// Whether its steps are worth being timed: those on features are nothing beside the features.
    public boolean isTimed() {
      return bySteps && this != FEATURES;
    }

    @Override
    public String toString() {
      return shown;
    }
  }

  /// One training.
  ///
  /// @param share from which share of the texts it learned
  /// @param texts how many texts these were
  /// @param factor the factor of the usual learning rate or strength
  /// @param steps how many steps it learned; 0 for a method that has none
  /// @param parameters how many numbers it learned, or features that it looks at
  /// @param seconds how long it learned
  /// @param secondsAText how long it took to judge a text
  public record Run(
      Method method,
      long seed,
      double share,
      int texts,
      double factor,
      double accuracy,
      double macroF1,
      long steps,
      long parameters,
      double seconds,
      double secondsAText) {}

  /// What a run from all texts takes.
  ///
  /// @param texts from how many texts it learns, which may be fewer than all where time is short
  /// @param steps how many steps; 0 for a method that has none
  /// @param factor the factor of the usual learning rate or strength
  /// @param secondsLearning how long it learns
  /// @param secondsLooking how long the held-out texts take
  public record Plan(
      Method method,
      int texts,
      long steps,
      double factor,
      double secondsLearning,
      double secondsLooking) {
    /// The same with another factor.
    public Plan withFactor(double other) {
      return new Plan(method, texts, steps, other, secondsLearning, secondsLooking);
    }

    /// How long all runs of the method take, and the tries before them.
    public double secondsTogether(int seeds) {
      int tried = SHARES.size() * seeds;
      return runs(seeds) * secondsLearning + tried * secondsLooking;
    }
  }

  /// @param split what is learned from and what is tried on
  /// @param encoder the directory of the pretrained encoder
  /// @param longest the most tokens of a text
  public ClassifierComparison(LabelledTexts.Split split, Path encoder, int longest) {
    LabelledTexts all = split.learned();
    double share = Math.min(0.1, (double) MOST_TO_CHOOSE_BY / all.examples().size());
    LabelledTexts.Split inner = all.split(share, 1);
    this.learned = inner.learned();
    this.chooseBy = inner.heldOut();
    this.heldOut = split.heldOut();
    this.encoder = encoder;
    this.longest = longest;
    this.architecture = EncoderArchitecture.small();
  }

  /// How a method learns, found by some steps of it.
  ///
  /// @param seconds how long a run may take; infinite for as long as it is usual
  public Plan plan(Method method, double seconds) {
    int texts = learned.examples().size();
    if (!method.bySteps()) {
      return new Plan(method, texts, 0, 1, secondsOfLinear(method, texts), 0);
    }
    TextTrainingSettings usual = usual(method, texts, 1);
    int perStep = usual.textsPerStep();
    double perText;
    if (method == Method.FEATURES) {
      LabelledTexts few = probed();
      probe(method, few, TrainingProgress.SILENT);
      long before = System.nanoTime();
      probe(method, few, TrainingProgress.SILENT);
      perText = (System.nanoTime() - before) / 1e9 / few.examples().size();
    } else {
      perText = secondsAStep(method) / perStep;
    }
    double looking =
        perText * (method == Method.FEATURES ? 1 : LOOKING) * heldOut.examples().size();
    double left = Math.max(seconds / 4, seconds - looking);
    if (method == Method.FEATURES) {
      // What the encoder makes of a text is computed once; the steps after that cost little.
      int count = (int) Math.clamp(left / perText, Math.min(50, texts), texts);
      return new Plan(method, count, usual(method, count, 1).steps(), 1, count * perText, looking);
    }
    long steps = (long) Math.clamp(left / (perText * perStep), 10, (double) usual.steps());
    return new Plan(method, texts, steps, 1, steps * perText * perStep, looking);
  }

  /// How long a linear model of so many texts takes, found by two of fewer: more texts have more
  /// different words, and take more steps, so that the time grows faster than their number.
  private double secondsOfLinear(Method method, int texts) {
    int some = Math.min(texts, 4 * PROBED_TEXTS);
    int few = Math.min(texts, PROBED_TEXTS);
    double ofFew = secondsOfProbe(method, few, texts);
    if (few == texts) {
      return ofFew;
    }
    double ofSome = secondsOfProbe(method, some, texts);
    double power = Math.max(1, Math.log(ofSome / ofFew) / Math.log((double) some / few));
    return ofSome * Math.pow((double) texts / some, power);
  }

  private double secondsOfProbe(Method method, int count, int of) {
    LabelledTexts probe = learned.sample(count, 1);
    long before = System.nanoTime();
    learning(method, usual(method, of, 1), 1, probe, probe, null)
        .training
        .run(TrainingProgress.SILENT);
    return (System.nanoTime() - before) / 1e9;
  }

  /// How long a step takes now, found by some of them.
  public double secondsAStep(Method method) {
    StepTimes times = new StepTimes();
    probe(method, probed(), times);
    return times.median();
  }

  private LabelledTexts probed() {
    return learned.sample(PROBED_STEPS * usual(Method.TRANSFORMER, 1, 1).textsPerStep(), 1);
  }

  private void probe(Method method, LabelledTexts few, TrainingProgress progress) {
    TextTrainingSettings settings = usual(method, few.examples().size(), 1);
    learning(method, with(settings, PROBED_STEPS, 1), 1, few, chooseBy.sample(1, 1), null)
        .training
        .run(progress);
  }

  private static TextTrainingSettings usual(Method method, int texts, long seed) {
    return switch (method) {
      case FEATURES -> TextTrainingSettings.features(texts, seed);
      case FINE_TUNING -> TextTrainingSettings.fineTuning(texts, seed);
      default -> TextTrainingSettings.fromNothing(texts, seed);
    };
  }

  private TextTrainingSettings with(TextTrainingSettings usual, long steps, double factor) {
    return new TextTrainingSettings(
        longest,
        steps,
        usual.textsPerStep(),
        factor * usual.learningRate(),
        Math.max(1, steps / 5),
        usual.seed());
  }

  /// A training for one factor, in a part of the time, to be judged by [Learner#accuracy].
  ///
  /// @param checkpoints where its state is kept, so that it can go on; null for nowhere
  public Learner tuning(Plan plan, double factor, @Nullable Path checkpoints) {
    double texts = plan.method == Method.FEATURES ? TRY * plan.texts : plan.texts;
    long steps = Math.max(PROBED_STEPS, Math.round(TRY * plan.steps));
    return new Learner(
        plan.method,
        with(usual(plan.method, plan.texts, 0), steps, factor),
        factor,
        learned.sample(Math.max(learned.labels().size(), (int) texts), 1),
        1,
        checkpoints);
  }

  /// A training from a share of the texts, whose model is tried in the end.
  ///
  /// @param checkpoints where its state is kept, so that it can go on; null for nowhere
  public Learner learner(Plan plan, double share, long seed, @Nullable Path checkpoints) {
    Method method = plan.method;
    LabelledTexts most = learned.sample(plan.texts, 1);
    LabelledTexts some = share == 1 ? most : most.split(1 - share, seed).learned();
    TextTrainingSettings usual = usual(method, some.examples().size(), seed);
    // As many passes over fewer texts, though never fewer steps than a model needs at all.
    double part = (double) plan.steps / usual(method, plan.texts, seed).steps();
    long steps = share == 1 ? plan.steps : Math.max(10, Math.round(part * usual.steps()));
    return new Learner(
        method, with(usual, steps, plan.factor), plan.factor, some, share, checkpoints);
  }

  /// One training of a method.
  public final class Learner {
    private final Method method;
    private final TextTrainingSettings settings;
    private final double factor;
    private final LabelledTexts texts;
    private final double share;
    private final @Nullable Path checkpoints;
    private final AtomicReference<@Nullable Learning> learning = new AtomicReference<>();
    private double seconds;

    private Learner(
        Method method,
        TextTrainingSettings settings,
        double factor,
        LabelledTexts texts,
        double share,
        @Nullable Path checkpoints) {
      this.method = method;
      this.settings = settings;
      this.factor = factor;
      this.texts = texts;
      this.share = share;
      this.checkpoints = checkpoints;
    }

    /// How many steps it has at most: a linear model ends when more of them gain nothing.
    public long mostSteps() {
      return method.bySteps() ? settings.steps() : LogisticRegression.MOST_STEPS;
    }

    /// How many steps it has; 0 for a method whose steps are no measure.
    long steps() {
      return method.bySteps() ? settings.steps() : 0;
    }

    /// Learns, once, from the last checkpoint on if there is one.
    ///
    /// @return its history, without steps where the method has none
    public Trainer.History run(TrainingProgress progress) {
      TrainingClock clock = new TrainingClock(checkpoints);
      Learning begun = learning(method, settings, factor, texts, chooseBy, checkpoints);
      learning.set(begun);
      Trainer.History history = begun.training.run(clock.then(progress));
      seconds = clock.seconds();
      return history;
    }

    /// Ends [#run] after the step that runs now. Any thread may call this.
    public void stop() {
      Learning begun = learning.get();
      if (begun != null) {
        begun.stop.run();
      }
    }

    private Learning learned() {
      return Objects.requireNonNull(learning.get(), "run() comes first");
    }

    /// The accuracy on the texts that are kept back.
    public double accuracy() {
      return learned().judge.apply(chooseBy).accuracy();
    }

    /// Judges the held-out texts.
    public Run tried() {
      long before = System.nanoTime();
      ClassificationFigures figures = learned().judge.apply(heldOut);
      double looking = (System.nanoTime() - before) / 1e9;
      return new Run(
          method,
          settings.seed(),
          share,
          texts.examples().size(),
          factor,
          figures.accuracy(),
          figures.macroF1(),
          steps(),
          learned().parameters.getAsLong(),
          seconds,
          looking / heldOut.examples().size());
    }
  }

  private interface Training {
    Trainer.History run(TrainingProgress progress);
  }

  /// A model that learns, and is at the end as it was when it did best on other texts.
  private record Learning(
      Training training,
      Runnable stop,
      Function<LabelledTexts, ClassificationFigures> judge,
      LongSupplier parameters) {}

  private Learning learning(
      Method method,
      TextTrainingSettings settings,
      double factor,
      LabelledTexts texts,
      LabelledTexts chosenBy,
      @Nullable Path checkpoints) {
    return switch (method) {
      case WORDS -> linear(texts, 1, false, factor);
      case PAIRS -> linear(texts, 2, false, 10 * factor);
      case TF_IDF -> linear(texts, 2, true, 10 * factor);
      case LSTM ->
          recurrent(RecurrentTextClassifier.Kind.LSTM, settings, texts, chosenBy, checkpoints);
      case GRU ->
          recurrent(RecurrentTextClassifier.Kind.GRU, settings, texts, chosenBy, checkpoints);
      case TRANSFORMER ->
          whole(
              TextClassifierTraining.ofNewModel(
                  architecture, vocabulary(), labelled(texts), settings, checkpoints),
              texts,
              chosenBy);
      case FEATURES ->
          whole(
              TextClassifierTraining.onFeatures(encoder, labelled(texts), settings, checkpoints),
              texts,
              chosenBy);
      case FINE_TUNING ->
          whole(
              TextClassifierTraining.from(
                  encoder, new Adaptation.Whole(), labelled(texts), settings, checkpoints),
              texts,
              chosenBy);
    };
  }

  /// All labels, also those that a sample lacks.
  private LabelledTexts labelled(LabelledTexts texts) {
    return texts.labels().equals(learned.labels()) ? texts : learned;
  }

  private static Learning linear(LabelledTexts texts, int longest, boolean tfIdf, double strength) {
    AtomicReference<@Nullable LinearTextClassifier> model = new AtomicReference<>();
    AtomicBoolean stopped = new AtomicBoolean();
    return new Learning(
        progress -> {
          long begun = System.nanoTime();
          AtomicInteger steps = new AtomicInteger();
          model.set(
              LinearTextClassifier.train(
                  texts,
                  longest,
                  tfIdf,
                  strength,
                  loss -> {
                    int step = steps.incrementAndGet();
                    double seconds = (System.nanoTime() - begun) / 1e9;
                    double pace = (double) step * texts.examples().size() / seconds;
                    progress.step(
                        new TrainingProgress.Step(
                            step, LogisticRegression.MOST_STEPS, loss, 0, 0, pace, 0));
                    return !stopped.get();
                  }));
          return new Trainer.History(List.of(), List.of(), !stopped.get());
        },
        () -> stopped.set(true),
        tried -> Objects.requireNonNull(model.get()).evaluate(tried),
        () -> Objects.requireNonNull(model.get()).features());
  }

  private Learning recurrent(
      RecurrentTextClassifier.Kind kind,
      TextTrainingSettings settings,
      LabelledTexts texts,
      LabelledTexts chosenBy,
      @Nullable Path checkpoints) {
    RecurrentTextClassifier model =
        new RecurrentTextClassifier(
            kind,
            architecture.width(),
            architecture.dropout(),
            vocabulary(),
            labelled(texts),
            settings,
            checkpoints);
    return new Learning(
        progress -> model.train(texts, chosenBy, progress).history(),
        model::stop,
        model::evaluate,
        model::parameterCount);
  }

  private static Learning whole(
      TextClassifierTraining training, LabelledTexts texts, LabelledTexts chosenBy) {
    return new Learning(
        progress -> training.run(texts, chosenBy, progress).history(),
        training::stop,
        tried -> training.model().evaluate(tried),
        training::parameterCount);
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
