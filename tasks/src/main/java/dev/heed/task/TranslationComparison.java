package dev.heed.task;

import dev.heed.data.PairBatches;
import dev.heed.data.TextPairs;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Attention;
import dev.heed.task.Translator.Translation;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.StepTimes;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Trains translators of every age on the same pairs with the same time, and says how good each is
/// on the same held-out pairs, the short ones and the long ones too.
///
/// Each gets the same tuning: some learning rates are tried for a part of the time, and the one
/// that does best on pairs kept back is taken. All have one vocabulary, and about as many
/// parameters.
public final class TranslationComparison {
  /// The learning rates that every method tries.
  public static final List<Double> RATES = List.of(7e-4, 1.5e-3, 3e-3);

  /// How long a learning rate is tried, as a share of a run.
  public static final double TUNING = 0.2;

  /// What of a method's time it may learn; it translates in the rest.
  private static final double LEARNING = 0.75;

  /// What the tuning of a method takes, as a share of one run.
  public static final double TUNING_OF_A_RUN = RATES.size() * TUNING * LEARNING;

  private static final int TOKENS_PER_STEP = 2500;
  private static final int PROBED_STEPS = 6;
  private static final int PROBED_TEXTS = 8;
  private static final int PROBED_TOKENS = 8;
  private static final int LEAST_STEPS = 10;
  private static final int MOST_TO_CHOOSE_BY = 300;
  private static final int LENGTHS = 4;

  /// How often a run is saved.
  private static final int SAVED = 10;

  private final List<PairBatches.Pair> learned;
  private final List<PairBatches.Pair> chooseBy;
  private final List<List<TextPairs.Pair>> heldOut; // by the lengths of their sources
  private final Tokenizer tokenizer;
  private final int width;
  private final int longest;

  /// The ways to translate, the oldest first.
  public enum Method {
    NO_ATTENTION("recurrent, no attention", Attention.NONE),
    BAHDANAU("recurrent, Bahdanau's attention", Attention.ADDITIVE),
    LUONG("recurrent, Luong's attention", Attention.GENERAL),
    TRANSFORMER("Transformer", null);

    private final String shown;
    private final @Nullable Attention attention;

    Method(String shown, @Nullable Attention attention) {
      this.shown = shown;
      this.attention = attention;
    }

    @Override
    public String toString() {
      return shown;
    }
  }

  /// How a method learns.
  ///
  /// @param steps how many steps a run has
  /// @param secondsAStep how long each takes
  /// @param secondsLooking about how long the held-out pairs take
  public record Plan(Method method, long steps, double secondsAStep, double secondsLooking) {
    /// How many steps a learning rate is tried.
    public long tuningSteps() {
      return Math.max(1, Math.round(steps * TUNING));
    }

    /// How long one run takes.
    public double seconds() {
      return steps * secondsAStep + secondsLooking;
    }

    /// How long the tuning takes.
    public double secondsTuning() {
      return RATES.size() * tuningSteps() * secondsAStep;
    }
  }

  /// Held-out pairs with sources of alike length.
  ///
  /// @param from the fewest words of a source
  /// @param to the most
  public record Length(int from, int to, int pairs) {}

  /// BLEU and chrF2 of some pairs, 0 … 100.
  public record Quality(double bleu, double chrF) {}

  /// One training.
  ///
  /// @param byLength of each of [#lengths]
  /// @param seconds how long it learned
  /// @param secondsAText how long a translation took, many computed together
  public record Run(
      Method method,
      long seed,
      Quality quality,
      List<Quality> byLength,
      double learningRate,
      long steps,
      long parameters,
      double seconds,
      double secondsAText) {
    public Run {
      byLength = List.copyOf(byLength);
    }
  }

