package dev.heed.nn.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Closeness;
import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.nn.embedding.SinusoidalPositions.Layout;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PositionsTest {
  private static final Sequences TWO_AND_FIVE = Sequences.ofLengths(2, 5);

  @Test
  void countFromTheStartOfEachSequence() {
    assertThat(Positions.of(Sequences.ofLengths(3, 0, 1, 2)).toIntArray())
        .containsExactly(0, 1, 2, 0, 0, 1);
  }

  @Test
  void learnedOnesAgreeWithPyTorch() {
    LearnedPositions positions = new LearnedPositions(6, 4, 0.02, Initializer.seeded(1));
    Golden.check(
        "learned-positions",
        positions,
        Golden.OPERATION,
        in -> positions.apply(in.input("x"), TWO_AND_FIVE));
  }

  @Test
  void learnedOnesServeBatchesOfEqualLength() {
    LearnedPositions positions = new LearnedPositions(6, 4, 0.02, Initializer.seeded(1));
    Tensor x = Initializer.seeded(2).normal(1, 2, 3, 4);
    Tensor out = positions.apply(x, Sequences.of(x));
    assertThat(out.shape()).isEqualTo(x.shape());
    assertThat(out.get(1, 2, 3) - x.get(1, 2, 3))
        .isCloseTo(out.get(0, 2, 3) - x.get(0, 2, 3), within(1e-6));
  }

  @ParameterizedTest
  @EnumSource
  void sinusoidalOnesAgreeWithPyTorch(Layout layout) {
    SinusoidalPositions positions = SinusoidalPositions.of(5, 6, layout);
    Golden.check(
        layout == Layout.HALVES ? "sinusoidal-halves" : "sinusoidal-interleaved",
        null,
        Golden.OPERATION,
        in -> positions.apply(in.input("x"), TWO_AND_FIVE));
  }

  @Test
  void sinusoidalOnesAreThePapersFormula() {
    SinusoidalPositions positions = SinusoidalPositions.of(51, 512, Layout.INTERLEAVED);
    double angle = 50 / Math.pow(10_000, 6.0 / 512);
    Tensor waves =
        positions.apply(Tensor.zeros(Shape.of(51, 512), DType.F32), Sequences.ofLengths(51));
    assertThat(waves.get(50, 6)).isCloseTo(Math.sin(angle), within(1e-7));
    assertThat(waves.get(50, 7)).isCloseTo(Math.cos(angle), within(1e-7));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rotaryOnesAgreeWithPyTorch(boolean halves) {
    RotaryPositions rotary = RotaryPositions.of(20, 6, 10_000, halves);
    Golden.check(
        halves ? "rotary-halves" : "rotary-interleaved",
        null,
        Golden.OPERATION,
        in -> rotary.apply(in.input("x"), 2, in.input("positions")));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rotatedProductsDependOnTheDistanceAlone(boolean halves) {
    RotaryPositions rotary = RotaryPositions.of(100, 8, 10_000, halves);
    Tensor q = Initializer.seeded(1).normal(1, 1, 8);
    Tensor k = Initializer.seeded(2).normal(1, 1, 8);
    double near = product(rotary, q, 7, k, 3);
    assertThat(product(rotary, q, 94, k, 90)).isCloseTo(near, within(1e-4));
    assertThat(product(rotary, q, 3, k, 7)).isNotCloseTo(near, within(1e-2));
  }

  private static double product(RotaryPositions rotary, Tensor q, int m, Tensor k, int n) {
    Tensor turnedQuery = rotary.apply(q, 1, Tensor.of(new int[] {m}, 1));
    Tensor turnedKey = rotary.apply(k, 1, Tensor.of(new int[] {n}, 1));
    return Operations.matmul(turnedQuery, false, turnedKey, true).item();
  }

  @Test
  void rotationLeavesPositionZeroAndTheRestOfAWiderHead() {
    RotaryPositions rotary = RotaryPositions.of(4, 4, 10_000, true);
    Tensor x = Initializer.seeded(1).normal(1, 2, 6);
    Tensor out = rotary.apply(x, 1, Tensor.of(new int[] {0, 3}, 2));
    Closeness.requireClose("position 0", out.rows(0, 1), x.rows(0, 1), 1e-7);
    assertThat(out.get(1, 4)).isEqualTo(x.get(1, 4));
    assertThat(out.get(1, 5)).isEqualTo(x.get(1, 5));
    assertThat(out.get(1, 0)).isNotEqualTo(x.get(1, 0));
  }

  @Test
  void refuseSequencesLongerThanTheirTable() {
    Tensor x = Tensor.zeros(Shape.of(7, 4), DType.F32);
    LearnedPositions learned = new LearnedPositions(4, 4, 0.02, Initializer.seeded(1));
    SinusoidalPositions waves = SinusoidalPositions.of(4, 4, Layout.HALVES);
    assertThatThrownBy(() -> learned.apply(x, TWO_AND_FIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a sequence must have at most 4 tokens: received 5");
    assertThatThrownBy(() -> waves.apply(x, TWO_AND_FIVE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a sequence must have at most 4 tokens: received 5");
  }

  @Test
  void refuseOddWidths() {
    assertThatThrownBy(() -> SinusoidalPositions.of(4, 5, Layout.HALVES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("width must be even: received 5");
    assertThatThrownBy(() -> RotaryPositions.of(4, 5, 10_000, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("width must be even: received 5");
  }
}
