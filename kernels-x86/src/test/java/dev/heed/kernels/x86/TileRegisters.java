package dev.heed.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// The tile registers of AMX and what its instructions do with them. Where the processor raises an
/// exception, these throw; memory is read and written where the processor does, and nowhere else.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, the operation of
/// each instruction, and the exception classes AMX-E1 … E6 of chapter 2.
final class TileRegisters {
  /// All of it.
  static final MemorySegment MEMORY = MemorySegment.ofAddress(0).reinterpret(Long.MAX_VALUE);

  private static final int TILES = 8;
  private static final int ROWS = 16;
  private static final int ROW_BYTES = 64;

  /// 32-bit elements between rows.
  private static final int WORDS = 16;

  private final int[][] words = new int[TILES][ROWS * WORDS];
  private final int[] rows = new int[TILES];
  private final int[] bytes = new int[TILES];
  private boolean configured;

  /// Whether the tiles are in use, so that the system has to save them.
  boolean isConfigured() {
    return configured;
  }

  /// `ldtilecfg`.
  void configure(long address) {
    byte[] shapes = MEMORY.asSlice(address, 64).toArray(ValueLayout.JAVA_BYTE);
    release();
    int palette = shapes[0];
    require(palette == 0 || palette == 1, "#GP: there is no palette " + palette);
    if (palette == 0) {
      return;
    }
    require(shapes[1] == 0, "a load that goes on after an interrupt is not interpreted");
    for (int i = 2; i < 64; i++) {
      boolean reserved = i < 16 || i >= 16 + 2 * TILES && i < 48 || i >= 48 + TILES;
      require(!reserved || shapes[i] == 0, "#GP: a reserved byte must be 0: byte " + i);
    }
    for (int tile = 0; tile < TILES; tile++) {
      bytes[tile] = shapes[16 + 2 * tile] & 0xFF | (shapes[17 + 2 * tile] & 0xFF) << 8;
      rows[tile] = shapes[48 + tile] & 0xFF;
      require(
          bytes[tile] <= ROW_BYTES && rows[tile] <= ROWS && (bytes[tile] == 0) == (rows[tile] == 0),
          "#GP: tile %d cannot have %d rows of %d bytes".formatted(tile, rows[tile], bytes[tile]));
    }
    configured = true;
  }

  /// `tilerelease`.
  void release() {
    configured = false;
    Arrays.fill(rows, 0);
    Arrays.fill(bytes, 0);
    for (int[] tile : words) {
      Arrays.fill(tile, 0);
    }
  }

  /// `tilezero`.
  void zero(int tile) {
    requireTile(tile);
    Arrays.fill(words[tile], 0);
  }

  /// `tileloadd`: rows at `from`, `stride` bytes apart.
  void load(int tile, long from, long stride) {
    zero(tile);
    for (int row = 0; row < rows[tile]; row++) {
      long at = from + row * stride;
      MemorySegment.copy(
          MEMORY, ValueLayout.JAVA_INT_UNALIGNED, at, words[tile], row * WORDS, bytes[tile] / 4);
    }
  }

  /// `tilestored`.
  void store(int tile, long to, long stride) {
    requireTile(tile);
    for (int row = 0; row < rows[tile]; row++) {
      long at = to + row * stride;
      MemorySegment.copy(
          words[tile], row * WORDS, MEMORY, ValueLayout.JAVA_INT_UNALIGNED, at, bytes[tile] / 4);
    }
  }