  /// @param vocabulary how many tokens all share
  /// @param width the model width; states and inner layers are twice as wide
  /// @param longest the most tokens of a text; longer pairs are left out
  /// @throws IllegalArgumentException if no pairs are left to learn from, or to try
  public TranslationComparison(TextPairs.Split split, int vocabulary, int width, int longest) {
    this.tokenizer = TranslationTraining.tokenizer(split.learned(), vocabulary);
    this.width = width;
    this.longest = longest;
    TextPairs.Split inner = new TextPairs(split.learned(), 0).split(0.05, MOST_TO_CHOOSE_BY, 1);
    this.learned = PairTrainer.encoded(tokenizer, tokenizer, inner.learned(), longest);
    this.chooseBy = PairTrainer.encoded(tokenizer, tokenizer, inner.heldOut(), longest);
    List<TextPairs.Pair> tried =
        split.heldOut().stream()
            .filter(pair ->
                !PairTrainer.encoded(tokenizer, tokenizer, List.of(pair), longest).isEmpty())
            .toList();
    if (learned.isEmpty() || chooseBy.isEmpty() || tried.isEmpty()) {
      throw new IllegalArgumentException(
          "expected pairs to learn from, to choose by and to try, of at most %d tokens: received %d, %d, %d"
              .formatted(longest, learned.size(), chooseBy.size(), tried.size()));
    }
    this.heldOut = byLength(tried);
  }

  private static int words(TextPairs.Pair pair) {
    return pair.source().strip().split("\\s+").length;
  }

  /// About equally many each; pairs whose sources have equally many words stay together.
  private static List<List<TextPairs.Pair>> byLength(List<TextPairs.Pair> pairs) {
    List<TextPairs.Pair> sorted =
        pairs.stream().sorted(Comparator.comparingInt(TranslationComparison::words)).toList();
    List<List<TextPairs.Pair>> parts = new ArrayList<>();
    int from = 0;
    for (int part = 1; part <= LENGTHS && from < sorted.size(); part++) {
      int to = Math.max(from + 1, sorted.size() * part / LENGTHS);
      while (to < sorted.size() && words(sorted.get(to)) == words(sorted.get(to - 1))) {
        to++;
      }
      parts.add(sorted.subList(from, to));
      from = to;
    }
    return parts;
  }

  /// How the held-out pairs are grouped, the shortest first.
  public List<Length> lengths() {
    return heldOut.stream()
        .map(part -> new Length(words(part.getFirst()), words(part.getLast()), part.size()))
        .toList();
  }

  /// From how many pairs all learn.
  public int learned() {
    return learned.size();
  }

  /// How a method learns, found by some steps of it.
  ///
  /// @param seconds how long a run may take; infinite for as long as it is usual
  public Plan plan(Method method, double seconds) {
    long usual = TranslationTraining.Settings.of(learned.size()).steps();
    Learner measured = learner(method, PROBED_STEPS, RATES.getFirst(), 1, null);
    StepTimes times = new StepTimes();
    measured.run(times);
    double aStep = times.median();
    List<TextPairs.Pair> all = heldOut.stream().flatMap(List::stream).toList();
    List<int[]> few =
        all.stream()
            .limit(PROBED_TEXTS)
            .map(pair -> tokenizer.encode(pair.source()).ids())
            .toList();
    measured.search.translate(few, PROBED_TOKENS, done -> {});
    long before = System.nanoTime();
    measured.search.translate(few, PROBED_TOKENS, done -> {});
    double aToken = (System.nanoTime() - before) / 1e9 / few.size() / PROBED_TOKENS;
    double tokens =
        all.stream().mapToInt(pair -> tokenizer.encode(pair.target()).ids().length).sum();
    long steps = (long) Math.clamp(LEARNING * seconds / aStep, LEAST_STEPS, (double) usual);
    return new Plan(method, steps, aStep, aToken * tokens);
  }

  /// A training for one learning rate, to be judged by [Learner#nll].
  ///
  /// @param checkpoints where its state is kept, so that it can go on; null for nowhere
  public Learner tuning(Plan plan, double learningRate, @Nullable Path checkpoints) {
    return learner(plan.method, plan.tuningSteps(), learningRate, 0, checkpoints);
  }

  /// A training whose model is tried in the end.
  ///
  /// @param checkpoints where its state is kept, so that it can go on; null for nowhere
  public Learner learner(Plan plan, double learningRate, long seed, @Nullable Path checkpoints) {
    return learner(plan.method, plan.steps, learningRate, seed, checkpoints);
  }

