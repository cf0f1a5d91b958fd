package dev.heed.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The elements of a tensor as doubles, whatever their type: how the reference kernels read and
/// write.
abstract sealed class Elements {
  final MemorySegment memory;

  private Elements(Tensor tensor) {
    this.memory = tensor.memory();
  }

  static Elements of(Tensor tensor) {
    return switch (tensor.dtype()) {
      case F32 -> new F32(tensor);
      case F64 -> new F64(tensor);
      case BF16 -> new BF16(tensor);
      case I32 -> new I32(tensor);
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, I8 -> new Quantized(tensor);
    };
  }

  abstract double get(long index);

  abstract void set(long index, double value);

  final void add(long index, double value) {
    set(index, get(index) + value);
  }

  private static final class F32 extends Elements {
    F32(Tensor tensor) {
      super(tensor);
    }

    @Override
    double get(long index) {
      return memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }

    @Override
    void set(long index, double value) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
    }
  }

  private static final class F64 extends Elements {
    F64(Tensor tensor) {
      super(tensor);
    }

    @Override
    double get(long index) {
      return memory.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
    }

    @Override
    void set(long index, double value) {
      memory.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
    }
  }

  private static final class BF16 extends Elements {
    BF16(Tensor tensor) {
      super(tensor);
    }

    @Override
    double get(long index) {
      return Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, index) << 16);
    }

    @Override
    void set(long index, double value) {
      memory.setAtIndex(ValueLayout.JAVA_SHORT, index, round((float) value));
    }

    /// The upper half of the bits, rounded to nearest even; NaN stays NaN.
    private static short round(float value) {
      int bits = Float.floatToRawIntBits(value);
      if (Float.isNaN(value)) {
        return (short) (bits >>> 16 | 0x40);
      }
      return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
  }

  private static final class I32 extends Elements {
    I32(Tensor tensor) {
      super(tensor);
    }

    @Override
    double get(long index) {
      return memory.getAtIndex(ValueLayout.JAVA_INT, index);
    }

    @Override
    void set(long index, double value) {
      memory.setAtIndex(ValueLayout.JAVA_INT, index, (int) value);
    }
  }

  /// Decodes a row at a time; nothing can be written.
  private static final class Quantized extends Elements {
    private final QuantizedLayout layout;
    private final float[] row;
    private long decoded = -1;

    Quantized(Tensor tensor) {
      super(tensor);
      this.layout = QuantizedLayout.of(tensor.dtype());
      this.row = new float[tensor.shape().width()];
    }

    @Override
    synchronized double get(long index) {
      long wanted = index / row.length;
      if (wanted != decoded) {
        layout.decode(memory, row.length, wanted, 1, row);
        decoded = wanted;
      }
      return row[(int) (index % row.length)];
    }

    @Override
    void set(long index, double value) {
      throw new IllegalStateException("quantised elements cannot be written one by one");
    }
  }
}
