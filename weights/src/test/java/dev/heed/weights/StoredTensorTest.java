package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTensorTest {
  @Test
  void everyBf16AndF16SurvivesTheWayThroughFloats() {
    for (StoredType type : new StoredType[] {StoredType.F16, StoredType.BF16}) {
      short[] bits = new short[1 << 16];
      for (int i = 0; i < bits.length; i++) {
        bits[i] = (short) i;
      }
      var all = new StoredTensor("all", type, Shape.of(bits.length), MemorySegment.ofArray(bits));

      float[] floats = all.toFloats();
      float[] again = StoredTensor.of("all", all.shape(), floats).as(type).toFloats();

      // NaNs may change their payload.
      assertThat(again).containsExactly(floats);
      assertThat(floats[0x3c00]).isEqualTo(type == StoredType.F16 ? 1f : 0x1p-7f);
    }
  }

  @Test
  void whatWasLetGoIsReadAgain(@TempDir Path folder) {
    float[] values = new float[5000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / 7f;
    }
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file, List.of(StoredTensor.of("a", Shape.of(50, 100), values)), Map.of());
    StoredTensor tensor = Checkpoint.open(file).tensor("a");
    assertThat(tensor.data().isMapped()).isTrue();
    assertThat(tensor.toFloats()).containsExactly(values);
    tensor.letGo();
    assertThat(tensor.toFloats()).containsExactly(values);
    StoredTensor.of("a", Shape.of(50, 100), values).letGo(); // was never a file's
  }

  @Test
  void bf16RoundsToNearestEven() {
    float[] values = {
      Float.intBitsToFloat(0x3f80_8000), // halfway, down to even
      Float.intBitsToFloat(0x3f81_8000), // halfway, up to even
      Float.intBitsToFloat(0x3f80_8001), // just above
      Float.intBitsToFloat(0x3f80_7fff), // just below
      Float.MAX_VALUE,
      -Float.MIN_VALUE,
      Float.intBitsToFloat(0x7f80_0001), // a NaN whose payload is in the lost half
    };

    float[] rounded =
        StoredTensor.of("x", Shape.of(values.length), values).as(StoredType.BF16).toFloats();

    assertThat(rounded)
        .containsExactly(
            Float.intBitsToFloat(0x3f80_0000),
            Float.intBitsToFloat(0x3f82_0000),
            Float.intBitsToFloat(0x3f81_0000),
            Float.intBitsToFloat(0x3f80_0000),
            Float.POSITIVE_INFINITY,
            -0f,
            Float.NaN);
  }

  @Test
  void aPartIsReadWithoutTheRest() {
    var tensor =
        StoredTensor.of("rows", Shape.of(3, 2), new float[] {1, 2, 3, 4, 5, 6}).as(StoredType.F16);
    float[] row = new float[2];

    tensor.copyTo(2, MemorySegment.ofArray(row));

    assertThat(row).containsExactly(3, 4);
    assertThatThrownBy(() -> tensor.copyTo(5, MemorySegment.ofArray(row)))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> tensor.copyTo(MemorySegment.ofArray(row)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must have 24 bytes: received 8");
  }

  @Test
  void integersKeepTheirValues() {
    var tensor = StoredTensor.of("ids", Shape.of(2), new long[] {1L << 53, -3});

    assertThat(tensor.toLongs()).containsExactly(1L << 53, -3);
    assertThat(tensor.toDoubles()).containsExactly(0x1p53, -3);
    assertThat(StoredTensor.of("ids", Shape.of(2), new int[] {7, -8}).toLongs())
        .containsExactly(7, -8);
    assertThatThrownBy(() -> StoredTensor.of("x", Shape.of(1), new float[1]).toLongs())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("found F32");
  }

  @Test
  void aSizeThatDoesNotFitTheShapeIsRefused() {
    assertThatThrownBy(() -> StoredTensor.of("w", Shape.of(2, 3), new float[5]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("w: expected 24 bytes for F32 [2, 3]: received 20");
  }
}
