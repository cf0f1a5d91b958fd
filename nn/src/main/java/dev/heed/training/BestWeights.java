package dev.heed.training;

import dev.heed.nn.Layer;
import dev.heed.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The weights at the best evaluation so far: of a run that learns its data by heart, not the last
/// ones are wanted.
///
/// With a directory they are in `best.safetensors` there, so that a run that goes on has them too.
public final class BestWeights implements TrainingProgress {
  private static final String FILE = "best.safetensors";

  private final Layer model;
  private final @Nullable Path file;
  private final Map<String, Tensor> kept = new LinkedHashMap<>();

  /// Keeps the weights of `model` while it trains.
  ///
  /// @param directory where the run's checkpoints are; null for nowhere
  public BestWeights(Layer model, @Nullable Path directory) {
    this.model = model;
    this.file = directory == null ? null : directory.resolve(FILE);
  }

  @Override
  public void evaluation(Evaluation evaluation) {
    if (evaluation.best()) {
      if (file == null) {
        model
            .parameters()
            .forEach((name, parameter) -> {
              if (!parameter.isFrozen()) {
                kept.put(name, parameter.copy());
              }
            });
      } else {
        TrainingCheckpoint.writeWeights(file, model);
      }
    }
  }

  /// Brings the model to its best evaluation; does nothing where there was none.
  public void restore() {
    if (file == null) {
      model
          .parameters()
          .forEach((name, parameter) -> {
            Tensor weights = kept.get(name);
            if (weights != null) {
              parameter.copyFrom(weights);
            }
          });
    } else if (Files.exists(file)) {
      TrainingCheckpoint.readWeights(file, model);
    }
  }
}
