package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;

/// Walks over the fields of one protobuf message. The caller asks for [#next] and then either reads
/// the field's value or [#skip]s it.
///
/// Source: the protobuf encoding guide. Groups, which were given up long ago, are refused.
final class ProtobufReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  /// No name in a graph comes near.
  private static final int MAX_STRING = 4096;

  private final String source;
  private final MemorySegment message;
  private long position;
  private int field;
  private int wireType;

  /// @param source the file, for messages
  ProtobufReader(String source, MemorySegment message) {
    this.source = source;
    this.message = message;
  }

  /// Goes to the next field; false at the end of the message.
  boolean next() {
    if (position == message.byteSize()) {
      return false;
    }
    long tag = rawVarint();
    wireType = (int) (tag & 7);
    if (tag >>> 3 == 0 || tag >>> 3 >= 1 << 29) {
      throw wrong("a field number from 1 to 2^29 - 1", Long.toUnsignedString(tag >>> 3));
    }
    field = (int) (tag >>> 3);
    return true;
  }

  /// The number of the current field.
  int field() {
    return field;
  }

  /// Whether the current field is a text, a message or a packed list.
  boolean isLengthDelimited() {
    return wireType == LENGTH_DELIMITED;
  }

  /// Whether anything is left to read: for lists of numbers without tags.
  boolean hasMore() {
    return position < message.byteSize();
  }

  /// The value of an integer field.
  long varint() {
    expect(VARINT);
    return rawVarint();
  }

  /// The value of a field of bytes.
  MemorySegment bytes() {
    expect(LENGTH_DELIMITED);
    long length = rawVarint();
    if (length < 0 || length > message.byteSize() - position) {
      throw wrong(
          "at most " + (message.byteSize() - position) + " bytes", Long.toUnsignedString(length));
    }
    MemorySegment bytes = message.asSlice(position, length);
    position += length;
    return bytes;
  }

  /// The value of a field that is a message.
  ProtobufReader message() {
    return new ProtobufReader(source, bytes());
  }

  /// The value of a text field.
  String string() {
    MemorySegment bytes = bytes();
    if (bytes.byteSize() > MAX_STRING) {
      throw wrong("a text of at most " + MAX_STRING + " bytes", bytes.byteSize() + " bytes");
    }
    return new String(bytes.toArray(JAVA_BYTE), UTF_8);
  }

  /// Passes over the value of the current field.
  void skip() {
    switch (wireType) {
      case VARINT -> rawVarint();
      case FIXED64 -> advance(8);
      case LENGTH_DELIMITED -> bytes();
      case FIXED32 -> advance(4);
      default -> throw wrong("a wire type of 0, 1, 2 or 5", String.valueOf(wireType));
    }
  }

  /// A number of up to 64 bits, 7 in a byte, the lowest first.
  long rawVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (position == message.byteSize()) {
        throw wrong("a number", "the end of the message");
      }
      byte next = message.get(JAVA_BYTE, position++);
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw wrong("a number of at most 10 bytes", "more");
  }

  private void advance(int count) {
    if (message.byteSize() - position < count) {
      throw wrong(count + " bytes", "the end of the message");
    }
    position += count;
  }

  private void expect(int expected) {
    if (wireType != expected) {
      throw wrong("wire type " + expected, "wire type " + wireType);
    }
  }

  private WeightsException wrong(String expected, String found) {
    return new WeightsException(
        source + ": field " + field + " of a message: expected " + expected + ": found " + found);
  }
}
