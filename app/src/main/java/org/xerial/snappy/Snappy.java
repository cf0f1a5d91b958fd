package org.xerial.snappy;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

/// Unpacks Snappy blocks. Trusts nothing in them.
///
/// Source: the format description of Snappy: the length, then literals and copies of what stands
/// before, told apart by the two low bits of their first byte.
public final class Snappy {
  private static final int LONGEST_SHORT_LITERAL = 60;

  private Snappy() {}

  /// Unpacks what remains of `packed` to where `unpacked` stands; its limit becomes the end.
  ///
  /// @return how many bytes that are
  /// @throws IOException if the block is damaged, or longer than there is room
  public static int uncompress(ByteBuffer packed, ByteBuffer unpacked) throws IOException {
    ByteBuffer in = packed.duplicate();
    int start = unpacked.position();
    try {
      long length = length(in);
      if (length > unpacked.remaining()) {
        throw damaged("%d bytes must fit into %d".formatted(length, unpacked.remaining()));
      }
      ByteBuffer out = unpacked.duplicate().limit(start + (int) length);
      while (in.hasRemaining()) {
        element(in, out, start);
      }
      if (out.hasRemaining()) {
        throw damaged(out.remaining() + " bytes are missing");
      }
      unpacked.limit(out.limit());
      return (int) length;
    } catch (BufferUnderflowException e) {
      throw damaged("it ends too early");
    }
  }

  /// Seven bits a byte, the lowest first; a set high bit says that more follow.
  private static long length(ByteBuffer in) throws IOException {
    long length = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      int bits = in.get();
      length |= (bits & 0x7FL) << shift;
      if (bits >= 0) {
        return length;
      }
    }
    throw damaged("its length has more than 32 bits");
  }

  private static void element(ByteBuffer in, ByteBuffer out, int start) throws IOException {
    int tag = in.get() & 0xFF;
    switch (tag & 3) {
      case 0 -> {
        int code = tag >> 2;
        literal(
            in,
            out,
            1
                + (code < LONGEST_SHORT_LITERAL
                    ? code
                    : little(in, code - LONGEST_SHORT_LITERAL + 1)));
      }
      case 1 -> copy(out, start, 4 + (tag >> 2 & 7), (tag >> 5) << 8 | little(in, 1));
      case 2 -> copy(out, start, 1 + (tag >> 2), little(in, 2));
      default -> copy(out, start, 1 + (tag >> 2), little(in, 4));
    }
  }

  private static long little(ByteBuffer in, int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (in.get() & 0xFFL) << 8 * i;
    }
    return value;
  }

  private static void literal(ByteBuffer in, ByteBuffer out, long length) throws IOException {
    if (length > in.remaining() || length > out.remaining()) {
      throw damaged("a literal of %d bytes is too long".formatted(length));
    }
    out.put(in.slice(in.position(), (int) length));
    in.position(in.position() + (int) length);
  }

  /// Byte by byte: a copy may begin in what it writes itself.
  private static void copy(ByteBuffer out, int start, int length, long back) throws IOException {
    if (back < 1 || back > out.position() - start || length > out.remaining()) {
      throw damaged("a copy of %d bytes from %d before".formatted(length, back));
    }
    for (int i = 0; i < length; i++) {
      out.put(out.get(out.position() - (int) back));
    }
  }

  private static IOException damaged(String why) {
    return new IOException("a Snappy block is damaged: " + why);
  }
}
