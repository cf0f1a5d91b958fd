package dev.heed.training;

import dev.heed.nn.Layer;
import dev.heed.nn.TrainingMode;
import dev.heed.tensor.MemoryLimit;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The training loop: for each step the loss of some batches, its gradient, clipping, the
/// optimizer.
///
/// Everything random follows from the seed and the step's number, so a run that was killed and
/// resumed from its last [TrainingCheckpoint] ends with the same bits as one that was not.
///
/// @param <B> the type of a batch
public final class Trainer<B> {
  private final Layer model;
  private final Objective<B> objective;
  private final Optimizer optimizer;
  private final LearningRateSchedule schedule;
  private final Configuration configuration;
  private final StepMemory memory = new StepMemory();
  private volatile boolean stopped;

  /// How long and how a run trains.
  ///
  /// @param steps how many steps
  /// @param seed what every random choice follows from
  /// @param accumulate how many batches make one step; their loss is divided by all their targets
  /// @param clipNorm the largest norm of the gradient; a longer one is shortened to it; 0 for none
  /// @param evaluateEvery after how many steps the validation data is looked at; 0 for only at the
  ///   end
  /// @param patience after how many evaluations without a new best the run stops early; 0 for never
  /// @param checkpointEvery after how many steps a checkpoint is written; 0 for only at the end
  /// @param directory where checkpoints and metrics go; null for nowhere
  public record Configuration(
      long steps,
      long seed,
      int accumulate,
      double clipNorm,
      long evaluateEvery,
      int patience,
      long checkpointEvery,
      @Nullable Path directory) {
    public Configuration {
      if (steps < 0 || accumulate < 1 || !(clipNorm >= 0)) {
        throw new IllegalArgumentException(
            "steps and clipNorm must be 0 or more, accumulate 1 or more: received %d, %s, %d"
                .formatted(steps, clipNorm, accumulate));
      }
      if (evaluateEvery < 0 || patience < 0 || checkpointEvery < 0) {
        throw new IllegalArgumentException(
            "evaluateEvery, patience and checkpointEvery must be 0 or more: received %d, %d, %d"
                .formatted(evaluateEvery, patience, checkpointEvery));
      }
    }

    /// `steps` steps with one batch each, gradients clipped at 1, nothing saved.
    public static Configuration ofSteps(long steps, long seed) {
      return new Configuration(steps, seed, 1, 1, 0, 0, 0, null);
    }

    /// This, writing a checkpoint and metrics to `directory` every `steps` steps and at the end.
    public Configuration savedTo(Path directory, long steps) {
      return new Configuration(
          this.steps, seed, accumulate, clipNorm, evaluateEvery, patience, steps, directory);
    }

    /// This, looking at the validation data every `steps` steps.
    public Configuration evaluatedEvery(long steps) {
      return new Configuration(
          this.steps, seed, accumulate, clipNorm, steps, patience, checkpointEvery, directory);
    }
  }

  /// How a run went, in this process.
  ///
  /// @param finished false if it was stopped by [#stop]
  public record History(
      List<TrainingProgress.Step> steps,
      List<TrainingProgress.Evaluation> evaluations,
      boolean finished) {}

  public Trainer(
      Layer model,
      Objective<B> objective,
      Optimizer optimizer,
      LearningRateSchedule schedule,
      Configuration configuration) {
    this.model = model;
    this.objective = objective;
    this.optimizer = optimizer;
    this.schedule = schedule;
    this.configuration = configuration;
  }

  /// Ends [#fit] after the step that runs now; it saves and returns. Any thread may call this.
  public void stop() {
    stopped = true;
  }

  /// Trains from the beginning, or, if `directory` holds a checkpoint of this run, from there.
  ///
  /// @param validation null for none
  /// @throws IllegalStateException if a loss or gradient is not finite any more, the checkpoint is
  ///   of a run with another seed or model, or the run needs more memory than there is
  public History fit(
      TrainingData<B> train, @Nullable TrainingData<B> validation, TrainingProgress progress) {
    Path directory = configuration.directory;
    State state = new State();
    if (directory != null) {
      state.resume(
          TrainingCheckpoint.restoreLatest(directory, configuration.seed, model, optimizer),
          configuration.patience);
    }
    if (state.step < configuration.steps) {
      progress.begins(required(train));
    }
    optimizer.clearGradients(); // those of a step that failed, or of the trial
    List<TrainingProgress.Step> steps = new ArrayList<>();
    List<TrainingProgress.Evaluation> evaluations = new ArrayList<>();
    try (MetricsFile metrics = MetricsFile.open(directory, state.step)) {
      Clock clock = new Clock(state.step);
      while (state.step < configuration.steps && !stopped && !state.stoppedEarly) {
        TrainingProgress.Step done = step(train, state.step + 1, clock);
        state.step++;
        steps.add(done);
        metrics.write(done);
        progress.step(done);
        boolean last = state.step == configuration.steps;
        if (validation != null && (last || isTime(configuration.evaluateEvery, state.step))) {
          clock.pause();
          double loss = evaluate(validation);
          clock.resume();
          requireFinite("validation loss", loss, state.step);
          TrainingProgress.Evaluation evaluation = state.evaluated(loss, configuration.patience);
          evaluations.add(evaluation);
          metrics.write(evaluation);
          progress.evaluation(evaluation);
        }
        boolean save = last || stopped || isTime(configuration.checkpointEvery, state.step);
        if (directory != null && (save || state.stoppedEarly)) {
          metrics.flush();
          TrainingCheckpoint.write(directory, model, optimizer, state.saved(configuration.seed));
          progress.saved(state.step);
        }
      }
    }
    return new History(steps, evaluations, !stopped || state.step == configuration.steps);
  }

