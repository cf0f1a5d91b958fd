package dev.heed.weights;

/// A value that a GGUF file says about itself.
public sealed interface GgufValue permits GgufValue.Scalar, GgufArray {
  /// A value that is no array.
  sealed interface Scalar extends GgufValue {}

  /// The types of values, in the order of their numbers in the file.
  enum Type {
    U8(1),
    I8(1),
    U16(2),
    I16(2),
    U32(4),
    I32(4),
    F32(4),
    BOOL(1),
    TEXT(0),
    ARRAY(0),
    U64(8),
    I64(8),
    F64(8);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /// The size of a value in bytes, 0 where it varies.
    int bytes() {
      return bytes;
    }

    boolean isInteger() {
      return switch (this) {
        case U8, I8, U16, I16, U32, I32, U64, I64 -> true;
        case F32, F64, BOOL, TEXT, ARRAY -> false;
      };
    }

    /// What these bits are as a number of this type.
    long extend(long bits) {
      return switch (this) {
        case U8 -> bits & 0xff;
        case I8 -> (byte) bits;
        case U16 -> bits & 0xffff;
        case I16 -> (short) bits;
        case U32 -> bits & 0xffff_ffffL;
        case I32 -> (int) bits;
        case F32, BOOL, TEXT, ARRAY, U64, I64, F64 -> bits;
      };
    }
  }

  /// How the value is stored.
  Type type();

  /// An integer; one of [Type#U64] above 2⁶³ − 1 is negative here.
  record Whole(Type type, long value) implements Scalar {
    public Whole {
      if (!type.isInteger() || type.extend(value) != value) {
        throw new IllegalArgumentException(
            "expected an integer of " + type + ": received " + value);
      }
    }

    @Override
    public String toString() {
      return type == Type.U64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
  }

  /// A floating-point number.
  record Real(Type type, double value) implements Scalar {
    public Real {
      if (type != Type.F32 && type != Type.F64) {
        throw new IllegalArgumentException("expected F32 or F64: received " + type);
      }
    }

    @Override
    public String toString() {
      // The shortest digits that name the number stored.
      return type == Type.F32 ? Float.toString((float) value) : Double.toString(value);
    }
  }

  /// A truth value.
  record Flag(boolean value) implements Scalar {
    @Override
    public Type type() {
      return Type.BOOL;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /// A text.
  record Text(String value) implements Scalar {
    @Override
    public Type type() {
      return Type.TEXT;
    }

    @Override
    public String toString() {
      return value;
    }
  }

  /// A count, as GGUF files store almost all of them.
  static GgufValue u32(long value) {
    return new Whole(Type.U32, value);
  }

  /// A number, as GGUF files store almost all of them.
  static GgufValue f32(float value) {
    return new Real(Type.F32, value);
  }

  /// A truth value.
  static GgufValue of(boolean value) {
    return new Flag(value);
  }

  /// A text.
  static GgufValue of(String value) {
    return new Text(value);
  }
}
