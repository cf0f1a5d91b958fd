package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.heed.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// A tensor as a checkpoint stores it, row-major: `data` looks straight into the mapped file, so it
/// is read-only there, costs nothing until it is read, and need not be aligned.
///
/// @param name the name under which it is stored
/// @param type how the elements are stored
/// @param shape the extents, outermost first
/// @param data exactly `type.bytes(shape.elements())` bytes, little-endian
public record StoredTensor(String name, StoredType type, Shape shape, MemorySegment data) {
  /// A whole number of blocks of every type.
  private static final int PIECE = 1 << 16;

  public StoredTensor {
    Objects.requireNonNull(name);
    if (shape.width() % type.blockElements() != 0) {
      throw new IllegalArgumentException(
          "%s: expected a last dimension of whole blocks of %d for %s: received %s"
              .formatted(name, type.blockElements(), type, shape));
    }
    long expected = type.bytes(shape.elements());
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          name
              + ": expected "
              + expected
              + " bytes for "
              + type
              + " "
              + shape
              + ": received "
              + data.byteSize());
    }
  }

  /// An [StoredType#F32] tensor with a copy of these values.
  public static StoredTensor of(String name, Shape shape, float[] values) {
    var data = allocate(StoredType.F32.bytes(values.length));
    MemorySegment.copy(values, 0, data, Elements.FLOAT, 0, values.length);
    return copyOf(name, StoredType.F32, shape, data);
  }

  /// An [StoredType#F64] tensor with a copy of these values.
  public static StoredTensor of(String name, Shape shape, double[] values) {
    var data = allocate(StoredType.F64.bytes(values.length));
    MemorySegment.copy(values, 0, data, Elements.DOUBLE, 0, values.length);
    return copyOf(name, StoredType.F64, shape, data);
  }

  /// An [StoredType#I32] tensor with a copy of these values.
  public static StoredTensor of(String name, Shape shape, int[] values) {
    var data = allocate(StoredType.I32.bytes(values.length));
    MemorySegment.copy(values, 0, data, Elements.INT, 0, values.length);
    return copyOf(name, StoredType.I32, shape, data);
  }

  /// An [StoredType#I64] tensor with a copy of these values.
  public static StoredTensor of(String name, Shape shape, long[] values) {
    var data = allocate(StoredType.I64.bytes(values.length));
    MemorySegment.copy(values, 0, data, Elements.LONG, 0, values.length);
    return copyOf(name, StoredType.I64, shape, data);
  }

  private static StoredTensor copyOf(
      String name, StoredType type, Shape shape, MemorySegment data) {
    return new StoredTensor(name, type, shape, data.asReadOnly());
  }

  static MemorySegment allocate(long bytes) {
    return Arena.ofAuto().allocate(bytes, 64);
  }

  /// The same tensor under another name.
  public StoredTensor withName(String other) {
    return new StoredTensor(other, type, shape, data);
  }

  /// All elements as 32-bit floats; exact for [StoredType#F32], [StoredType#F16], [StoredType#BF16]
  /// and integers up to 2²⁴.
  ///
  /// @throws IllegalStateException when there are more elements than an array holds
  public float[] toFloats() {
    float[] values = new float[arrayLength()];
    copyTo(MemorySegment.ofArray(values));
    return values;
  }

  /// Writes all elements to `destination` as 32-bit floats in the machine's byte order.
  ///
  /// @throws IllegalArgumentException when `destination` is not 4 bytes an element
  public void copyTo(MemorySegment destination) {
    long expected = StoredType.F32.bytes(shape.elements());
    if (destination.byteSize() != expected) {
      throw new IllegalArgumentException(
          name
              + ": the destination of "
              + type
              + " "
              + shape
              + " must have "
              + expected
              + " bytes: received "
              + destination.byteSize());
    }
    copyTo(0, destination);
  }

  /// Fills `destination` with 32-bit floats in the machine's byte order, beginning at the element
  /// `first`, so that a part, such as one row of an embedding, is read without the rest.
  ///
  /// @throws IndexOutOfBoundsException when the part is not inside the tensor
  public void copyTo(long first, MemorySegment destination) {
    long count = destination.byteSize() / Float.BYTES;
    Objects.checkFromIndexSize(first, count, shape.elements());
    Elements.decode(type, data, first, destination, count);
  }

  /// Lets go of the memory that holds what was read of the file: for tensors that were taken over
  /// in another form. Reading them again is possible, and brings it back.
  public void letGo() {
    if (data.isMapped()) {
      data.unload();
    }
  }

  /// All elements as 64-bit floats; exact for every type but large [StoredType#I64] values.
  ///
  /// @throws IllegalStateException when there are more elements than an array holds
  public double[] toDoubles() {
    double[] values = new double[arrayLength()];
    switch (type) {
      case F64 -> MemorySegment.copy(data, Elements.DOUBLE, 0, values, 0, values.length);
      case I64, I32 -> {
        for (int i = 0; i < values.length; i++) {
          values[i] = Elements.integer(type, data, i);
        }
      }
      case F32, F16, BF16, I16, I8, U8, BOOL, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> {
        float[] floats = toFloats();
        for (int i = 0; i < values.length; i++) {
          values[i] = floats[i];
        }
      }
    }
    return values;
  }

  /// All elements of a tensor of integers or truth values (0 and 1).
  ///
  /// @throws IllegalStateException when the elements are floating point, or too many for an array
  public long[] toLongs() {
    long[] values = new long[arrayLength()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Elements.integer(type, data, i);
    }
    return values;
  }

  /// The same numbers stored as `other`: [StoredType#F32], [StoredType#F16] or [StoredType#BF16],
  /// rounded to nearest even, or quantised to [StoredType#Q8_0], [StoredType#Q4_0] or
  /// [StoredType#Q4_K].
  ///
  /// @throws IllegalArgumentException when `other` is another type, or its blocks do not fit a row
  public StoredTensor as(StoredType other) {
    if (other == type) {
      return this;
    }
    if (shape.width() % other.blockElements() != 0) {
      throw new IllegalArgumentException(
          "%s: %s needs a last dimension of whole blocks of %d: received %s"
              .formatted(name, other, other.blockElements(), shape));
    }
    // Piece by piece: all elements at once might not fit the heap.
    float[] piece = new float[(int) Math.min(PIECE, shape.elements())];
    var target = allocate(other.bytes(shape.elements()));
    for (long first = 0; first < shape.elements(); first += PIECE) {
      int count = (int) Math.min(PIECE, shape.elements() - first);
      copyTo(first, MemorySegment.ofArray(piece).asSlice(0, count * 4L));
      Elements.encode(other, piece, count, target.asSlice(other.bytes(first), other.bytes(count)));
    }
    return copyOf(name, other, shape, target);
  }

  /// Whether both store the same bits under the same name.
  public boolean sameAs(StoredTensor other) {
    return name.equals(other.name)
        && type == other.type
        && shape.equals(other.shape)
        && data.mismatch(other.data) == -1;
  }

  private int arrayLength() {
    long elements = shape.elements();
    if (elements > Integer.MAX_VALUE - 8) {
      throw new IllegalStateException(
          name
              + ": an array holds at most 2^31 - 9 elements: "
              + type
              + " "
              + shape
              + " has "
              + elements
              + "; use copyTo");
    }
    return (int) elements;
  }

  @Override
  public String toString() {
    return name + " " + type + " " + shape;
  }

  static MemorySegment bytes(byte[] values) {
    var data = allocate(values.length);
    MemorySegment.copy(values, 0, data, JAVA_BYTE, 0, values.length);
    return data;
  }
}
