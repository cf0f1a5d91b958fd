package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.heed.weights.GgufValue.Type;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// An array in a GGUF file, such as a vocabulary; decoded when it is asked for.
public final class GgufArray implements GgufValue {
  private final Type elementType;
  private final int length;
  private final MemorySegment bytes;

  /// @param bytes the elements as the file stores them, already found to be whole
  GgufArray(Type elementType, int length, MemorySegment bytes) {
    this.elementType = elementType;
    this.length = length;
    this.bytes = bytes;
  }

  /// An array of texts.
  public static GgufArray of(List<String> texts) {
    var bytes = new ByteArrayOutputStream();
    for (String text : texts) {
      byte[] utf8 = text.getBytes(UTF_8);
      bytes.writeBytes(littleEndian(8).putLong(utf8.length).array());
      bytes.writeBytes(utf8);
    }
    return new GgufArray(Type.TEXT, texts.size(), StoredTensor.bytes(bytes.toByteArray()));
  }

  /// An array of [Type#I32].
  public static GgufArray of(int... values) {
    ByteBuffer bytes = littleEndian(values.length * 4);
    for (int value : values) {
      bytes.putInt(value);
    }
    return new GgufArray(Type.I32, values.length, StoredTensor.bytes(bytes.array()));
  }

  /// An array of [Type#F32].
  public static GgufArray of(float... values) {
    ByteBuffer bytes = littleEndian(values.length * 4);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return new GgufArray(Type.F32, values.length, StoredTensor.bytes(bytes.array()));
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public Type type() {
    return Type.ARRAY;
  }

  /// How each element is stored.
  public Type elementType() {
    return elementType;
  }

  /// The number of elements.
  public int length() {
    return length;
  }

  /// The elements of an array of texts.
  ///
  /// @throws IllegalStateException when they are something else
  public List<String> texts() {
    expect(elementType == Type.TEXT, "texts");
    List<String> texts = new ArrayList<>(length);
    long at = 0;
    for (int i = 0; i < length; i++) {
      int utf8 = (int) bytes.get(Elements.LONG, at);
      texts.add(new String(bytes.asSlice(at + 8, utf8).toArray(JAVA_BYTE), UTF_8));
      at += 8 + utf8;
    }
    return Collections.unmodifiableList(texts);
  }

  /// The elements of an array of integers or truth values; those of [Type#U64] above 2⁶³ − 1 come
  /// out negative.
  ///
  /// @throws IllegalStateException when they are something else
  public long[] integers() {
    expect(elementType.isInteger() || elementType == Type.BOOL, "integers");
    long[] values = new long[length];
    for (int i = 0; i < length; i++) {
      values[i] = elementType.extend(bits(i));
    }
    return values;
  }

  /// The elements of an array of [Type#F32].
  ///
  /// @throws IllegalStateException when they are something else
  public float[] floats() {
    expect(elementType == Type.F32, "F32");
    float[] values = new float[length];
    MemorySegment.copy(bytes, Elements.FLOAT, 0, values, 0, length);
    return values;
  }

  /// The elements as the file stores them.
  MemorySegment bytes() {
    return bytes;
  }

  private long bits(int index) {
    return switch (elementType.bytes()) {
      case 1 -> bytes.get(JAVA_BYTE, index);
      case 2 -> bytes.get(Elements.SHORT, index * 2L);
      case 4 -> bytes.get(Elements.INT, index * 4L);
      default -> bytes.get(Elements.LONG, index * 8L);
    };
  }

  private void expect(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException("expected an array of " + what + ": found " + this);
    }
  }

  @Override
  public String toString() {
    return "%d × %s".formatted(length, elementType);
  }
}
