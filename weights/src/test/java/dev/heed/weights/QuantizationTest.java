package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Against blocks that ggml made of the golden's `source`, and the floats that the `gguf` package
/// made of them.
class QuantizationTest {
  private static final GgufFile GOLDEN = GgufReaderTest.GOLDEN;

  @ParameterizedTest
  @EnumSource(
      value = StoredType.class,
      names = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"})
  void dequantisesToTheBitsOfTheReference(StoredType type) {
    float[] expected = GOLDEN.tensor("expected." + type).toFloats();

    assertThat(GOLDEN.tensor(type.name()).toFloats()).containsExactly(expected);
    // Else the golden would say little.
    assertThat(expected).hasSize(512).contains(0f).doesNotContain(Float.NaN);
  }

  @ParameterizedTest
  @EnumSource(
      value = StoredType.class,
      names = {"Q4_0", "Q5_1", "Q8_0", "Q6_K"})
  void readsAnyPartOfARow(StoredType type) {
    float[] expected = GOLDEN.tensor("expected." + type).toFloats();
    float[] part = new float[301];

    GOLDEN.tensor(type.name()).copyTo(77, MemorySegment.ofArray(part));

    assertThat(part).containsExactly(Arrays.copyOfRange(expected, 77, 77 + 301));
  }

  @ParameterizedTest
  @EnumSource(
      value = StoredType.class,
      names = {"Q4_0", "Q8_0"})
  void quantisesToTheBitsOfTheReference(StoredType type) {
    StoredTensor quantised = GOLDEN.tensor("source").as(type).withName(type.name());

    assertThat(quantised.data().mismatch(GOLDEN.tensor(type.name()).data())).isEqualTo(-1);
  }

  @Test
  void quantisesToQ4KAtLeastAsWellAsTheReference() {
    float[] source = GOLDEN.tensor("source").toFloats();
    double reference = squaredError(source, GOLDEN.tensor("expected.Q4_K").toFloats());

    double own = squaredError(source, GOLDEN.tensor("source").as(StoredType.Q4_K).toFloats());

    assertThat(own).isPositive().isLessThan(reference * 1.02);
  }

  @Test
  void extremeBlocksSurvive() {
    for (StoredType type : new StoredType[] {StoredType.Q8_0, StoredType.Q4_0, StoredType.Q4_K}) {
      for (float value : new float[] {0, 1, -3, 1e-30f}) {
        float[] same = new float[256];
        Arrays.fill(same, value);

        float[] back = StoredTensor.of("x", Shape.of(256), same).as(type).toFloats();

        for (float element : back) {
          assertThat(element).isCloseTo(value, within(0.02f));
        }
      }
    }
  }

  @Test
  void quantisesMoreThanOnePiece() {
    float[] values = new float[(1 << 16) + 512];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    var tensor = StoredTensor.of("long", Shape.of(values.length / 256, 256), values);

    for (StoredType type : new StoredType[] {StoredType.Q8_0, StoredType.F16, StoredType.Q4_K}) {
      float[] back = tensor.as(type).toFloats();
      assertThat(Math.sqrt(squaredError(values, back) / values.length))
          .isLessThan(type == StoredType.Q4_K ? 0.05 : 0.005);
    }
  }

  @Test
  void rowsOfPartBlocksAreRefused() {
    assertThatThrownBy(
            () -> StoredTensor.of("w", Shape.of(16, 48), new float[768]).as(StoredType.Q8_0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("w: Q8_0 needs a last dimension of whole blocks of 32")
        .hasMessageContaining("[16, 48]");
    assertThatThrownBy(
            () -> StoredTensor.of("w", Shape.of(256), new float[256]).as(StoredType.Q6_K))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received Q6_K");
  }

  private static double squaredError(float[] a, float[] b) {
    double error = 0;
    for (int i = 0; i < a.length; i++) {
      error += (double) (a[i] - b[i]) * (a[i] - b[i]);
    }
    return error;
  }
}
