package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Against archives that PyTorch wrote (`tools/goldens/pytorch_golden.py`).
class PyTorchReaderTest {
  private static final Checkpoint GOLDEN = open("all-types");

  @Test
  void readsEveryType() {
    assertThat(GOLDEN.tensor("float").toFloats()).containsExactly(1.5f, -2.25f);
    assertThat(GOLDEN.tensor("double").toDoubles()).containsExactly(1 / 3.0);
    assertThat(GOLDEN.tensor("half").toFloats()).containsExactly(1f, -2.5f);
    assertThat(GOLDEN.tensor("bfloat16").toFloats()).containsExactly(3.140625f);
    assertThat(GOLDEN.tensor("long").toLongs()).containsExactly(Long.MIN_VALUE, 7);
    assertThat(GOLDEN.tensor("int").toLongs()).containsExactly(Integer.MIN_VALUE);
    assertThat(GOLDEN.tensor("short").toLongs()).containsExactly(-32768);
    assertThat(GOLDEN.tensor("char").toLongs()).containsExactly(-128);
    assertThat(GOLDEN.tensor("byte").toLongs()).containsExactly(255);
    assertThat(GOLDEN.tensor("bool").toLongs()).containsExactly(1, 0);
    assertThat(GOLDEN.tensor("scalar").shape()).isEqualTo(Shape.of());
    assertThat(GOLDEN.tensor("scalar").toFloats()).containsExactly(42f);
    assertThat(GOLDEN.tensor("empty").shape()).isEqualTo(Shape.of(0, 4));
    assertThat(GOLDEN.tensor("parameter").toFloats()).containsExactly(5f);
  }

  @Test
  void readsPartsOfAStorageInRowMajorOrder() {
    assertThat(GOLDEN.tensor("whole").toFloats())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(GOLDEN.tensor("rows").toFloats()).containsExactly(4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(GOLDEN.tensor("columns").shape()).isEqualTo(Shape.of(3, 2));
    assertThat(GOLDEN.tensor("columns").toFloats()).containsExactly(1, 2, 5, 6, 9, 10);
    assertThat(GOLDEN.tensor("transposed").shape()).isEqualTo(Shape.of(4, 3));
    assertThat(GOLDEN.tensor("transposed").toFloats())
        .containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
  }

  @Test
  void tiedTensorsLookAtTheSameBytesOfTheMappedFile() {
    StoredTensor whole = GOLDEN.tensor("whole");

    assertThat(whole.data().isMapped()).isTrue();
    assertThat(whole.data().address()).isEqualTo(GOLDEN.tensor("tied").data().address());
  }

  @Test
  void readsTheStateOfAModule() {
    Checkpoint state = open("state-dict");

    assertThat(state.names()).containsExactly("0.weight", "0.bias", "1.weight", "1.bias");
    assertThat(state.tensor("0.weight").shape()).isEqualTo(Shape.of(2, 3));
    assertThat(state.tensor("1.weight").toFloats()).containsExactly(1, 1);
  }

  @Test
  void aPickleThatCallsAnythingElseIsRefusedAndNotExecuted() {
    assertThatThrownBy(() -> open("hostile"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("expected a state dictionary")
        .hasMessageContaining("found posix mkdir");

    assertThat(Files.exists(Path.of("executed-by-a-pickle"))).isFalse();
  }

  @Test
  void whatIsNoDictionaryOfTensorsIsRefused() {
    assertThatThrownBy(() -> open("training-state"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("expected tensors by name: found epoch = the number 3");
    assertThatThrownBy(() -> open("legacy"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("before 1.6");
  }

  @Test
  void damagedFilesGiveAClearErrorOrACheckpoint() {
    for (String name : new String[] {"all-types", "state-dict"}) {
      Corruption.check(
          Resources.bytes(name + ".pytorch.bin"),
          15_000,
          file -> PyTorchReader.read("damaged", file));
    }
  }

  private static Checkpoint open(String name) {
    return Checkpoint.open(Resources.path(name + ".pytorch.bin"));
  }
}