  /// The mean loss over one pass of `data`, in nats, without changing anything.
  public double evaluate(TrainingData<B> data) {
    double sum = 0;
    long targets = 0;
    for (long i = 0; i < data.batchesPerEpoch(); i++) {
      long index = i;
      Summed one =
          memory.step(() -> Tensor.noGrad(() -> summed(objective.loss(data.batch(index)))));
      sum += one.sum;
      targets += one.targets;
    }
    if (targets == 0) {
      throw new IllegalArgumentException("validation data must have targets: received none");
    }
    return sum / targets;
  }

  /// What the run needs, which there must be.
  private TrainingMemory required(TrainingData<B> train) {
    MemoryLimit limit = MemoryLimit.ofThisProcess();
    TrainingMemory known = optimizer.memory();
    known.require(limit);
    StepMemory trial = new StepMemory();
    TrainingMemory whole =
        known.withActivations(
            train,
            parts -> {
              learn(trial, train.inPartsOf(parts), 0);
              return trial.peakBytes();
            });
    optimizer.clearGradients();
    whole.require(limit);
    return whole;
  }

  private TrainingProgress.Step step(TrainingData<B> train, long step, Clock clock) {
    double sum = 0;
    long targets = 0;
    for (int i = 0; i < configuration.accumulate; i++) {
      Summed one = learn(memory, train, (step - 1) * configuration.accumulate + i);
      sum += one.sum;
      targets += one.targets;
    }
    requireFinite("loss", sum, step);
    double norm = optimizer.gradientNorm() / Math.max(1, targets);
    requireFinite("gradient's norm", norm, step);
    double scale = 1.0 / Math.max(1, targets);
    if (configuration.clipNorm > 0) {
      scale *= Math.min(1, configuration.clipNorm / (norm + 1e-6));
    }
    double rate = schedule.at(step);
    optimizer.step(step, rate, scale);
    optimizer.clearGradients();
    clock.add(targets);
    return new TrainingProgress.Step(
        step,
        configuration.steps,
        sum / Math.max(1, targets),
        rate,
        norm,
        clock.targetsPerSecond(),
        clock.secondsLeft(step, configuration.steps));
  }

  /// Adds the gradient of one batch.
  private Summed learn(StepMemory activations, TrainingData<B> data, long index) {
    return activations.step(() ->
        TrainingMode.run(
            configuration.seed,
            index,
            () -> {
              Objective.Loss loss = objective.loss(data.batch(index));
              Summed summed = summed(loss);
              loss.sum().backwardAndFree();
              return summed;
            }));
  }

  private static void requireFinite(String what, double value, long step) {
    if (!Double.isFinite(value)) {
      throw new IllegalStateException(
          "the %s must stay finite: received %s at step %d; a lower learning rate may help"
              .formatted(what, value, step));
    }
  }

  private record Summed(double sum, long targets) {}

  private static Summed summed(Objective.Loss loss) {
    return new Summed(loss.sum().item(), loss.targets());
  }

  private static boolean isTime(long every, long step) {
    return every > 0 && step % every == 0;
  }

  /// What a run knows besides weights and optimizer state.
  private static final class State {
    long step;
    double best = Double.POSITIVE_INFINITY;
    int sinceBest;
    boolean stoppedEarly;

    void resume(TrainingCheckpoint.@Nullable Saved saved, int patience) {
      if (saved != null) {
        step = saved.step();
        best = saved.bestLoss();
        sinceBest = saved.sinceBest();
        stoppedEarly = patience > 0 && sinceBest >= patience;
      }
    }

    TrainingProgress.Evaluation evaluated(double loss, int patience) {
      boolean isBest = loss < best;
      best = Math.min(best, loss);
      sinceBest = isBest ? 0 : sinceBest + 1;
      stoppedEarly = patience > 0 && sinceBest >= patience;
      return new TrainingProgress.Evaluation(step, loss, isBest);
    }

    TrainingCheckpoint.Saved saved(long runSeed) {
      return new TrainingCheckpoint.Saved(step, runSeed, best, sinceBest);
    }
  }

  /// The time of this process's steps, evaluations left out.
  private static final class Clock {
    private final long firstStep;
    private long nanos;
    private long since = System.nanoTime();
    private long targets;
    private double secondsOfFirst;

    Clock(long firstStep) {
      this.firstStep = firstStep;
    }

    void pause() {
      nanos += System.nanoTime() - since;
    }

    void resume() {
      since = System.nanoTime();
    }

    void add(long more) {
      targets += more;
    }

    private double seconds() {
      return (nanos + System.nanoTime() - since) / 1e9;
    }

    double targetsPerSecond() {
      return targets / seconds();
    }

    /// By the pace of the steps after the first, which takes memory and compiles.
    double secondsLeft(long step, long steps) {
      long done = step - firstStep;
      if (done <= 1) {
        secondsOfFirst = seconds();
        return secondsOfFirst * (steps - step);
      }
      return (seconds() - secondsOfFirst) / (done - 1) * (steps - step);
    }
  }
}
