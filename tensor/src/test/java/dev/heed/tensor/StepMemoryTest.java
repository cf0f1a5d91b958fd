package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class StepMemoryTest {
  private final StepMemory memory = new StepMemory();

  @Test
  void aTensorOfAStepThatIsOverThrowsAndSaysHowToKeepIt() {
    memory.step(() -> "step 0");
    Tensor stale = memory.step(() -> Tensor.of(new float[] {1, 2}, 2));
    String expected =
        "this tensor belongs to step 1, which is over: copy() inside the step keeps it";
    assertThatIllegalStateException().isThrownBy(stale::memory).withMessage(expected);
    assertThatIllegalStateException().isThrownBy(stale::toFloatArray).withMessage(expected);
    assertThatIllegalStateException().isThrownBy(stale::copy).withMessage(expected);
    assertThatIllegalStateException().isThrownBy(() -> stale.get(0)).withMessage(expected);
    assertThatIllegalStateException()
        .isThrownBy(() -> Operations.add(stale, stale))
        .withMessage(expected);
    assertThatIllegalStateException()
        .isThrownBy(() -> memory.step(() -> Operations.add(stale, stale)))
        .withMessage(expected);
  }

  @Test
  void viewsOfAStaleTensorAreStaleToo() {
    Tensor[] views = new Tensor[3];
    memory.step(() -> {
      Tensor x = Tensor.of(new float[] {1, 2}, 2, 1);
      views[0] = x.rows(0, 1);
      views[1] = x.withShape(Shape.of(1, 2));
      views[2] = Operations.reshape(x, 2);
      return x;
    });
    for (Tensor view : views) {
      assertThatIllegalStateException().isThrownBy(view::toFloatArray);
    }
  }

  @Test
  void copyKeepsATensorBeyondItsStep() {
    Tensor kept = memory.step(() -> Tensor.of(new float[] {1, 2}, 2).copy());
    memory.step(() -> Tensor.of(new float[] {8, 9}, 2));
    assertThat(kept.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void theNextStepUsesTheSameMemoryAgain() {
    long first = memory.step(() -> Tensor.zeros(Shape.of(1000), DType.F32).memory().address());
    long second = memory.step(() -> Tensor.zeros(Shape.of(1000), DType.F32).memory().address());
    assertThat(second).isEqualTo(first);
  }

  @Test
  void tensorsOfOneStepDoNotOverlap() {
    memory.step(() -> {
      Tensor[] all = new Tensor[300];
      for (int i = 0; i < all.length; i++) {
        all[i] = Tensor.empty(Shape.of(1 + i * 7 % 97), DType.F32);
        Operations.fill(all[i], i);
      }
      for (int i = 0; i < all.length; i++) {
        assertThat(all[i].memory().address() % 64).isZero();
        assertThat(all[i].toFloatArray()).containsOnly(i);
      }
      return all;
    });
  }

  @Test
  void takesATensorLargerThanItsSlabs() {
    for (int step = 0; step < 2; step++) {
      memory.step(() -> {
        Tensor small = Tensor.of(new float[] {1}, 1);
        Tensor large = Tensor.empty(Shape.of(80 << 20), DType.BF16);
        Tensor after = Tensor.of(new float[] {3}, 1);
        large.memory().fill((byte) 2);
        assertThat(small.item()).isEqualTo(1);
        assertThat(after.item()).isEqualTo(3);
        return null;
      });
    }
  }

  @Test
  void countsTheMostBytesOfAStep() {
    memory.step(() -> Tensor.zeros(Shape.of(1000), DType.F32));
    long one = memory.peakBytes();
    assertThat(one).isBetween(4000L, 5000L);
    for (int i = 0; i < 50; i++) {
      memory.step(() -> Tensor.zeros(Shape.of(1000), DType.F32));
    }
    assertThat(memory.peakBytes()).isEqualTo(one);
    assertThat(memory.number()).isEqualTo(51);
  }

  @Test
  void parametersAndTheirGradientsOutliveTheStep() {
    Parameter weight = Parameter.of(Tensor.of(new float[] {2, 3}, 2));
    for (int step = 0; step < 3; step++) {
      memory.step(() -> {
        Tensor loss = Operations.sum(Operations.multiply(weight, weight));
        loss.backward();
        return null;
      });
    }
    assertThat(gradientOf(weight).toFloatArray()).containsExactly(12, 18);
    Parameter made = memory.step(() -> Parameter.of(Tensor.of(new float[] {5}, 1)));
    assertThat(made.toFloatArray()).containsExactly(5);
  }

  @Test
  void gradientsThatKernelsAddToOutliveTheStepToo() {
    Parameter weight = Parameter.of(Tensor.of(new float[] {2, 3}, 1, 2));
    Parameter bias = Parameter.of(Tensor.of(new float[] {0}, 1));
    memory.step(() -> {
      Tensor x = Tensor.of(new float[] {1, 10}, 1, 2);
      Operations.sum(FusedOperations.linear(x, weight, bias, Activation.NONE, null)).backward();
      return null;
    });
    assertThat(gradientOf(weight).toFloatArray()).containsExactly(1, 10);
    assertThat(gradientOf(bias).toFloatArray()).containsExactly(1);
  }

  /// Residuals, shared inputs, views, an activation's memory and a sum of gradients.
  private static Tensor sumOfDeep(Parameter weight, Tensor x, int layers) {
    return Operations.sum(deep(weight, x, layers));
  }

  private static Tensor deep(Parameter weight, Tensor x, int layers) {
    Tensor h = x;
    for (int i = 0; i < layers; i++) {
      Tensor up = FusedOperations.linear(h, weight, null, Activation.GELU, null);
      Tensor both = Operations.add(Operations.multiply(up, up), Operations.dropout(up, 0.5, i));
      Tensor again = Operations.reshape(both, x.shape().dimensions());
      h = FusedOperations.linear(again, weight, null, Activation.NONE, h);
    }
    return h;
  }

  @Test
  void freeingOnTheWayBackChangesNoBitOfAnyGradient() {
    List<float[]> gradients = new ArrayList<>();
    List<Long> peaks = new ArrayList<>();
    for (boolean free : new boolean[] {false, true}) {
      StepMemory own = new StepMemory();
      Parameter weight = Parameter.of(random(7, 16, 16));
      Parameter embedded = Parameter.of(random(8, 40, 16));
      for (int i = 0; i < 2; i++) {
        own.step(() -> {
          Tensor loss = sumOfDeep(weight, Operations.scale(embedded, 0.5), 12);
          if (free) {
            loss.backwardAndFree();
          } else {
            loss.backward();
          }
          return null;
        });
      }
      gradients.add(gradientOf(weight).toFloatArray());
      gradients.add(gradientOf(embedded).toFloatArray());
      peaks.add(own.peakBytes());
    }
    assertThat(gradients.get(2)).isEqualTo(gradients.get(0));
    assertThat(gradients.get(3)).isEqualTo(gradients.get(1));
    assertThat(peaks.get(1)).isLessThan(peaks.get(0) * 6 / 10);
  }

  @Test
  void whatWasFreedOnTheWayBackThrows() {
    Parameter weight = Parameter.of(random(1, 4, 4));
    memory.step(() -> {
      Tensor x = random(2, 3, 4);
      Tensor y = FusedOperations.linear(x, weight, null, Activation.RELU, null);
      Tensor view = y.withShape(Shape.of(12));
      Tensor loss = Operations.sum(y);
      double value = loss.item();
      loss.backwardAndFree();
      String expected =
          "this tensor was freed by backwardAndFree(): backward() keeps it, or copy() before";
      for (Tensor gone : List.of(x, y, view, loss)) {
        assertThatIllegalStateException().isThrownBy(gone::memory).withMessage(expected);
      }
      assertThat(value).isNotNaN();
      assertThat(memory.takenBytes()).isLessThan(200);
      assertThat(weight.memory().byteSize()).isEqualTo(64);
      return null;
    });
    assertThat(gradientOf(weight).toFloatArray()).hasSize(16);
  }

  @Test
  void anotherGraphOfTheStepKeepsWhatItNeeds() {
    Parameter weight = Parameter.of(random(1, 4, 4));
    memory.step(() -> {
      Tensor first = FusedOperations.linear(random(2, 3, 4), weight, null, Activation.RELU, null);
      Tensor second = FusedOperations.linear(random(3, 3, 4), weight, null, Activation.RELU, null);
      float[] kept = second.toFloatArray();
      Operations.sum(first).backwardAndFree();
      Tensor later = random(4, 3, 4);
      assertThat(second.toFloatArray()).isEqualTo(kept);
      Operations.sum(Operations.multiply(second, later)).backwardAndFree();
      return null;
    });
    assertThat(gradientOf(weight).toFloatArray()).hasSize(16);
  }

  @Test
  void recomputingChangesNoBitOfAnyGradientAndTakesLessMemory() {
    List<float[]> gradients = new ArrayList<>();
    List<Long> peaks = new ArrayList<>();
    for (boolean free : new boolean[] {false, true}) {
      for (boolean again : new boolean[] {false, true}) {
        StepMemory own = new StepMemory();
        Parameter weight = Parameter.of(random(7, 16, 16));
        Parameter embedded = Parameter.of(random(8, 40, 16));
        own.step(() -> {
          Tensor h = Operations.scale(embedded, 0.5);
          for (int i = 0; i < 6; i++) {
            Tensor x = h;
            h = again ? Tensor.recomputed(() -> deep(weight, x), x) : deep(weight, x);
          }
          Tensor loss = Operations.sum(h);
          if (free) {
            loss.backwardAndFree();
          } else {
            loss.backward();
          }
          return null;
        });
        gradients.add(gradientOf(weight).toFloatArray());
        gradients.add(gradientOf(embedded).toFloatArray());
        peaks.add(own.peakBytes());
      }
    }
    for (int i = 2; i < gradients.size(); i += 2) {
      assertThat(gradients.get(i)).isEqualTo(gradients.get(0));
      assertThat(gradients.get(i + 1)).isEqualTo(gradients.get(1));
    }
    assertThat(peaks.get(3)).isLessThan(peaks.get(2) * 6 / 10);
  }

  private static Tensor deep(Parameter weight, Tensor x) {
    return deep(weight, x, 2);
  }

  @Test
  void whatIsRecomputedMustBeToldWhatItTakes() {
    Parameter weight = Parameter.of(random(7, 16, 16));
    Parameter embedded = Parameter.of(random(8, 4, 16));
    Tensor told = Operations.scale(embedded, 0.5);
    Tensor untold = Operations.scale(embedded, 2);
    Tensor out =
        Tensor.recomputed(() -> Operations.add(deep(weight, told), deep(weight, untold)), told);
    Tensor loss = Operations.sum(out);
    assertThatIllegalStateException()
        .isThrownBy(loss::backward)
        .withMessage("what is recomputed must be told all that it takes: it took " + untold);
  }

  @Test
  void whereNothingTakenWantsAGradientRecomputingJustRuns() {
    Parameter weight = Parameter.of(random(7, 16, 16));
    Tensor x = random(8, 4, 16);
    int[] runs = new int[1];
    Tensor out =
        Tensor.recomputed(
            () -> {
              runs[0]++;
              return deep(weight, x);
            },
            x);
    Operations.sum(out).backward();
    assertThat(runs[0]).isEqualTo(1);
    assertThat(gradientOf(weight).toFloatArray()).hasSize(256);
  }

  private static Tensor random(long seed, int... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] elements = new float[(int) Shape.of(shape).elements()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = (float) random.nextDouble(-0.3, 0.3);
    }
    return Tensor.of(elements, shape);
  }

  @Test
  void aStepThatFailsEndsToo() {
    assertThatThrownBy(() ->
            memory.step(() -> {
              throw new UnsupportedOperationException("on purpose");
            }))
        .hasMessage("on purpose");
    assertThat(memory.number()).isEqualTo(1);
    assertThat(memory.<Integer>step(() -> 7)).isEqualTo(7);
    Tensor outside = Tensor.of(new float[] {1}, 1);
    memory.step(() -> null);
    assertThat(outside.item()).isEqualTo(1);
  }

  @Test
  void stepsDoNotNest() {
    assertThatIllegalStateException()
        .isThrownBy(() -> memory.step(() -> new StepMemory().step(() -> 1)))
        .withMessage("a step already runs on this thread: steps do not nest");
  }

  @Test
  void twoThreadsMayNotShareAStep() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    CountDownLatch tried = new CountDownLatch(1);
    FutureTask<Integer> first =
        new FutureTask<>(() ->
            memory.step(() -> {
              running.countDown();
              await(tried);
              return 1;
            }));
    Thread.ofVirtual().start(first);
    running.await();
    assertThatIllegalStateException()
        .isThrownBy(() -> memory.step(() -> 2))
        .withMessage("step 0 of this memory still runs: one thread uses it at a time");
    tried.countDown();
    assertThat(first.get()).isEqualTo(1);
  }

  @Test
  void eachThreadMayHaveAStepOfItsOwn() throws ExecutionException, InterruptedException {
    Tensor[] inner = new Tensor[1];
    memory.step(() -> {
      Tensor mine = Tensor.of(new float[] {1}, 1);
      FutureTask<Double> other =
          new FutureTask<>(() ->
              new StepMemory()
                  .step(() -> {
                    inner[0] = Tensor.of(new float[] {2}, 1);
                    return inner[0].item() + mine.item();
                  }));
      Thread.ofVirtual().start(other);
      try {
        assertThat(other.get()).isEqualTo(3);
      } catch (InterruptedException | ExecutionException e) {
        throw new AssertionError(e);
      }
      assertThat(mine.item()).isEqualTo(1);
      return null;
    });
    assertThatIllegalStateException().isThrownBy(() -> inner[0].item());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
