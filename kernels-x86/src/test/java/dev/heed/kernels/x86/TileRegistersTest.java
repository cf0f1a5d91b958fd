package dev.heed.kernels.x86;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What the interpreter's tile instructions do, against plain loops, in memory that ends at a page
/// that faults.
class TileRegistersTest {
  private static final int SUM = 0;
  private static final int A = 4;
  private static final int B = 6;

  private final TileRegisters tiles = new TileRegisters();
  private final MemorySegment shapes = Guarded.allocate(64);

  @AfterEach
  void release() {
    Guarded.releaseAll();
  }

  private void shape(int tile, int rows, int bytes) {
    shapes.set(JAVA_BYTE, 0, (byte) 1);
    shapes.set(JAVA_BYTE, 16 + 2 * tile, (byte) bytes);
    shapes.set(JAVA_BYTE, 48 + tile, (byte) rows);
  }

  private void configure() {
    tiles.configure(shapes.address());
  }

  private void shapeProduct(int rows, int columns, int depth) {
    shape(A, rows, 4 * depth);
    shape(B, depth, 4 * columns);
    shape(SUM, rows, 4 * columns);
    configure();
  }

  // ---- moving ----

  @Test
  void aLoadReadsTheBytesOfItsRowsAndAStoreWritesThemOnly() {
    shape(A, 3, 20);
    configure();
    MemorySegment from = Guarded.allocate(2 * 28 + 20);
    for (int i = 0; i < from.byteSize(); i++) {
      from.set(JAVA_BYTE, i, (byte) (i + 1));
    }
    tiles.load(A, from.address(), 28);
    MemorySegment to = Guarded.allocate(2 * 64 + 20);
    to.fill((byte) -1);
    tiles.store(A, to.address(), 64);
    for (int i = 0; i < to.byteSize(); i++) {
      int expected = i % 64 < 20 ? i / 64 * 28 + i % 64 + 1 : -1;
      assertThat(to.get(JAVA_BYTE, i)).as("byte " + i).isEqualTo((byte) expected);
    }
  }

  @Test
  void rowsMayLieBackwards() {
    shape(A, 2, 4);
    configure();
    MemorySegment memory = Guarded.allocate(8);
    memory.set(JAVA_INT_UNALIGNED, 0, 3);
    memory.set(JAVA_INT_UNALIGNED, 4, 5);
    tiles.load(A, memory.address() + 4, -4);
    tiles.store(A, memory.address(), 4);
    assertThat(memory.toArray(JAVA_INT_UNALIGNED)).containsExactly(5, 3);
  }

  @Test
  void aTileIsZeroAfterTilezeroAndAfterShapesAreSet() {
    shape(A, 2, 8);
    configure();
    MemorySegment memory = Guarded.allocate(16);
    memory.fill((byte) 7);
    tiles.load(A, memory.address(), 8);
    tiles.zero(A);
    tiles.store(A, memory.address(), 8);
    assertThat(memory.toArray(JAVA_BYTE)).containsOnly(0);
    memory.fill((byte) 7);
    tiles.load(A, memory.address(), 8);
    configure();
    tiles.store(A, memory.address(), 8);
    assertThat(memory.toArray(JAVA_BYTE)).containsOnly(0);
  }

  // ---- products ----

