package dev.heed.weights;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;

/// Puts quantised blocks in the order in which kernels read them ([QuantizedLayout]): the same
/// numbers, in the same space (2.8 % more for Q4_K, 2.3 % for Q5_K, whose small scales get a byte
/// each).
public final class PackedWeights {
  private static final int ROWS = QuantizedLayout.ROWS;
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

  private void panel(int panel, int rows, int width) {
    byte[] out = new byte[layout.blockBytes()];
    byte[] in = new byte[type.blockBytes()];
    int blocks = width / type.blockElements();
    int count = Math.min(ROWS, rows - panel * ROWS);
    long at = panel * layout.panelBytes(width);
    for (int block = 0; block < blocks; block++) {
      for (int row = 0; row < count; row++) {
        long source = ((long) panel * ROWS + row) * rowBytes + (long) block * in.length;
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, source, in, 0, in.length);
        switch (type) {
          case Q8_0 -> eight(in, row, out);
          case Q4_0, Q4_1, Q5_0, Q5_1 -> small(in, row, out);
          case Q4_K, Q5_K -> parts(in, row, out);
          default -> six(in, row, out);
        }
      }
      MemorySegment.copy(out, 0, to, ValueLayout.JAVA_BYTE, at, out.length);
      java.util.Arrays.fill(out, (byte) 0);
      at += out.length;
    }
  }

  private static void half(byte[] in, int at, byte[] out, int to) {
    out[to] = in[at];
    out[to + 1] = in[at + 1];
  }

  private static void eight(byte[] in, int row, byte[] out) {
    half(in, 0, out, 2 * row);
    for (int vector = 0; vector < 8; vector++) {
      for (int i = 0; i < 4; i++) {
        out[32 + 64 * vector + 4 * row + i] = (byte) (in[2 + 4 * vector + i] ^ 0x80);
      }
    }
  }

  /// A byte of the file holds the elements i and i + 16: vectors v and v + 4.
  private void small(byte[] in, int row, byte[] out) {
    boolean minimum = layout.minimum();
    half(in, 0, out, 2 * row);
    if (minimum) {
      half(in, 2, out, 32 + 2 * row);
    }
    int high = minimum ? 4 : 2;
    int codes = layout.headerBytes();
    int low = layout.bits() == 5 ? high + 4 : high;
    for (int i = 0; i < 16; i++) {
      out[codes + 64 * (i / 4) + 4 * row + i % 4] = in[low + i];
    }
    if (layout.bits() == 5) {
      for (int i = 0; i < 32; i++) {
        int bit = in[high + i / 8] >> i % 8 & 1;
        out[codes + 256 + 4 * row + i % 4] |= (byte) (bit << i / 4);
      }
    }
  }

  /// Where the file's small scales are: see [QuantizedBlocks].
  private void parts(byte[] in, int row, byte[] out) {
    half(in, 0, out, 2 * row);
    half(in, 2, out, 32 + 2 * row);
    boolean five = layout.bits() == 5;
    for (int part = 0; part < 8; part++) {
      int group = layout.headerBytes() + part * layout.groupBytes();
      out[group + row] = (byte) QuantizedBlocks.partScale(in, 4, part);
      out[group + 16 + row] = (byte) QuantizedBlocks.partMinimum(in, 4, part);
      int codes = group + 32;
      int low = (five ? 48 : 16) + part / 2 * 32;
      int shift = part % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int lane = 4 * row + i % 4;
        int vector = i / 4;
        int code = in[low + i] >> shift & 15;
        out[codes + 64 * (vector % 4) + lane] |= (byte) (code << vector / 4 * 4);
        if (five) {
          out[codes + 256 + lane] |= (byte) ((in[16 + i] >> part & 1) << vector);
        }
      }
    }
  }

  private void six(byte[] in, int row, byte[] out) {
    half(in, 208, out, 2 * row);
    for (int part = 0; part < 8; part++) {
      int group = layout.headerBytes() + part * layout.groupBytes();
      out[group + row] = in[192 + 2 * part];
      out[group + 16 + row] = in[193 + 2 * part];
      int codes = group + 32;
      int half = part / 4;
      int quarter = part % 4;
      for (int i = 0; i < 32; i++) {
        int lane = 4 * row + i % 4;
        int vector = i / 4;
        int low = in[half * 64 + quarter % 2 * 32 + i] >> quarter / 2 * 4 & 15;
        int high = in[128 + half * 32 + i] >> quarter * 2 & 3;
        out[codes + 64 * (vector % 4) + lane] |= (byte) (low << vector / 4 * 4);
        out[codes + 256 + 64 * (vector / 4) + lane] |= (byte) (high << vector % 4 * 2);
      }
    }
  }
}