  private Learner learner(
      Method method, long steps, double learningRate, long seed, @Nullable Path checkpoints) {
    long saveEvery = Math.max(1, steps / SAVED);
    TranslationTraining.Settings settings =
        new TranslationTraining.Settings(steps, TOKENS_PER_STEP, learningRate, saveEvery, seed);
    TranslationTraining.Architecture small = TranslationTraining.Architecture.SMALL;
    if (method.attention == null) {
      TranslationTraining training =
          TranslationTraining.ofNewModel(
              new TranslationTraining.Architecture(
                  width, small.layers(), small.heads(), 2 * width, longest, small.dropout()),
              settings,
              tokenizer,
              checkpoints);
      return new Learner(
          method,
          settings,
          training.trainer(),
          training.parameterCount(),
          checkpoints,
          training::translator,
          (sources, most, progress) -> training.translator().translateIds(sources, most, progress));
    }
    RecurrentTranslator translator =
        new RecurrentTranslator(
            method.attention,
            new RecurrentTranslator.Architecture(width, 2 * width, longest, small.dropout()),
            tokenizer,
            settings.seed());
    return new Learner(
        method,
        settings,
        translator.trainer(settings, checkpoints),
        translator.parameterCount(),
        checkpoints,
        () -> translator,
        translator::translateIds);
  }

  private interface Search {
    List<Translation> translate(List<int[]> sources, int maximumTokens, IntConsumer progress);
  }

  /// One training of a method.
  public final class Learner {
    private final Method method;
    private final TranslationTraining.Settings settings;
    private final PairTrainer trainer;
    private final long parameters;
    private final @Nullable Path checkpoints;
    private final Supplier<TextTranslator> translator;
    private final Search search;
    private double seconds;

    private Learner(
        Method method,
        TranslationTraining.Settings settings,
        PairTrainer trainer,
        long parameters,
        @Nullable Path checkpoints,
        Supplier<TextTranslator> translator,
        Search search) {
      this.method = method;
      this.settings = settings;
      this.trainer = trainer;
      this.parameters = parameters;
      this.checkpoints = checkpoints;
      this.translator = translator;
      this.search = search;
    }

    /// Learns, once, from the last checkpoint on if there is one.
    public Trainer.History run(TrainingProgress progress) {
      TrainingClock clock = new TrainingClock(checkpoints);
      Trainer.History history = trainer.run(learned, List.of(), clock.then(progress));
      seconds = clock.seconds();
      return history;
    }

    /// The translator as it is now.
    public TextTranslator translator() {
      return translator.get();
    }

    /// Ends [#run] after the step that runs now. Any thread may call this.
    public void stop() {
      trainer.stop();
    }

    /// How many steps it has.
    public long steps() {
      return settings.steps();
    }

    /// How many texts [#tried] translates.
    public int texts() {
      return heldOut.stream().mapToInt(List::size).sum();
    }

    /// The mean of −ln p of a target token of the pairs kept back to choose by, in nats.
    public double nll() {
      return trainer.nll(chooseBy);
    }

    /// Translates the held-out pairs. A translation has at most twice as many tokens as the longest
    /// source of its group, and ten: a model that hardly learned seldom ends one.
    ///
    /// @param progress hears now and then how many are done
    public Run tried(IntConsumer progress) {
      List<String> translations = new ArrayList<>();
      List<String> references = new ArrayList<>();
      List<Quality> byLength = new ArrayList<>();
      double looking = 0;
      for (List<TextPairs.Pair> part : heldOut) {
        int done = translations.size();
        List<int[]> sources =
            part.stream().map(pair -> tokenizer.encode(pair.source()).ids()).toList();
        int most = 2 * sources.stream().mapToInt(ids -> ids.length).max().orElseThrow() + 10;
        long before = System.nanoTime();
        List<String> made =
            search
                .translate(
                    sources, Math.min(most, longest - 1), count -> progress.accept(done + count))
                .stream()
                .map(Translation::text)
                .toList();
        looking += (System.nanoTime() - before) / 1e9;
        List<String> wanted = part.stream().map(TextPairs.Pair::target).toList();
        byLength.add(quality(made, wanted));
        translations.addAll(made);
        references.addAll(wanted);
      }
      return new Run(
          method,
          settings.seed(),
          quality(translations, references),
          byLength,
          settings.learningRate(),
          settings.steps(),
          parameters,
          seconds,
          looking / translations.size());
    }

    private static Quality quality(List<String> translations, List<String> references) {
      return new Quality(
          Bleu.of(translations, references, false).score(),
          ChrF.of(translations, references, false).score());
    }
  }
}
