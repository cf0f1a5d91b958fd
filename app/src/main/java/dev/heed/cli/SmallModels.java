package dev.heed.cli;

import dev.heed.explorer.Preparation;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The small models that some views of the explorer need: the demo's language model and a
/// translator of numbers. They are trained once and kept under Heed's model folder; an interrupted
/// training goes on where it was.
final class SmallModels implements Preparation {
  private final HeedCommand heed;
  private final int steps;
  private volatile State state = new State("missing", "", 0);
  private volatile boolean ended;
  private @Nullable Thread running;
  private volatile @Nullable SmallTraining current;

  private record State(String name, String message, double share) {}

  /// @param steps of each training; 0 for as many as each needs
  SmallModels(HeedCommand heed, int steps) {
    this.heed = heed;
    this.steps = steps;
  }

  /// The models that are not here yet.
  private List<String> missing() {
    return List.of(DemoTraining.NAME, NumbersTraining.NAME).stream()
        .filter(name -> !Files.exists(place(name).resolve("config.json")))
        .toList();
  }

  private Path place(String name) {
    return SavedModels.folder(heed).resolve(name);
  }

  private Path run(String name) {
    return heed.home().resolve("runs").resolve(name);
  }

  private SmallTraining training(String name, PrintStream notes) throws IOException {
    return name.equals(DemoTraining.NAME)
        ? DemoTraining.of(heed, run(name), steps == 0 ? DemoTraining.STEPS : steps, notes)
        : NumbersTraining.of(heed, run(name), steps == 0 ? NumbersTraining.STEPS : steps, notes);
  }

  /// Trains what is missing, with progress on the terminal; whether it came to its end.
  boolean prepare() throws IOException {
    for (String name : missing()) {
      SmallTraining training = training(name, heed.notes());
      if (!TrainingRun.train(heed, training.steps(), "tokens/s", training::run, training::stop)
          .finished()) {
        heed.notes().println("Interrupted: `heed explore --prepare` goes on from here");
        return false;
      }
      keep(name, training);
    }
    return true;
  }

  private void keep(String name, SmallTraining training) throws IOException {
    training.save(place(name));
    Path metrics = run(name).resolve("metrics.jsonl");
    if (Files.exists(metrics)) {
      Files.move(
          metrics, place(name).resolve("metrics.jsonl"), StandardCopyOption.REPLACE_EXISTING);
    }
    Folders.remove(run(name));
  }

  @Override
  public synchronized void start() {
    Thread known = running;
    if (known == null || !known.isAlive()) {
      state = new State("running", "Reading the texts …", 0);
      running = Thread.ofPlatform().daemon().name("heed-prepare").start(this::inBackground);
    }
  }

  private void inBackground() {
    try {
      List<String> missing = missing();
      for (int i = 0; i < missing.size() && !ended; i++) {
        SmallTraining training = training(missing.get(i), heed.notes());
        current = training;
        if (!training.run(told(missing.get(i), i, missing.size())).finished()) {
          return;
        }
        keep(missing.get(i), training);
      }
      state = new State("done", "The small models are here.", 1);
    } catch (IOException | RuntimeException e) {
      state = new State("failed", "The training failed: " + e.getMessage(), 0);
    }
  }

  private TrainingProgress told(String name, int done, int all) {
    return new TrainingProgress() {
      @Override
      public void step(Step step) {
        double share = (done + (double) step.step() / step.steps()) / all;
        state =
            new State(
                "running",
                "Training %s: step %d of %d, loss %.2f."
                    .formatted(name, step.step(), step.steps(), step.loss()),
                share);
      }
    };
  }

  /// Ends a training in the background; what it has learned is on disk.
  void end() throws InterruptedException {
    ended = true;
    SmallTraining training = current;
    if (training != null) {
      training.stop();
    }
    Thread known;
    synchronized (this) {
      known = running;
    }
    if (known != null) {
      known.join(10_000);
    }
  }

  @Override
  public Map<String, Object> state() {
    State now = state;
    boolean here = now.name.equals("missing") && missing().isEmpty();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("state", here ? "done" : now.name);
    answer.put("message", now.message);
    answer.put("share", now.share);
    return answer;
  }
}
