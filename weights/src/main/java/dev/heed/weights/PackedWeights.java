package dev.heed.weights;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Map;

/// Puts quantised blocks in the order in which kernels read them ([QuantizedLayout]): the same
/// numbers, in the same space (2.8 % more for Q4_K, 2.3 % for Q5_K, whose small scales get a byte
/// each).
public final class PackedWeights {
  private static final int ROWS = QuantizedLayout.ROWS;
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final Map<StoredType, DType> TYPES =
      Map.of(
          StoredType.Q4_0, DType.Q4_0,
          StoredType.Q4_1, DType.Q4_1,
          StoredType.Q5_0, DType.Q5_0,
          StoredType.Q5_1, DType.Q5_1,
          StoredType.Q8_0, DType.Q8_0,
          StoredType.Q4_K, DType.Q4_K,
          StoredType.Q5_K, DType.Q5_K,
          StoredType.Q6_K, DType.Q6_K);

  private final StoredType type;
  private final QuantizedLayout layout;
  private final MemorySegment from;
  private final MemorySegment to;
  private final long rowBytes;

  private PackedWeights(StoredType type, MemorySegment from, long rowBytes, MemorySegment to) {
    this.type = type;
    this.layout = QuantizedLayout.of(dtype(type));
    this.from = from;
    this.rowBytes = rowBytes;
    this.to = to;
  }

  private static DType dtype(StoredType type) {
    DType dtype = TYPES.get(type);
    if (dtype == null) {
      throw new IllegalArgumentException("expected a quantised type: received " + type);
    }
    return dtype;
  }

  /// The rows of a stored matrix from the element `first` on, as a tensor of the quantised type.
  ///
  /// @param shape of the result, a matrix as wide as the stored one
  /// @throws IllegalArgumentException if the tensor is not quantised, or the shape is another
  public static Tensor pack(StoredTensor tensor, long first, Shape shape) {
    StoredType type = tensor.type();
    if (shape.rank() != 2 || shape.width() != tensor.shape().width()) {
      throw new IllegalArgumentException(
          "rows of %s must be as wide: received %s".formatted(tensor, shape));
    }
    DType dtype = dtype(type);
    MemorySegment from = tensor.data().asSlice(type.bytes(first), type.bytes(shape.elements()));
    MemorySegment to = Arena.ofAuto().allocate(dtype.bytes(shape), 64);
    int rows = shape.dimension(0);
    var packed = new PackedWeights(type, from, type.bytes(shape.width()), to);
    Parallel.run((rows + ROWS - 1) / ROWS, panel -> packed.panel(panel, rows, shape.width()));
    return Tensor.over(to, shape, dtype);
  }

  /// A matrix rounded to 8-bit integers with a scale for each row, whose largest magnitude becomes
  /// 127: [DType#I8].
  ///
  /// @param rows of the matrix, each a whole number of groups of 32
  public static Tensor roundRows(float[] values, Shape rows) {
    QuantizedLayout layout = QuantizedLayout.of(DType.I8);
    int width = rows.width();
    MemorySegment to = Arena.ofAuto().allocate(DType.I8.bytes(rows), 64);
    Parallel.run(
        rows.dimension(0),
        row -> {
          float largest = 0;
          for (int i = 0; i < width; i++) {
            largest = Math.max(largest, Math.abs(values[row * width + i]));
          }
          short scale = Float.floatToFloat16(largest / 127);
          float inverse = largest == 0 ? 0 : 1 / Float.float16ToFloat(scale);
          int lane = row % ROWS;
          for (int column = 0; column < width; column += QuantizedLayout.GROUP) {
            long block = layout.block(width, row, column);
            to.set(Elements.SHORT, block + 2 * lane, scale);
            long codes = block + layout.headerBytes() + 4 * lane;
            for (int i = 0; i < QuantizedLayout.GROUP; i++) {
              float scaled = values[row * width + column + i] * inverse;
              int rounded = Math.clamp((int) Math.rint(scaled), -127, 127);
              to.set(
                  ValueLayout.JAVA_BYTE,
                  codes + 64 * (i / 4) + i % 4,
                  (byte) (rounded + layout.zero()));
            }
          }
        });
    return Tensor.over(to, rows, DType.I8);
  }