  /// `tdpbf16ps`: the products of the first elements of all pairs, those of the second elements,
  /// both together, and then what was there, each rounded to the nearest F32; subnormal numbers are
  /// zeros, before as after.
  void multiplyBfloat(int sum, int a, int b) {
    requireFactors(sum, a, b);
    float[] firstOfB = new float[ROWS * WORDS];
    float[] secondOfB = new float[ROWS * WORDS];
    for (int i = 0; i < firstOfB.length; i++) {
      firstOfB[i] = first(words[b][i]);
      secondOfB[i] = second(words[b][i]);
    }
    int columns = bytes[sum] / 4;
    float[] firsts = new float[WORDS];
    float[] seconds = new float[WORDS];
    for (int row = 0; row < rows[sum]; row++) {
      Arrays.fill(firsts, 0);
      Arrays.fill(seconds, 0);
      for (int k = 0; k < rows[b]; k++) {
        int pair = words[a][row * WORDS + k];
        addProducts(firsts, first(pair), firstOfB, k * WORDS, columns);
        addProducts(seconds, second(pair), secondOfB, k * WORDS, columns);
      }
      for (int n = 0; n < columns; n++) {
        int at = row * WORDS + n;
        float before = flushed(Float.intBitsToFloat(words[sum][at]));
        float after = flushed(before + flushed(firsts[n] + seconds[n]));
        words[sum][at] = Float.floatToRawIntBits(after);
      }
    }
    clearRest(sum);
  }

  private static void addProducts(float[] sums, float a, float[] b, int from, int count) {
    for (int n = 0; n < count; n++) {
      sums[n] = flushed(Math.fma(a, b[from + n], sums[n]));
    }
  }

  private static float first(int pair) {
    return flushed(Float.intBitsToFloat(pair << 16));
  }

  private static float second(int pair) {
    return flushed(Float.intBitsToFloat(pair & 0xFFFF_0000));
  }

  private static float flushed(float x) {
    return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0, x) : x;
  }

  /// `tdpbssd`, `tdpbsud`, `tdpbusd`, `tdpbuud`: dot products of four bytes, signed or not, added
  /// up in 32 bits.
  void multiplyBytes(int sum, int a, boolean signedA, int b, boolean signedB) {
    requireFactors(sum, a, b);
    for (int row = 0; row < rows[sum]; row++) {
      for (int k = 0; k < rows[b]; k++) {
        int fourOfA = words[a][row * WORDS + k];
        for (int n = 0; n < bytes[sum] / 4; n++) {
          int fourOfB = words[b][k * WORDS + n];
          int dot = 0;
          for (int shift = 0; shift < 32; shift += 8) {
            dot += number(fourOfA >> shift, signedA) * number(fourOfB >> shift, signedB);
          }
          words[sum][row * WORDS + n] += dot;
        }
      }
    }
    clearRest(sum);
  }

  private static int number(int bits, boolean signed) {
    return signed ? (byte) bits : bits & 0xFF;
  }

  /// What is written to a row or below the rows of a result is zero beyond its shape.
  private void clearRest(int tile) {
    for (int row = 0; row < ROWS; row++) {
      int used = row < rows[tile] ? bytes[tile] / 4 : 0;
      Arrays.fill(words[tile], row * WORDS + used, (row + 1) * WORDS, 0);
    }
  }

  private void requireTile(int tile) {
    require(configured, "#UD: the tiles have no shapes");
    require(tile < TILES && rows[tile] > 0, "#UD: tile %d has no shape".formatted(tile));
    require(
        bytes[tile] % 4 == 0,
        "#UD: the rows of tile %d must be whole elements: received %d bytes"
            .formatted(tile, bytes[tile]));
  }

  private void requireFactors(int sum, int a, int b) {
    requireTile(sum);
    requireTile(a);
    requireTile(b);
    require(sum != a && sum != b && a != b, "#UD: a product takes three tiles");
    require(
        rows[sum] == rows[a] && bytes[sum] == bytes[b] && bytes[a] / 4 == rows[b],
        "#UD: %d rows of %d bytes are no product of %d rows of %d and %d of %d"
            .formatted(rows[sum], bytes[sum], rows[a], bytes[a], rows[b], bytes[b]));
  }

  private static void require(boolean holds, String exception) {
    if (!holds) {
      throw new IllegalArgumentException(exception);
    }
  }
}
