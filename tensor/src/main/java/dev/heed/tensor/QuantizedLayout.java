package dev.heed.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// How a matrix of a quantised [DType] lies in memory: in panels of 16 rows, so that a vector's
/// lanes are rows and need no adding up, and every kernel reads it from one end to the other.
///
/// A panel is blocks of `blockColumns` columns, one after the other; rows beyond the matrix are
/// zeros. A block has
///
/// - the 16 rows' scales as F16, then, where `minimum`, their minima as F16;
/// - for each group of 32 columns, where `parts`, 16 small scales and 16 small minima as bytes
///   (without `minimum`: 16 signed small scales for the first 16 columns and 16 for the rest);
/// - the group's codes: vector `v` of 8 has the columns `4v` … `4v + 3` of each row in turn, a byte
///   each with 8 bits; else the vectors 0 … 3 are the low halves of 64 bytes each, 4 … 7 the high
///   ones;
/// - with 5 bits, 64 bytes whose bits `v` are the fifth bits of vector `v`; with 6 bits, twice 64
///   bytes whose bits `2v`, `2v + 1` are the upper two of vector `v` (the second ones: `v + 4`).
///
/// An element is scale · (code − zero) + minimum, where `parts` make the scale the product of both,
/// and the minimum minus the product of both.
///
/// @param bits of a code
/// @param zero the code that stands for 0
/// @param minimum whether there are minima
/// @param parts whether groups have small scales of their own
/// @param wholeRows whether all scales of a row are the same; what is multiplied with the matrix
///   has a scale for [#RUN] columns then, so that sums stay integers for so long
public record QuantizedLayout(
    int bits, int zero, boolean minimum, boolean parts, boolean wholeRows) {
  /// The rows of a panel.
  public static final int ROWS = 16;

  /// The columns of a group.
  public static final int GROUP = 32;

  /// The columns of what is multiplied with `wholeRows` that share a scale; a last run may be
  /// shorter.
  public static final int RUN = 128;

  private static final ValueLayout.OfShort HALF =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final QuantizedLayout Q4_0 = new QuantizedLayout(4, 8, false, false, false);
  private static final QuantizedLayout Q4_1 = new QuantizedLayout(4, 0, true, false, false);
  private static final QuantizedLayout Q5_0 = new QuantizedLayout(5, 16, false, false, false);
  private static final QuantizedLayout Q5_1 = new QuantizedLayout(5, 0, true, false, false);
  private static final QuantizedLayout Q8_0 = new QuantizedLayout(8, 128, false, false, false);
  private static final QuantizedLayout I8 = new QuantizedLayout(8, 128, false, false, true);
  private static final QuantizedLayout Q4_K = new QuantizedLayout(4, 0, true, true, false);
  private static final QuantizedLayout Q5_K = new QuantizedLayout(5, 0, true, true, false);
  private static final QuantizedLayout Q6_K = new QuantizedLayout(6, 32, false, true, false);

  /// The layout of a quantised type.
  ///
  /// @throws IllegalArgumentException if the type is not quantised
  public static QuantizedLayout of(DType type) {
    return switch (type) {
      case Q4_0 -> Q4_0;
      case Q4_1 -> Q4_1;
      case Q5_0 -> Q5_0;
      case Q5_1 -> Q5_1;
      case Q8_0 -> Q8_0;
      case Q4_K -> Q4_K;
      case Q5_K -> Q5_K;
      case Q6_K -> Q6_K;
      case I8 -> I8;
      case F32, BF16, I32, F64 ->
          throw new IllegalArgumentException("expected a quantised type: received " + type);
    };
  }

  /// The columns that share the large scale.
  public int blockColumns() {
    return parts ? 256 : GROUP;
  }

  /// The bytes of a block before its first group.
  public int headerBytes() {
    return minimum ? 64 : 32;
  }

  /// The bytes of a group's small scales.
  public int partBytes() {
    return parts ? 32 : 0;
  }

  /// The bytes of a group, its small scales included.
  public int groupBytes() {
    return partBytes() + 64 * bits;
  }

  /// The bytes of a block of 16 rows.
  public int blockBytes() {
    return headerBytes() + blockColumns() / GROUP * groupBytes();
  }

  /// The bytes of a panel of rows this wide.
  public long panelBytes(int width) {
    return (long) (width / blockColumns()) * blockBytes();
  }

  /// The bytes of a matrix.
  ///
  /// @throws IllegalArgumentException if it is no matrix, or its rows are no whole blocks
  public long bytes(Shape shape) {
    if (shape.rank() != 2 || shape.width() % blockColumns() != 0) {
      throw new IllegalArgumentException(
          "a quantised tensor must be a matrix with rows of whole blocks of %d: received %s"
              .formatted(blockColumns(), shape));
    }
    long panels = (shape.dimension(0) + ROWS - 1) / ROWS;
    return Math.multiplyExact(panels, panelBytes(shape.width()));
  }

  /// The code of an element.
  ///
  /// @param codes where the codes of its group begin
  /// @param row in the panel, 0 … 15
  /// @param column in the group, 0 … 31
  int code(MemorySegment memory, long codes, int row, int column) {
    int vector = column / 4;
    int lane = row * 4 + column % 4;
    if (bits == 8) {
      return u8(memory, codes + 64 * vector + lane);
    }
    int code = u8(memory, codes + 64 * (vector % 4) + lane) >> vector / 4 * 4 & 15;
    return switch (bits) {
      case 5 -> code | (u8(memory, codes + 256 + lane) >> vector & 1) << 4;
      case 6 ->
          code | (u8(memory, codes + 256 + 64 * (vector / 4) + lane) >> vector % 4 * 2 & 3) << 4;
      default -> code;
    };
  }

  /// The scale of an element, which stands in column `column` of its group.
  double scale(MemorySegment memory, long block, long group, int row, int column) {
    double scale = half(memory, block + 2 * row);
    if (!parts) {
      return scale;
    }
    return minimum
        ? (float) (scale * u8(memory, group + row))
        : (float) (scale * memory.get(ValueLayout.JAVA_BYTE, group + column / 16 * 16 + row));
  }

  /// The minimum of a group's elements.
  double minimum(MemorySegment memory, long block, long group, int row) {
    if (!minimum) {
      return 0;
    }
    double large = half(memory, block + 32 + 2 * row);
    return parts ? (float) -(large * u8(memory, group + 16 + row)) : large;
  }

  /// Where the block of a row and column begins.
  public long block(int width, long row, int column) {
    return row / ROWS * panelBytes(width) + (long) (column / blockColumns()) * blockBytes();
  }

  /// Writes one row as numbers.
  void decode(MemorySegment memory, int width, long row, double factor, float[] out) {
    int lane = (int) (row % ROWS);
    for (int column = 0; column < width; column += GROUP) {
      long block = block(width, row, column);
      long group = block + headerBytes() + (long) (column % blockColumns() / GROUP) * groupBytes();
      double low = minimum(memory, block, group, lane);
      for (int half = 0; half < GROUP; half += GROUP / 2) { // which share a scale
        double scale = scale(memory, block, group, lane, half);
        for (int i = half; i < half + GROUP / 2; i++) {
          int code = code(memory, group + partBytes(), lane, i) - zero;
          float value = (float) (scale * code);
          out[column + i] = (float) (factor * (minimum ? (float) (value + low) : value));
        }
      }
    }
  }

  private static double half(MemorySegment memory, long at) {
    return Float.float16ToFloat(memory.get(HALF, at));
  }

  private static int u8(MemorySegment memory, long at) {
    return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at));
  }
}
