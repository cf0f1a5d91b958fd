package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.check;
import static dev.heed.tensor.testing.GradientCheck.gradientOf;
import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class AutogradTest {
  @Test
  void gradientsOfSeveralBackwardCallsAddUp() {
    Tensor x = Tensor.of(new double[] {2, 3}, 2).requireGradient(true);
    Operations.sum(Operations.multiply(x, x)).backward();
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(4, 6);
    Operations.sum(Operations.scale(x, 10)).backward();
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(14, 16);
    x.clearGradient();
    assertThat(x.gradient()).isNull();
    Operations.sum(Operations.scale(x, 10)).backward();
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(10, 10);
  }

  @Test
  void microBatchesAddUpToTheGradientsOfTheWholeBatch() {
    Tensor weight = input(1, 5, 3);
    Tensor x = input(2, 8, 3).requireGradient(false);
    Tensor targets = Tensor.of(new int[] {0, 1, 2, 3, 4, -1, 1, 2}, 8);
    FusedOperations.linearCrossEntropy(x, weight, null, targets, 0.1).backward();
    double[] whole = gradientOf(weight).toDoubleArray();
    weight.clearGradient();
    for (int from = 0; from < 8; from += 2) {
      Tensor rows = x.rows(from, from + 2);
      Tensor wanted = targets.withShape(Shape.of(8, 1)).rows(from, from + 2).withShape(Shape.of(2));
      FusedOperations.linearCrossEntropy(rows, weight, null, wanted, 0.1).backward();
    }
    assertThat(gradientOf(weight).toDoubleArray())
        .usingComparatorWithPrecision(1e-13)
        .containsExactly(whole);
  }

  @Test
  void aTensorUsedTwiceGetsTheSumOfBothGradients() {
    Tensor x = input(1, 3, 4);
    Tensor weight = input(2, 4, 4);
    check(
        () -> {
          Tensor h = Operations.scale(x, 1.5);
          Tensor left = FusedOperations.linear(h, weight, null, Activation.TANH, null);
          return Operations.multiply(Operations.add(h, left), h);
        },
        x,
        weight);
  }

  @Test
  void residualPathsThatShareAGradientDoNotWriteIntoEachOther() {
    Tensor x = input(1, 3, 4);
    Tensor weight = input(2, 4, 4);
    Tensor gain = input(3, 4);
    // The sums hand one and the same gradient to both sides; each side then adds its own to it, by
    // matmul (which adds in place) and by norms.
    check(
        () -> {
          Tensor h = Operations.scale(x, 1.5);
          Tensor k = Operations.scale(x, -0.5);
          Tensor sum = Operations.add(h, k);
          Tensor more = Operations.add(Operations.matmul(h, weight), Operations.matmul(k, weight));
          Tensor normed = FusedOperations.rmsNorm(Operations.add(sum, h), gain, 1e-6);
          return Operations.add(Operations.add(sum, more), Operations.add(normed, k));
        },
        x,
        weight,
        gain);
  }

  @Test
  void aLeafThatIsALossKeepsItsSeed() {
    Tensor x = Tensor.of(new double[] {3}, 1).requireGradient(true);
    x.backward();
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(1);
  }

  @Test
  void theSeedIsOnlyRead() {
    Tensor x = input(1, 2, 2);
    Tensor seed = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
    Operations.add(x, x).backward(seed);
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(2, 4, 6, 8);
    assertThat(seed.toDoubleArray()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void aTiedWeightGetsTheGradientsOfAllItsUses() {
    Tensor table = input(1, 6, 3);
    Tensor ids = Tensor.of(new int[] {4, 0, 5, 5}, 4);
    Tensor targets = Tensor.of(new int[] {0, 5, 5, 1}, 4);
    check(
        () -> {
          Tensor embedded = FusedOperations.embedding(table, ids, 1);
          Tensor h = Operations.activation(Activation.TANH, embedded);
          return FusedOperations.linearCrossEntropy(h, table, null, targets, 0);
        },
        table);
  }

  @Test
  void aGraphOfAHundredThousandNodesNeedsNoStack() throws Exception {
    FutureTask<double[]> deep =
        new FutureTask<>(() -> {
          Tensor x = Tensor.of(new double[] {1}, 1).requireGradient(true);
          Tensor h = x;
          for (int i = 0; i < 100_000; i++) {
            h = i % 2 == 0 ? Operations.add(h, x) : Operations.scale(h, 1);
          }
          h.backward();
          return gradientOf(x).toDoubleArray();
        });
    Thread thread = new Thread(null, deep, "small stack", 256 << 10);
    thread.start();
    assertThat(deep.get()).containsExactly(50_001);
    thread.join();
  }

  @Test
  void aFrozenTensorGetsNoGradientAndTheOthersDo() {
    Parameter frozen = Parameter.of(input(1, 4, 3));
    Parameter trained = Parameter.of(input(2, 4));
    Tensor x = input(3, 2, 3);
    frozen.setFrozen(true);
    Operations.sum(FusedOperations.linear(x, frozen, trained, Activation.GELU, null)).backward();
    assertThat(frozen.gradient()).isNull();
    assertThat(trained.gradient()).isNotNull();
    assertThat(x.gradient()).isNotNull();
  }

  @Test
  void whatIsComputedFromFrozenTensorsAloneRemembersNothing() {
    Parameter weight = Parameter.of(input(1, 4, 3));
    weight.setFrozen(true);
    Tensor x = input(3, 2, 3).requireGradient(false);
    Tensor out = FusedOperations.linear(x, weight, null, Activation.GELU, null);
    assertThat(out.requiresGradient()).isFalse();
    assertThat(out.node).isNull();
  }

  @Test
  void freezingForgetsTheGradientAndThawingAsksForOneAgain() {
    Parameter weight = Parameter.of(input(1, 2));
    Operations.sum(weight).backward();
    weight.setFrozen(true);
    assertThat(weight.isFrozen()).isTrue();
    assertThat(weight.gradient()).isNull();
    weight.setFrozen(false);
    Operations.sum(weight).backward();
    assertThat(gradientOf(weight).toDoubleArray()).containsExactly(1, 1);
  }

  @Test
  void noGradRemembersNothingAndEndsWithItsBody() {
    Tensor x = input(1, 3);
    Tensor inside = Tensor.noGrad(() -> Operations.scale(x, 2));
    assertThat(inside.requiresGradient()).isFalse();
    assertThat(inside.node).isNull();
    assertThat(Operations.scale(x, 2).requiresGradient()).isTrue();
  }

  @Test
  void noGradNestsAndEndsAlsoByAnException() {
    Tensor x = input(1, 3);
    assertThatThrownBy(() ->
            Tensor.noGrad(() -> {
              Tensor.noGrad(() -> Operations.scale(x, 1));
              assertThat(Operations.scale(x, 2).requiresGradient()).isFalse();
              throw new UnsupportedOperationException("on purpose");
            }))
        .hasMessage("on purpose");
    assertThat(Operations.scale(x, 2).requiresGradient()).isTrue();
  }

  @Test
  void noGradIsAMatterOfTheThreadThatSaidIt() throws Exception {
    Tensor x = input(1, 3);
    FutureTask<Boolean> elsewhere =
        new FutureTask<>(() -> Operations.scale(x, 2).requiresGradient());
    Tensor.noGrad(() -> {
      Thread.ofVirtual().start(elsewhere);
      try {
        return elsewhere.get();
      } catch (InterruptedException | ExecutionException e) {
        throw new AssertionError(e);
      }
    });
    assertThat(elsewhere.get()).isTrue();
  }

  @Test
  void aSecondBackwardThrowsAndAddsNothing() {
    Tensor x = Tensor.of(new double[] {2}, 1).requireGradient(true);
    Tensor loss = Operations.multiply(x, x);
    loss.backward();
    assertThatIllegalStateException()
        .isThrownBy(loss::backward)
        .withMessage(
            "backward() was already called through Tensor F64 [1]: compute it again first");
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(4);
    assertThat(loss.gradient()).isNull();
  }

  @Test
  void aSecondBackwardThroughASharedPartThrowsAndAddsNothing() {
    Tensor x = Tensor.of(new double[] {2}, 1).requireGradient(true);
    Tensor y = Tensor.of(new double[] {5}, 1).requireGradient(true);
    Tensor shared = Operations.multiply(x, x);
    Operations.scale(shared, 3).backward();
    Tensor second = Operations.multiply(shared, y);
    assertThatIllegalStateException().isThrownBy(second::backward);
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(12);
    assertThat(y.gradient()).isNull();
  }

  @Test
  void aGraphMayBeBuiltByOneThreadAfterTheOther() throws Exception {
    Tensor x = Tensor.of(new double[] {2}, 1).requireGradient(true);
    Tensor h = x;
    for (int i = 0; i < 100; i++) {
      h = Operations.scale(h, 1); // this thread's count is far ahead of a new thread's
    }
    Tensor begun = Operations.multiply(h, h);
    FutureTask<Void> rest =
        new FutureTask<>(() -> {
          Operations.add(Operations.scale(begun, 3), begun).backward();
          return null;
        });
    Thread.ofPlatform().start(rest);
    rest.get();
    assertThat(gradientOf(x).toDoubleArray()).containsExactly(16);
  }

  @Test
  void threadsDifferentiateGraphsOfTheirOwnAtTheSameTime() throws Exception {
    double[] expected = gradientOfSmallNetwork(1);
    for (boolean virtual : new boolean[] {false, true}) {
      List<Future<double[]>> all = new ArrayList<>();
      try (ExecutorService threads =
          virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(8)) {
        for (int i = 0; i < 64; i++) {
          all.add(threads.submit(() -> gradientOfSmallNetwork(1)));
        }
      }
      for (Future<double[]> one : all) {
        assertThat(one.get()).isEqualTo(expected);
      }
    }
  }

  private static double[] gradientOfSmallNetwork(long seed) {
    Tensor x = input(seed, 40, 16);
    Tensor weight = input(seed + 1, 64, 16);
    Tensor back = input(seed + 2, 16, 64);
    Tensor h = FusedOperations.linear(x, weight, null, Activation.SILU, null);
    Tensor out = FusedOperations.linear(h, back, null, Activation.NONE, x);
    Operations.mean(Operations.multiply(out, out)).backward();
    return gradientOf(weight).toDoubleArray();
  }

  @Test
  void saysWhyItCannotGoBackward() {
    Tensor x = input(1, 2, 2);
    assertThatIllegalStateException()
        .isThrownBy(() -> Operations.scale(x, 2).backward())
        .withMessage("backward() starts at one element: this is Tensor F64 [2, 2]");
    Tensor plain = Tensor.of(new float[] {1}, 1);
    assertThatIllegalStateException()
        .isThrownBy(() -> Operations.scale(plain, 2).backward())
        .withMessage("nothing that this was computed from requires a gradient");
    assertThatIllegalStateException()
        .isThrownBy(() -> plain.backward(Tensor.of(new float[] {1}, 1)))
        .withMessage("nothing that this was computed from requires a gradient");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Operations.scale(x, 2).backward(Tensor.of(new double[] {1}, 1)))
        .withMessage("the gradient of Tensor F64 [2, 2] must be like it: received Tensor F64 [1]");
  }

  @Test
  void saysWhyAGradientCannotBeAskedFor() {
    assertThatIllegalStateException()
        .isThrownBy(() -> Tensor.of(new int[] {1}, 1).requireGradient(true))
        .withMessage("only floating types have gradients: this is Tensor I32 [1]");
    Tensor computed = Operations.scale(input(1, 2), 2);
    assertThatIllegalStateException()
        .isThrownBy(() -> computed.requireGradient(false))
        .withMessage("a computed tensor follows its inputs: Tensor F64 [2]");
  }
}
