package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.heed.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Conversions between stored elements and 32-bit floats.
final class Elements {
  // Files promise no alignment: the data of a safetensors file begins wherever its header ends.
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(LITTLE_ENDIAN);

  /// What [StoredTensor] hands out: floats as the machine has them.
  private static final ValueLayout.OfFloat NATIVE = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private static final int TILE = 32;

  private Elements() {}

  /// Writes `count` elements of `source`, from the element `first`, to `target` as floats.
  static void decode(
      StoredType type, MemorySegment source, long first, MemorySegment target, long count) {
    if (type.isQuantized()) {
      QuantizedBlocks.decode(type, source, first, target, count);
      return;
    }
    MemorySegment from = source.asSlice(type.bytes(first), type.bytes(count));
    switch (type) {
      case F64 -> decodeF64(from, target, count);
      case F32 -> decodeF32(from, target, count);
      case F16 -> decodeF16(from, target, count);
      case BF16 -> decodeBf16(from, target, count);
      case I64, I32, I16, I8, U8, BOOL -> decodeIntegers(type, from, target, count);
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
          throw new AssertionError("decoded above: " + type);
    }
  }

  private static void decodeF64(MemorySegment from, MemorySegment target, long count) {
    for (long i = 0; i < count; i++) {
      target.set(NATIVE, i * 4, (float) from.get(DOUBLE, i * 8));
    }
  }

  private static void decodeF32(MemorySegment from, MemorySegment target, long count) {
    if (ByteOrder.nativeOrder() == LITTLE_ENDIAN) {
      MemorySegment.copy(from, 0, target, 0, count * 4);
      return;
    }
    for (long i = 0; i < count; i++) {
      target.set(NATIVE, i * 4, from.get(FLOAT, i * 4));
    }
  }

  private static void decodeF16(MemorySegment from, MemorySegment target, long count) {
    for (long i = 0; i < count; i++) {
      target.set(NATIVE, i * 4, Float.float16ToFloat(from.get(SHORT, i * 2)));
    }
  }

  private static void decodeBf16(MemorySegment from, MemorySegment target, long count) {
    for (long i = 0; i < count; i++) {
      target.set(NATIVE, i * 4, Float.intBitsToFloat(from.get(SHORT, i * 2) << 16));
    }
  }

  private static void decodeIntegers(
      StoredType type, MemorySegment from, MemorySegment target, long count) {
    for (long i = 0; i < count; i++) {
      target.set(NATIVE, i * 4, (float) integer(type, from, i));
    }
  }

  /// The element `index` of a tensor of integers or truth values.
  static long integer(StoredType type, MemorySegment data, long index) {
    return switch (type) {
      case I64 -> data.get(LONG, index * 8);
      case I32 -> data.get(INT, index * 4);
      case I16 -> data.get(SHORT, index * 2);
      case I8 -> data.get(JAVA_BYTE, index);
      case U8 -> Byte.toUnsignedLong(data.get(JAVA_BYTE, index));
      case BOOL -> data.get(JAVA_BYTE, index) == 0 ? 0 : 1;
      case F64, F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
          throw new IllegalStateException("expected integers or truth values: found " + type);
    };
  }

  /// Writes the first `count` values to `target` as `type`, rounded to nearest even or quantised.
  static void encode(StoredType type, float[] values, int count, MemorySegment target) {
    switch (type) {
      case F32 -> MemorySegment.copy(values, 0, target, FLOAT, 0, count);
      case F16 -> {
        for (int i = 0; i < count; i++) {
          target.set(SHORT, i * 2L, Float.floatToFloat16(values[i]));
        }
      }
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          target.set(SHORT, i * 2L, bf16(values[i]));
        }
      }
      case Q8_0, Q4_0, Q4_K -> BlockQuantizer.encode(type, values, count, target);
      case F64, I64, I32, I16, I8, U8, BOOL, Q4_1, Q5_0, Q5_1, Q5_K, Q6_K ->
          throw new IllegalArgumentException(
              "expected F32, F16, BF16, Q8_0, Q4_0 or Q4_K: received " + type);
    }
  }

  /// The columns of a matrix as rows.
  static StoredTensor transpose(StoredTensor matrix) {
    int rows = matrix.shape().dimension(0);
    int columns = matrix.shape().dimension(1);
    StoredType type = matrix.type();
    MemorySegment from = matrix.data();
    MemorySegment to = StoredTensor.allocate(from.byteSize());
    // In tiles, so that neither side strides through the whole of its memory for one line.
    for (int top = 0; top < rows; top += TILE) {
      for (int left = 0; left < columns; left += TILE) {
        int bottom = Math.min(rows, top + TILE);
        int right = Math.min(columns, left + TILE);
        for (int row = top; row < bottom; row++) {
          for (int column = left; column < right; column++) {
            copyElement(
                type.blockBytes(),
                from,
                (long) row * columns + column,
                to,
                (long) column * rows + row);
          }
        }
      }
    }
    return new StoredTensor(matrix.name(), type, Shape.of(columns, rows), to.asReadOnly());
  }

  /// Copies one element of `width` bytes from place to place.
  static void copyElement(int width, MemorySegment from, long source, MemorySegment to, long at) {
    switch (width) {
      case 1 -> to.set(JAVA_BYTE, at, from.get(JAVA_BYTE, source));
      case 2 -> to.set(SHORT, at * 2, from.get(SHORT, source * 2));
      case 4 -> to.set(INT, at * 4, from.get(INT, source * 4));
      case 8 -> to.set(LONG, at * 8, from.get(LONG, source * 8));
      default -> throw new IllegalArgumentException("expected 1, 2, 4 or 8: received " + width);
    }
  }

  /// The upper 16 bits of `value`, rounded to nearest even; a NaN stays a NaN.
  static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      // Rounding could carry a NaN whose payload is in the lower half into infinity.
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
