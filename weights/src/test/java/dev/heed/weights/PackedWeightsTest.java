package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/// Blocks in the order of the kernels hold the numbers of the file.
class PackedWeightsTest {
  @ParameterizedTest
  @EnumSource(
      value = StoredType.class,
      mode = Mode.MATCH_ANY,
      names = {"Q.*"})
  void everyElementIsTheFilesBitForBit(StoredType type) {
    StoredTensor stored = random(type, 37, 512, 3);
    float[] expected = stored.toFloats();
    Tensor packed = PackedWeights.pack(stored, 0, stored.shape());
    assertThat(packed.dtype().isQuantized()).isTrue();
    assertThat(packed.toFloatArray()).isEqualTo(expected);
    // A part of the rows, as where queries, keys and values lie in one tensor.
    Tensor part = PackedWeights.pack(stored, 17 * 512, Shape.of(20, 512));
    float[] some = part.toFloatArray();
    for (int i = 0; i < some.length; i++) {
      assertThat(some[i]).isEqualTo(expected[17 * 512 + i]);
    }
    Tensor rows = FusedOperations.embedding(packed, Tensor.of(new int[] {36, 0, 5}, 3), 2);
    assertThat(rows.dtype()).isEqualTo(DType.F32);
    for (int i = 0; i < 512; i++) {
      assertThat(rows.get(0, i)).isEqualTo(2 * expected[36 * 512 + i]);
      assertThat(rows.get(2, i)).isEqualTo(2 * expected[5 * 512 + i]);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = StoredType.class,
      mode = Mode.MATCH_ANY,
      names = {"Q.*"})
  void aProductDiffersFromTheExactOneByTheRoundingOfActivations(StoredType type) {
    StoredTensor stored = random(type, 21, 256, 4);
    Tensor exact = Tensor.of(stored.toFloats(), 21, 256);
    Tensor packed = PackedWeights.pack(stored, 0, stored.shape());
    float[] values = new float[3 * 256];
    Random random = new Random(5);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    Tensor x = Tensor.of(values, 3, 256);
    Tensor expected = FusedOperations.linear(x, exact, null, Activation.NONE, null);
    Tensor received = FusedOperations.linear(x, packed, null, Activation.NONE, null);
    double squares = 0;
    double difference = 0;
    for (int i = 0; i < expected.elements(); i++) {
      double e = expected.get(i / 21, i % 21);
      difference += Math.pow(received.get(i / 21, i % 21) - e, 2);
      squares += e * e;
    }
    assertThat(Math.sqrt(difference / squares)).isBetween(1e-5, 0.02);
    // Activations that are whole steps of 1/127 of the largest lose nothing.
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 32 == 0 ? 127 : random.nextInt(255) - 127;
    }
    Tensor whole = Tensor.of(values, 3, 256);
    double[] same =
        FusedOperations.linear(whole, exact, null, Activation.NONE, null).toDoubleArray();
    double largest = 0;
    for (double value : same) {
      largest = Math.max(largest, Math.abs(value));
    }
    double[] with =
        FusedOperations.linear(whole, packed, null, Activation.NONE, null).toDoubleArray();
    for (int i = 0; i < same.length; i++) {
      assertThat(with[i]).isCloseTo(same[i], within(1e-5 * largest));
    }
  }

  @org.junit.jupiter.api.Test
  void whatIsNoQuantisedMatrixIsRefused() {
    StoredTensor plain = StoredTensor.of("w", Shape.of(2, 32), new float[64]);
    assertThatThrownBy(() -> PackedWeights.pack(plain, 0, plain.shape()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("quantised type: received F32");
    StoredTensor narrow = random(StoredType.Q8_0, 4, 64, 1);
    assertThatThrownBy(() -> PackedWeights.pack(narrow, 0, Shape.of(8, 32)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("as wide");
    Tensor packed = PackedWeights.pack(narrow, 0, narrow.shape());
    assertThatThrownBy(() -> packed.requireGradient(true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Q8_0");
  }

  /// Any bits, with scales that are numbers of a usual size.
  private static StoredTensor random(StoredType type, int rows, int width, long seed) {
    Random random = new Random(seed);
    var data = StoredTensor.allocate(type.bytes((long) rows * width));
    byte[] bits = new byte[(int) data.byteSize()];
    random.nextBytes(bits);
    data.copyFrom(java.lang.foreign.MemorySegment.ofArray(bits));
    int[] halves =
        switch (type) {
          case Q4_1, Q5_1, Q4_K, Q5_K -> new int[] {0, 2};
          case Q6_K -> new int[] {208};
          default -> new int[] {0};
        };
    for (long block = 0; block < data.byteSize(); block += type.blockBytes()) {
      for (int at : halves) {
        float scale = (random.nextFloat() - 0.3f) * 0.1f;
        data.set(ValueLayout.JAVA_SHORT_UNALIGNED, block + at, Float.floatToFloat16(scale));
      }
    }
    return new StoredTensor("w", type, Shape.of(rows, width), data.asReadOnly());
  }
}
