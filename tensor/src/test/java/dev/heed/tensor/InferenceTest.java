package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InferenceTest {
  private static final int MEGABYTE = 1 << 18; // elements

  @Test
  void whatIsMadeInsideIsGoneAfterwardsAndRemembersNothing() {
    Tensor weight = Tensor.of(new float[] {2}, 1).requireGradient(true);
    List<Tensor> leaked = new ArrayList<>();
    double result =
        Inference.run(() -> {
          Tensor y = Operations.scale(weight, 3);
          assertThat(y.requiresGradient()).isFalse();
          leaked.add(y);
          return y.item();
        });
    assertThat(result).isEqualTo(6);
    assertThatIllegalStateException().isThrownBy(() -> leaked.getFirst().item());
  }

  @Test
  void aPartKeepsOnlyItsResult() {
    float[] result =
        Inference.run(() -> {
          Tensor x = Tensor.of(new float[] {1, 2, 3}, 3);
          for (int i = 0; i < 1000; i++) {
            Tensor before = x;
            x =
                Inference.keepingResult(() -> {
                  Tensor large = Tensor.empty(Shape.of(4 * MEGABYTE), DType.F32);
                  assertThat(large.memory().byteSize()).isEqualTo(4L << 20);
                  Tensor half = Operations.scale(before, 0.5);
                  return Operations.add(half, half);
                });
          }
          assertThat(StepMemory.current()).isNotNull();
          assertThat(java.util.Objects.requireNonNull(StepMemory.current()).capacity())
              .isLessThan(64L << 20);
          return x.toFloatArray();
        });
    assertThat(result).containsExactly(1, 2, 3);
  }

  @Test
  void wherePartsMustBeRememberedTheyJustRun() {
    Tensor x = Tensor.of(new float[] {1, 2}, 2).requireGradient(true);
    new StepMemory()
        .step(() -> {
          Tensor y = Inference.keepingResult(() -> Operations.scale(x, 3));
          Operations.sum(Inference.keepingResult(() -> Operations.scale(y, 2))).backward();
          return true;
        });
    assertThat(x.gradient()).isNotNull();
    assertThat(x.gradient().toFloatArray()).containsExactly(6, 6);
  }

  @Test
  void manyVirtualThreadsTakeNoMoreMemoryThanThereAreCores() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    int cores = Runtime.getRuntime().availableProcessors();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> results = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        int number = i;
        results.add(
            threads.submit(() ->
                Inference.run(() -> {
                  assertThat(Thread.currentThread().isVirtual()).isFalse();
                  most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                  Tensor large = Tensor.zeros(Shape.of(10 * MEGABYTE), DType.F32);
                  inside.decrementAndGet();
                  return number + (int) large.get(number);
                })));
      }
      for (int i = 0; i < 64; i++) {
        assertThat(results.get(i).get()).isEqualTo(i);
      }
    }
    assertThat(most.get()).isBetween(1, cores);
  }

  @Test
  void aFailureReachesTheCallerOfEitherKind() throws Exception {
    Inference.run(() -> 0);
    assertThatThrownBy(() ->
            Inference.run(() -> {
              throw new IllegalArgumentException("wrong");
            }))
        .isInstanceOf(IllegalArgumentException.class);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Integer> failing =
          threads.submit(() ->
              Inference.run(() -> {
                throw new IllegalArgumentException("wrong");
              }));
      assertThatThrownBy(failing::get)
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IllegalArgumentException.class);
    }
    assertThat(Inference.run(() -> 7)).isEqualTo(7);
  }
}
