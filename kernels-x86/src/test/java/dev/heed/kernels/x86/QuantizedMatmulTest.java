package dev.heed.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Products with quantised weights against the reference, in all forms of the code.
class QuantizedMatmulTest {
  static final List<DType> TYPES = Stream.of(DType.values()).filter(DType::isQuantized).toList();

  static Stream<Arguments> cases() {
    return Stream.concat(
        Levels.quantized().stream()
            .flatMap(level -> TYPES.stream().map(type -> Arguments.of(level, type))),
        Levels.withBfloat().stream()
            .filter(level -> level == Level.AMX)
            .map(level -> Arguments.of(level, DType.I8)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void productsAgreeWithTheReference(Level level, DType type) {
    X86Kernels kernels = Levels.kernels(level);
    int block = QuantizedLayout.of(type).blockColumns();
    for (int[] size :
        new int[][] {
          {0, 37, block},
          {1, 16, block},
          {1, 37, 2 * block},
          {3, 48, block},
          {17, 23, 3 * block},
          {40, 96, block},
          {131, 71, 2 * block},
          {13, 31, 256 + block}
        }) {
      Tensor x = values(size[0], size[2], 1);
      Tensor weight = weight(type, size[1], size[2], 2);
      Tensor bias = values(1, size[1], 3);
      Tensor residual = values(size[0], size[1], 4);
      for (Activation activation : List.of(Activation.NONE, Activation.SILU)) {
        compare(kernels, x, weight, null, activation, null);
        compare(kernels, x, weight, bias, activation, null);
        compare(kernels, x, weight, bias, activation, residual);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anyNumberOfThreadsGivesTheSameBitsAndZerosGiveZeros(Level level, DType type) {
    X86Kernels kernels = Levels.kernels(level);
    Tensor x = values(37, 512, 1);
    Tensor weight = weight(type, 200, 512, 2);
    int before = Parallel.threads();
    try {
      Parallel.setThreads(1);
      Tensor one = product(kernels, x, weight);
      Parallel.setThreads(3);
      Agreement.assertSameBits(product(kernels, x, weight), one, type + " at " + level);
      Tensor none = product(kernels, Tensor.zeros(x.shape(), DType.F32), weight);
      for (float zero : none.toFloatArray()) {
        assertThat(zero + 0).isZero(); // of either sign
      }
    } finally {
      Parallel.setThreads(before);
    }
  }

  @ParameterizedTest
  @MethodSource("levelsOfBytes")
  void rowsAndColumnsOfSeveralTasksAgreeToo(Level level) {
    X86Kernels kernels = Levels.kernels(level);
    for (int[] size : new int[][] {{401, 390, 160}, {3, 4098, 96}, {207, 1030, 32}}) {
      Tensor x = values(size[0], size[2], 1);
      Tensor weight = weight(DType.I8, size[1], size[2], 2);
      Tensor bias = values(1, size[1], 3);
      Tensor residual = values(size[0], size[1], 4);
      compare(kernels, x, weight, bias, Activation.NONE, residual);
      compare(kernels, x, weight, bias, Activation.GELU, residual);
    }
  }

  static Stream<Object> levelsOfBytes() {
    return cases().filter(c -> c.get()[1] == DType.I8).map(c -> c.get()[0]);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nanAndInfinityMakeTheirRowsNanAndNoOther(Level level, DType type) {
    X86Kernels kernels = Levels.kernels(level);
    Tensor weight = weight(type, 37, 256, 2);
    Tensor x = values(40, 256, 1);
    Tensor clean = product(kernels, x, weight);
    x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 2 * 256 + 7, Float.NaN);
    x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 9 * 256 + 150, Float.NEGATIVE_INFINITY);
    Tensor received = product(kernels, x, weight);
    for (int row = 0; row < 40; row++) {
      if (row == 2 || row == 9) {
        assertThat(received.rows(row, row + 1).toFloatArray()).containsOnly(Float.NaN);
      } else {
        Agreement.assertSameBits(received.rows(row, row + 1), clean.rows(row, row + 1), "" + row);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("otherFormsOfTheSameSums")
  void vnniGivesTheBitsOfAvx2(Level level, DType type) {
    X86Kernels kernels = Levels.kernels(level);
    X86Kernels avx2 = new X86Kernels(Level.AVX2);
    int block = QuantizedLayout.of(type).blockColumns();
    for (int[] size :
        new int[][] {{1, 16, block}, {3, 37, 5 * block}, {5, 31, 3 * block}, {31, 71, 6 * block}}) {
      Tensor x = values(size[0], size[2], 1);
      float[] specials = {Float.NaN, Float.NEGATIVE_INFINITY, -0f, 1e-40f, 3e38f};
      for (int row = 0; row < specials.length && 6 * row < size[0]; row++) {
        long at = 6L * row * size[2] + row;
        x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, at, specials[row]);
      }
      Tensor weight = weight(type, size[1], size[2], 2);
      Tensor bias = Guarded.random(3, size[1]);
      Tensor residual = values(size[0], size[1], 4);
      Tensor expected = Guarded.zeros(size[0], size[1]);
      Tensor actual = Guarded.zeros(size[0], size[1]);
      avx2.linear(x, weight, bias, Activation.NONE, residual, null, expected);
      kernels.linear(x, weight, bias, Activation.NONE, residual, null, actual);
      Agreement.assertSameBits(actual, expected, weight + " with " + x + " at " + level);
    }
  }

  /// All but [DType#I8] by VNNI, which adds up more columns as integers.
  static Stream<Arguments> otherFormsOfTheSameSums() {
    return Levels.quantized().stream()
        .filter(level -> level != Level.AVX2)
        .flatMap(level ->
            (level == Level.AVXVNNI ? TYPES.stream() : typesOfFiles())
                .map(type -> Arguments.of(level, type)));
  }

  @Test
  void tilesOfBytesGiveTheBitsOfVnni() {
    assumeThat(Levels.withBfloat()).as("what tiles need").contains(Level.AMX);
    X86Kernels tiles = Levels.kernels(Level.AMX);
    X86Kernels vnni = new X86Kernels(Level.VNNI);
    int[] rows = {32, 33, 47, 48, 49, 63, 64, 65, 207};
    int[] columns = {1, 15, 16, 17, 31, 32, 33, 48, 71};
    for (int i = 0; i < rows.length; i++) {
      for (int width : new int[] {32, 96, 128, 160, 544}) {
        Tensor x = values(rows[i], width, 1);
        float[] specials = {Float.NaN, Float.NEGATIVE_INFINITY, -0f, 1e-40f, 3e38f};
        for (int row = 0; row < specials.length && i % 2 == 1; row++) {
          x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 6L * row * width + row, specials[row]);
        }
        for (int n : columns) {
          Tensor weight = weight(DType.I8, n, width, 2);
          Tensor bias = i % 3 > 0 ? Guarded.random(3, n) : null;
          Tensor residual = i % 4 >= 2 ? values(rows[i], n, 4) : null;
          Activation activation = i % 5 < 2 ? Activation.GELU : Activation.NONE;
          Tensor expected = Guarded.zeros(rows[i], n);
          Tensor actual = Guarded.zeros(rows[i], n);
          vnni.linear(x, weight, bias, activation, residual, null, expected);
          tiles.linear(x, weight, bias, activation, residual, null, actual);
          Agreement.assertSameBits(actual, expected, weight + " with " + x);
        }
      }
      Guarded.releaseAll();
    }
  }

  @Test
  void fewerThan32RowsGoByVnniAlthoughThereAreTiles() {
    assumeThat(Levels.withBfloat()).as("what tiles need").contains(Level.AMX);
    X86Kernels idle = new X86Kernels(new IdleTiles());
    X86Kernels vnni = new X86Kernels(Level.VNNI);
    Tensor weight = weight(DType.I8, 40, 64, 2);
    Tensor few = values(31, 64, 1);
    Agreement.assertSameBits(product(idle, few, weight), product(vnni, few, weight), "31 rows");
    Tensor more = values(32, 64, 1);
    assertThat(product(idle, more, weight).toFloatArray())
        .isNotEqualTo(product(vnni, more, weight).toFloatArray());
  }

  /// With tiles, more rows are multiplied in bfloat16: the bits of the same weights as F32.
  @ParameterizedTest
  @MethodSource("typesOfFiles")
  void manyRowsAreMultipliedAsIfTheWeightsWereBfloat16(DType type) {
    assumeThat(Levels.withBfloat()).as("what tiles need").contains(Level.AMX);
    int block = QuantizedLayout.of(type).blockColumns();
    requireBitsOfWideWeights(type, 32, 32, block);
    requireBitsOfWideWeights(type, 33, 37, 2 * block);
    requireBitsOfWideWeights(type, 207, 49, 3 * block);
    requireBitsOfWideWeights(type, 64, 208, block);
    int before = Parallel.threads();
    Parallel.setThreads(1);
    try {
      assertThat(BfloatCut.of(160, 4, 1280, 32, 1).depth()).as("pairs in a turn").isLessThan(1280);
      requireBitsOfWideWeights(type, 160, 100, 2560);
    } finally {
      Parallel.setThreads(before);
    }
  }

  private static void requireBitsOfWideWeights(DType type, int m, int n, int k) {
    X86Kernels kernels = Levels.kernels(Level.AMX);
    Tensor x = values(m, k, 1);
    Tensor weight = weight(type, n, k, 2);
    Tensor wide = FusedOperations.dequantized(weight);
    Tensor bias = values(1, n, 3);
    Tensor residual = values(m, n, 4);
    Tensor expected = Tensor.empty(Shape.of(m, n), DType.F32);
    Tensor actual = Tensor.empty(Shape.of(m, n), DType.F32);
    Precision.BF16.compute(
        () -> kernels.linear(x, wide, bias, Activation.SILU, residual, null, expected));
    kernels.linear(x, weight, bias, Activation.SILU, residual, null, actual);
    Agreement.assertSameBits(actual, expected, weight + " with " + x);
  }

  static Stream<DType> typesOfFiles() {
    return TYPES.stream().filter(type -> type != DType.I8);
  }

  @Test
  void aKernelIsEmittedOnceForEachLayout() {
    for (DType type : TYPES) {
      QuantizedCode one = new QuantizedCode(QuantizedLayout.of(type), 3);
      assertThat(new QuantizedCode(QuantizedLayout.of(type), 3))
          .isEqualTo(one)
          .hasSameHashCodeAs(one);
      assertThat(
              TYPES.stream().filter(t -> new QuantizedCode(QuantizedLayout.of(t), 3).equals(one)))
          .containsExactly(type);
    }
  }

  private static Tensor product(X86Kernels kernels, Tensor x, Tensor weight) {
    Tensor out = Tensor.empty(Shape.of(x.shape().rows(), weight.shape().dimension(0)), DType.F32);
    kernels.linear(x, weight, null, Activation.NONE, null, null, out);
    return out;
  }

  private static void compare(
      X86Kernels kernels,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual) {
    Shape shape = Shape.of(x.shape().rows(), weight.shape().dimension(0));
    Tensor expected = Tensor.empty(shape, DType.F32);
    Tensor before = Tensor.empty(shape, DType.F32);
    Tensor actual = Guarded.zeros(shape.dimensions());
    Tensor actualBefore = Guarded.zeros(shape.dimensions());
    new ReferenceKernels().linear(x, weight, bias, activation, residual, before, expected);
    kernels.linear(x, weight, bias, activation, residual, actualBefore, actual);
    String what = weight + " with " + x + " by " + kernels.name();
    Agreement.assertClose(actual, expected, 2e-5, what);
    Agreement.assertClose(actualBefore, before, 2e-5, what);
  }

  private static Tensor values(int rows, int width, long seed) {
    return rows == 1 && width % 32 != 0
        ? Guarded.random(seed, width)
        : Guarded.random(seed, rows, width);
  }

  /// Any codes; large scales of a usual size.
  static Tensor weight(DType type, int rows, int width, long seed) {
    Random random = new Random(seed);
    Shape shape = Shape.of(rows, width);
    Tensor weight = Tensor.over(Guarded.allocate(type.bytes(shape)), shape, type);
    byte[] bits = new byte[(int) weight.memory().byteSize()];
    random.nextBytes(bits);
    weight.memory().copyFrom(java.lang.foreign.MemorySegment.ofArray(bits));
    QuantizedLayout layout = QuantizedLayout.of(type);
    float size = layout.parts() ? 0.0005f : layout.bits() == 8 ? 0.001f : 0.01f;
    long panelBytes = layout.panelBytes(width);
    for (long at = 0; at < bits.length; at += layout.blockBytes()) {
      for (int i = 0; i < layout.headerBytes(); i += 2) {
        short scale = Float.floatToFloat16((random.nextFloat() - 0.3f) * size);
        if (layout.wholeRows() && at % panelBytes != 0) { // what the panel's first block has
          scale = weight.memory().get(ValueLayout.JAVA_SHORT, at / panelBytes * panelBytes + i);
        }
        weight.memory().set(ValueLayout.JAVA_SHORT, at + i, scale);
      }
    }
    return weight;
  }
}