  /// Sixteen rows: out of the file at once, since a block of it is small, and back at once.
  private void panel(int panel, int rows, int width) {
    byte[] out = new byte[Math.toIntExact(layout.panelBytes(width))];
    int row = Math.toIntExact(rowBytes);
    byte[] in = new byte[ROWS * row];
    int count = Math.min(ROWS, rows - panel * ROWS);
    long first = (long) panel * ROWS * rowBytes;
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, first, in, 0, count * row);
    int blocks = width / type.blockElements();
    for (int lane = 0; lane < count; lane++) {
      int read = lane * row;
      int write = 0;
      for (int block = 0; block < blocks; block++) {
        switch (type) {
          case Q8_0 -> eight(in, read, lane, out, write);
          case Q4_0, Q4_1, Q5_0, Q5_1 -> small(in, read, lane, out, write);
          case Q4_K, Q5_K -> parts(in, read, lane, out, write);
          default -> six(in, read, lane, out, write);
        }
        read += type.blockBytes();
        write += layout.blockBytes();
      }
    }
    MemorySegment.copy(
        out, 0, to, ValueLayout.JAVA_BYTE, panel * layout.panelBytes(width), out.length);
  }

  /// Four bytes, the first one lowest.
  private static int four(byte[] in, int at) {
    return (int) INTS.get(in, at);
  }

  /// Puts four bytes where there are zeros.
  private static void put(byte[] out, int at, int four) {
    INTS.set(out, at, four);
  }

  private static void half(byte[] in, int at, byte[] out, int to) {
    out[to] = in[at];
    out[to + 1] = in[at + 1];
  }

  private static void eight(byte[] in, int read, int row, byte[] out, int write) {
    half(in, read, out, write + 2 * row);
    int codes = write + 32 + 4 * row;
    for (int vector = 0; vector < 8; vector++) {
      put(out, codes + 64 * vector, four(in, read + 2 + 4 * vector) ^ 0x80808080);
    }
  }

  /// A byte of the file holds the elements i and i + 16: vectors v and v + 4.
  private void small(byte[] in, int read, int row, byte[] out, int write) {
    boolean minimum = layout.minimum();
    half(in, read, out, write + 2 * row);
    if (minimum) {
      half(in, read + 2, out, write + 32 + 2 * row);
    }
    int high = read + (minimum ? 4 : 2);
    int codes = write + layout.headerBytes() + 4 * row;
    int low = layout.bits() == 5 ? high + 4 : high;
    for (int vector = 0; vector < 4; vector++) {
      put(out, codes + 64 * vector, four(in, low + 4 * vector));
    }
    if (layout.bits() == 5) {
      int fifths = four(in, high); // one bit an element, four of a vector side by side
      int spread = 0;
      for (int vector = 0; vector < 8; vector++) {
        int bits = fifths >>> 4 * vector & 15;
        spread |= ((bits & 1) | (bits & 2) << 7 | (bits & 4) << 14 | (bits & 8) << 21) << vector;
      }
      put(out, codes + 256, spread);
    }
  }

  /// Where the file's small scales are: see [QuantizedBlocks].
  private void parts(byte[] in, int read, int row, byte[] out, int write) {
    half(in, read, out, write + 2 * row);
    half(in, read + 2, out, write + 32 + 2 * row);
    boolean five = layout.bits() == 5;
    for (int part = 0; part < 8; part++) {
      int group = write + layout.headerBytes() + part * layout.groupBytes();
      out[group + row] = (byte) QuantizedBlocks.partScale(in, read + 4, part);
      out[group + 16 + row] = (byte) QuantizedBlocks.partMinimum(in, read + 4, part);
      int codes = group + 32 + 4 * row;
      int low = read + (five ? 48 : 16) + part / 2 * 32;
      nibbles(in, low, part % 2 * 4, out, codes);
      if (five) {
        int spread = 0;
        for (int vector = 0; vector < 8; vector++) {
          spread |= (four(in, read + 16 + 4 * vector) >>> part & 0x01010101) << vector;
        }
        put(out, codes + 256, spread);
      }
    }
  }

  /// Half of each of 32 bytes, which begins at bit `shift`: those of vectors v and v + 4 together.
  private static void nibbles(byte[] in, int low, int shift, byte[] out, int codes) {
    for (int vector = 0; vector < 4; vector++) {
      int first = four(in, low + 4 * vector) >>> shift & 0x0F0F0F0F;
      int second = four(in, low + 16 + 4 * vector) >>> shift & 0x0F0F0F0F;
      put(out, codes + 64 * vector, first | second << 4);
    }
  }

  private void six(byte[] in, int read, int row, byte[] out, int write) {
    half(in, read + 208, out, write + 2 * row);
    for (int part = 0; part < 8; part++) {
      int group = write + layout.headerBytes() + part * layout.groupBytes();
      out[group + row] = in[read + 192 + 2 * part];
      out[group + 16 + row] = in[read + 193 + 2 * part];
      int codes = group + 32 + 4 * row;
      int half = part / 4;
      int quarter = part % 4;
      nibbles(in, read + half * 64 + quarter % 2 * 32, quarter / 2 * 4, out, codes);
      for (int plane = 0; plane < 2; plane++) {
        int spread = 0;
        for (int vector = 0; vector < 4; vector++) {
          int upper = four(in, read + 128 + half * 32 + 16 * plane + 4 * vector);
          spread |= (upper >>> 2 * quarter & 0x03030303) << 2 * vector;
        }
        put(out, codes + 256 + 64 * plane, spread);
      }
    }
  }
}
