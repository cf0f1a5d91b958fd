package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SequencesTest {
  @Test
  void knowsWhereEachSequenceStartsAndHowLongItIs() {
    Sequences sequences = Sequences.ofLengths(3, 0, 2);
    assertThat(sequences.count()).isEqualTo(3);
    assertThat(sequences.rows()).isEqualTo(5);
    assertThat(sequences.longest()).isEqualTo(3);
    assertThat(sequences.starts()).containsExactly(0, 3, 3, 5);
    assertThat(sequences.start(1)).isEqualTo(3);
    assertThat(sequences.length(1)).isZero();
    assertThat(sequences.length(2)).isEqualTo(2);
    assertThat(sequences).isEqualTo(new Sequences(0, 3, 3, 5));
  }

  @Test
  void thereMayBeNone() {
    Sequences none = Sequences.ofLengths();
    assertThat(none.count()).isZero();
    assertThat(none.rows()).isZero();
    assertThat(none.longest()).isZero();
  }

  @Test
  void tokenRowsOfAMatrixAreOneSequenceAndOfABatchAsManyAsItHas() {
    assertThat(of(4, 8)).isEqualTo(Sequences.ofLengths(4));
    assertThat(of(2, 3, 8)).isEqualTo(Sequences.ofLengths(3, 3));
    assertThat(of(2, 2, 3, 8)).isEqualTo(Sequences.ofLengths(3, 3, 3, 3));
  }

  @Test
  void emptyTextsAreSequencesToo() {
    assertThat(of(0, 8)).isEqualTo(Sequences.ofLengths(0));
    assertThat(of(3, 0, 8)).isEqualTo(Sequences.ofLengths(0, 0, 0));
    assertThat(of(0, 3, 8)).isEqualTo(Sequences.ofLengths());
  }

  @Test
  void refusesStartsThatAreNone() {
    assertThatIllegalArgumentException()
        .isThrownBy(Sequences::new)
        .withMessage("sequence starts must begin with 0: received []");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sequences(1, 2))
        .withMessage("sequence starts must begin with 0: received [1, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Sequences(0, 3, 2))
        .withMessage("sequence starts must not decrease: received [0, 3, 2]");
    assertThatIllegalArgumentException().isThrownBy(() -> Sequences.ofLengths(-1));
    assertThatThrownBy(() -> Sequences.ofLengths(Integer.MAX_VALUE, 1))
        .isInstanceOf(ArithmeticException.class);
  }

  @Test
  void isAValueThatNobodyCanChange() {
    int[] starts = {0, 2};
    Sequences sequences = new Sequences(starts);
    starts[1] = 9;
    sequences.starts()[1] = 9;
    assertThat(sequences.rows()).isEqualTo(2);
    assertThat(sequences).hasSameHashCodeAs(new Sequences(0, 2)).hasToString("Sequences[0, 2]");
  }

  private static Sequences of(int... shape) {
    return Sequences.of(Tensor.zeros(Shape.of(shape), DType.F32));
  }
}