  @Test
  void bytesAreMultipliedAsAPlainLoopDoes() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 60; i++) {
      int rows = 1 + random.nextInt(16);
      int columns = 1 + random.nextInt(16);
      int depth = 1 + random.nextInt(16);
      shapeProduct(rows, columns, depth);
      byte[] a = bytes(random, 4 * rows * depth);
      byte[] b = bytes(random, 4 * depth * columns);
      MemorySegment sums = Guarded.allocate(4L * rows * columns);
      sums.copyFrom(MemorySegment.ofArray(bytes(random, 4 * rows * columns)));
      boolean signedA = i % 2 == 0;
      boolean signedB = i % 4 >= 2;
      int[] expected = new int[rows * columns];
      for (int at = 0; at < expected.length; at++) {
        long sum = sums.getAtIndex(JAVA_INT_UNALIGNED, at);
        for (int k = 0; k < 4 * depth; k++) {
          byte left = a[at / columns * 4 * depth + k];
          byte right = b[(k / 4 * columns + at % columns) * 4 + k % 4];
          sum +=
              (long) (signedA ? left : Byte.toUnsignedInt(left))
                  * (signedB ? right : Byte.toUnsignedInt(right));
        }
        expected[at] = (int) sum; // some overflow
      }
      load(A, a, 4 * depth);
      load(B, b, 4 * columns);
      tiles.load(SUM, sums.address(), 4 * columns);
      tiles.multiplyBytes(SUM, A, signedA, B, signedB);
      tiles.store(SUM, sums.address(), 4 * columns);
      assertThat(sums.toArray(JAVA_INT_UNALIGNED)).isEqualTo(expected);
    }
  }

  /// Often the largest magnitudes.
  private static byte[] bytes(SplittableRandom random, int count) {
    byte[] bytes = new byte[count];
    byte[] extremes = {-128, -1, 127};
    for (int i = 0; i < count; i++) {
      bytes[i] = random.nextBoolean() ? extremes[random.nextInt(3)] : (byte) random.nextInt();
    }
    return bytes;
  }

  private void load(int tile, byte[] content, int rowBytes) {
    MemorySegment memory = Guarded.allocate(content.length);
    memory.copyFrom(MemorySegment.ofArray(content));
    tiles.load(tile, memory.address(), rowBytes);
  }

  @Test
  void pairsOfBfloatAreMultipliedAsAPlainLoopDoes() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 60; i++) {
      int rows = 1 + random.nextInt(16);
      int columns = 1 + random.nextInt(16);
      int depth = 1 + random.nextInt(16);
      shapeProduct(rows, columns, depth);
      // Around 1, where sums round; around 2⁻⁶³, where products underflow; anything.
      int[] exponents = i % 3 == 0 ? new int[] {120, 16} : new int[] {i % 3 == 1 ? 56 : 0, 16};
      MemorySegment a = bfloats(random, 2 * rows * depth, exponents, i % 3 == 2);
      MemorySegment b = bfloats(random, 2 * depth * columns, exponents, i % 3 == 2);
      MemorySegment sums = Guarded.allocate(4L * rows * columns);
      for (int at = 0; at < rows * columns; at++) {
        int bits = random.nextBoolean() ? 0 : random.nextInt() & (i % 3 == 1 ? 0x80FF_FFFF : -1);
        sums.setAtIndex(JAVA_INT_UNALIGNED, at, bits);
      }
      float[] expected = new float[rows * columns];
      for (int at = 0; at < expected.length; at++) {
        float[] halves = {0, 0};
        for (int k = 0; k < 2 * depth; k++) {
          float left = bfloat(a, at / columns * 2 * depth + k);
          float right = bfloat(b, (k / 2 * columns + at % columns) * 2 + k % 2);
          // The product is exact in F64, and so is the rounding of the sum in two steps.
          halves[k % 2] = flushed((double) left * right + halves[k % 2]);
        }
        float before = flushed(sums.getAtIndex(JAVA_FLOAT_UNALIGNED, at));
        expected[at] = flushed((double) before + flushed((double) halves[0] + halves[1]));
      }
      tiles.load(A, a.address(), 4 * depth);
      tiles.load(B, b.address(), 4 * columns);
      tiles.load(SUM, sums.address(), 4 * columns);
      tiles.multiplyBfloat(SUM, A, B);
      tiles.store(SUM, sums.address(), 4 * columns);
      float[] actual = sums.toArray(JAVA_FLOAT_UNALIGNED);
      for (int at = 0; at < expected.length; at++) {
        assertThat(Float.floatToIntBits(actual[at])) // which holds all NaN for one
            .as("%s, expected %s", actual[at], expected[at])
            .isEqualTo(Float.floatToIntBits(expected[at]));
      }
    }
  }

  private static MemorySegment bfloats(
      SplittableRandom random, int count, int[] exponents, boolean any) {
    MemorySegment memory = Guarded.allocate(2L * count);
    for (int i = 0; i < count; i++) {
      int bits = random.nextInt();
      int exponent = exponents[0] + random.nextInt(exponents[1]);
      memory.setAtIndex(
          JAVA_SHORT_UNALIGNED, i, (short) (any ? bits : bits & 0x807F | exponent << 7));
    }
    return memory;
  }

  private static float bfloat(MemorySegment memory, int index) {
    return flushed(Float.intBitsToFloat(memory.getAtIndex(JAVA_SHORT_UNALIGNED, index) << 16));
  }

  private static float flushed(double x) {
    float rounded = (float) x;
    return Math.abs(rounded) < Float.MIN_NORMAL ? 0 * Math.signum(rounded) : rounded;
  }

  @Test
  void firstAndSecondElementsAreAddedUpApart() {
    shapeProduct(1, 1, 2);
    // 2²⁴·1 + 1·1 of the first elements rounds down, 1·1 + 1·1 of the second ones is added then.
    loadPairs(A, 0x1p24f, 1, 1, 1);
    loadPairs(B, 1, 1, 1, 1);
    tiles.multiplyBfloat(SUM, A, B);
    MemorySegment sum = Guarded.allocate(4);
    tiles.store(SUM, sum.address(), 4);
    assertThat(sum.get(JAVA_FLOAT_UNALIGNED, 0)).isEqualTo(0x1p24f + 2);
  }

  private void loadPairs(int tile, float... values) {
    MemorySegment memory = Guarded.allocate(2L * values.length);
    for (int i = 0; i < values.length; i++) {
      short bits = (short) (Float.floatToRawIntBits(values[i]) >> 16);
      memory.setAtIndex(JAVA_SHORT_UNALIGNED, i, bits);
    }
    tiles.load(tile, memory.address(), tile == A ? 2 * values.length : 4);
  }

  // ---- exceptions ----

  @Test
  void shapesThatTheProcessorRefusesAreErrors() {
    shapes.set(JAVA_BYTE, 0, (byte) 2);
    assertThatThrownBy(this::configure).hasMessage("#GP: there is no palette 2");
    shapes.set(JAVA_BYTE, 0, (byte) 1);
    for (int reserved : new int[] {2, 15, 32, 47, 56, 63}) {
      shapes.set(JAVA_BYTE, reserved, (byte) 1);
      assertThatThrownBy(this::configure).hasMessageEndingWith("byte " + reserved);
      shapes.set(JAVA_BYTE, reserved, (byte) 0);
    }
    for (int[] wrong : new int[][] {{17, 64}, {16, 65}, {0, 4}, {1, 0}}) {
      shape(7, wrong[0], wrong[1]);
      assertThatThrownBy(this::configure).hasMessageStartingWith("#GP: tile 7 cannot have");
    }
    shape(7, 16, 64);
    configure();
    assertThat(tiles.isConfigured()).isTrue();
  }

  @Test
  void tilesThatTheProcessorRefusesAreErrors() {
    assertThatThrownBy(() -> tiles.zero(A)).hasMessage("#UD: the tiles have no shapes");
    shapeProduct(3, 2, 5);
    shape(7, 1, 3);
    configure();
    assertThatThrownBy(() -> tiles.zero(1)).hasMessage("#UD: tile 1 has no shape");
    assertThatThrownBy(() -> tiles.zero(8)).hasMessage("#UD: tile 8 has no shape");
    assertThatThrownBy(() -> tiles.load(7, 0, 0)).hasMessageEndingWith("received 3 bytes");
    assertThatThrownBy(() -> tiles.multiplyBfloat(A, A, B)).hasMessageContaining("three tiles");
    assertThatThrownBy(() -> tiles.multiplyBfloat(SUM, B, A)).hasMessageContaining("no product");
    shape(B, 4, 8);
    configure();
    assertThatThrownBy(() -> tiles.multiplyBytes(SUM, A, true, B, true))
        .hasMessage("#UD: 3 rows of 8 bytes are no product of 3 rows of 20 and 4 of 8");
    tiles.release();
    assertThatThrownBy(() -> tiles.store(SUM, 0, 0)).hasMessage("#UD: the tiles have no shapes");
  }
}
