package dev.heed.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.Initializer;
import dev.heed.nn.Linear;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BestWeightsTest {
  @TempDir Path folder;

  private static void check(@Nullable Path directory) {
    Linear model = new Linear(3, 2, true, Initializer.seeded(1));
    BestWeights best = new BestWeights(model, directory);
    best.restore(); // nothing yet
    float[] first = model.weight().toFloatArray();
    best.evaluation(new TrainingProgress.Evaluation(1, 0.5, true));
    model.weight().copyFrom(Tensor.of(new float[6], 2, 3));
    best.evaluation(new TrainingProgress.Evaluation(2, 0.7, false));
    best.restore();
    assertThat(model.weight().toFloatArray()).isEqualTo(first);
  }

  @Test
  void theStateOfTheBestEvaluationComesBack() {
    check(null);
    check(folder);
  }

  @Test
  void aRunThatGoesOnHasItToo() {
    Linear model = new Linear(3, 2, true, Initializer.seeded(1));
    new BestWeights(model, folder).evaluation(new TrainingProgress.Evaluation(1, 0.5, true));
    Linear other = new Linear(3, 2, true, Initializer.seeded(2));
    new BestWeights(other, folder).restore();
    assertThat(other.weight().toFloatArray()).isEqualTo(model.weight().toFloatArray());
  }
}
