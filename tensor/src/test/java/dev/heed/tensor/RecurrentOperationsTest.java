package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.heed.tensor.RecurrentOperations.Cell;
import dev.heed.tensor.RecurrentOperations.Weights;
import dev.heed.tensor.testing.GradientCheck;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Numbers and gradients of layers are compared with PyTorch's in `RecurrentTest`.
class RecurrentOperationsTest {
  private static final int TEXTS = 3;
  private static final int IN = 2;
  private static final int WIDTH = 4;

  private static Weights weights(Cell cell) {
    int rows = cell.gates() * WIDTH;
    return new Weights(input(1, rows, IN), input(2, rows, WIDTH), input(3, rows), input(4, rows));
  }

  @ParameterizedTest
  @EnumSource
  void gradientsOfRaggedTextsAgreeWithDifferences(Cell cell) {
    Weights weights = weights(cell);
    List<Integer> active = List.of(3, 3, 1, 1);
    Tensor x = input(5, 8, IN);
    Tensor hidden = input(6, TEXTS, WIDTH);
    Tensor memory = input(7, TEXTS, WIDTH);
    GradientCheck.check(
        () -> RecurrentOperations.read(cell, x, active, hidden, memory, weights),
        x,
        hidden,
        weights.input(),
        weights.hidden(),
        weights.inputBias(),
        weights.hiddenBias());
    if (cell == Cell.LSTM) {
      GradientCheck.check(
          () -> RecurrentOperations.read(cell, x, active, hidden, memory, weights), memory);
    }
  }

  @ParameterizedTest
  @EnumSource
  void textsWithoutTokensKeepTheirState(Cell cell) {
    Tensor hidden = input(6, TEXTS, WIDTH);
    Tensor memory = input(7, TEXTS, WIDTH);
    Tensor out =
        RecurrentOperations.read(
            cell,
            Tensor.zeros(Shape.of(0, IN), DType.F64),
            List.of(),
            hidden,
            memory,
            weights(cell));
    assertThat(out.rows(0, TEXTS).toDoubleArray()).isEqualTo(hidden.toDoubleArray());
    if (cell == Cell.LSTM) {
      assertThat(out.rows(TEXTS, 2 * TEXTS).toDoubleArray()).isEqualTo(memory.toDoubleArray());
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Tensor x = input(5, 4, IN);
    Tensor hidden = input(6, TEXTS, WIDTH);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(x, List.of(3, 1), hidden, weights(Cell.LSTM)))
        .withMessageContaining("a GRU with states [3, 4] and tokens [4, 2] needs weights");
    for (List<Integer> active : List.of(List.of(1, 3), List.of(4), List.of(3, 1, 0))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read(x, active, hidden, weights(Cell.GRU)))
          .withMessageContaining("must not rise from 3 texts on");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> read(x, List.of(3), hidden, weights(Cell.GRU)))
        .withMessageContaining("3 active texts at all steps need as many tokens");
  }

  private static Tensor read(Tensor x, List<Integer> active, Tensor hidden, Weights weights) {
    return RecurrentOperations.read(Cell.GRU, x, active, hidden, hidden, weights);
  }
}
