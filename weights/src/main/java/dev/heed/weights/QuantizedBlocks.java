package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/// Turns quantised blocks into floats. In the formulas d and m are a block's scale and minimum, q
/// an element's integer, s and t the integers that scale d and m for a part of a large block.
///
/// Source: ggml's block formats; the same bits as its `dequantize_row_*` without fused
/// multiply-add.
final class QuantizedBlocks {
  /// A minimum that changes nothing when it is added: x + −0 is x, also for −0.
  private static final float NONE = -0f;

  private QuantizedBlocks() {}

  /// Writes `count` elements of `blocks`, from the element `first`, to `target` as native floats.
  static void decode(
      StoredType type, MemorySegment blocks, long first, MemorySegment target, long count) {
    float[] block = new float[type.blockElements()];
    MemorySegment decoded = MemorySegment.ofArray(block);
    long done = 0;
    while (done < count) {
      long index = (first + done) / block.length;
      int skip = (int) ((first + done) % block.length);
      long taken = Math.min(block.length - skip, count - done);
      decodeBlock(type, blocks, index * type.blockBytes(), block);
      MemorySegment.copy(decoded, skip * 4L, target, done * 4, taken * 4);
      done += taken;
    }
  }

  private static void decodeBlock(StoredType type, MemorySegment in, long at, float[] out) {
    switch (type) {
      case Q4_0 -> decodeQ4(in, at + 2, half(in, at), NONE, 8, out);
      case Q4_1 -> decodeQ4(in, at + 4, half(in, at), half(in, at + 2), 0, out);
      case Q5_0 -> decodeQ5(in, at + 2, half(in, at), NONE, 16, out);
      case Q5_1 -> decodeQ5(in, at + 4, half(in, at), half(in, at + 2), 0, out);
      case Q8_0 -> decodeQ8(in, at, out);
      case Q4_K -> decodeQ4K(in, at, out);
      case Q5_K -> decodeQ5K(in, at, out);
      case Q6_K -> decodeQ6K(in, at, out);
      case F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL ->
          throw new IllegalArgumentException("expected a quantised type: received " + type);
    }
  }

  /// d · (q − zero) + m; the low halves of the bytes are the first 16 elements.
  private static void decodeQ4(MemorySegment in, long at, float d, float m, int zero, float[] out) {
    for (int i = 0; i < 16; i++) {
      int pair = u8(in, at + i);
      out[i] = d * ((pair & 15) - zero) + m;
      out[i + 16] = d * ((pair >> 4) - zero) + m;
    }
  }

  /// As [#decodeQ4], with the fifth bits of all elements in a word before them.
  private static void decodeQ5(MemorySegment in, long at, float d, float m, int zero, float[] out) {
    int fifth = in.get(Elements.INT, at);
    for (int i = 0; i < 16; i++) {
      int pair = u8(in, at + 4 + i);
      out[i] = d * ((pair & 15 | (fifth >>> i & 1) << 4) - zero) + m;
      out[i + 16] = d * ((pair >> 4 | (fifth >>> i + 16 & 1) << 4) - zero) + m;
    }
  }

  /// d · q
  private static void decodeQ8(MemorySegment in, long at, float[] out) {
    float d = half(in, at);
    for (int i = 0; i < 32; i++) {
      out[i] = d * in.get(JAVA_BYTE, at + 2 + i);
    }
  }

  /// (d · s) · q − (m · t), in 8 parts of 32; a byte holds an element of a part and one of the
  /// next.
  private static void decodeQ4K(MemorySegment in, long at, float[] out) {
    float d = half(in, at);
    float m = half(in, at + 2);
    for (int part = 0; part < 8; part++) {
      float scale = d * partScale(in, at + 4, part);
      float minimum = m * partMinimum(in, at + 4, part);
      long bytes = at + 16 + part / 2 * 32;
      int shift = part % 2 * 4;
      for (int i = 0; i < 32; i++) {
        out[part * 32 + i] = scale * (u8(in, bytes + i) >> shift & 15) - minimum;
      }
    }
  }

  /// As [#decodeQ4K]; bit `part` of 32 more bytes is the fifth bit of that part's elements.
  private static void decodeQ5K(MemorySegment in, long at, float[] out) {
    float d = half(in, at);
    float m = half(in, at + 2);
    for (int part = 0; part < 8; part++) {
      float scale = d * partScale(in, at + 4, part);
      float minimum = m * partMinimum(in, at + 4, part);
      long bytes = at + 48 + part / 2 * 32;
      int shift = part % 2 * 4;
      for (int i = 0; i < 32; i++) {
        int q = u8(in, bytes + i) >> shift & 15 | (u8(in, at + 16 + i) >> part & 1) << 4;
        out[part * 32 + i] = scale * q - minimum;
      }
    }
  }

  /// (d · s) · (q − 32), in 16 parts of 16. Each half of the block has 64 bytes of low bits, 4 an
  /// element, and 32 bytes of high bits, 2 an element.
  private static void decodeQ6K(MemorySegment in, long at, float[] out) {
    float d = half(in, at + 208);
    for (int i = 0; i < 256; i++) {
      int half = i / 128;
      int quarter = i % 128 / 32;
      int lane = i % 32;
      int low = u8(in, at + half * 64 + quarter % 2 * 32 + lane) >> quarter / 2 * 4 & 15;
      int high = u8(in, at + 128 + half * 32 + lane) >> quarter * 2 & 3;
      float scale = d * in.get(JAVA_BYTE, at + 192 + i / 16);
      out[i] = scale * ((low | high << 4) - 32);
    }
  }

  /// Eight scales and eight minima of 6 bits in 12 bytes: the first four of each have bytes of
  /// their own, whose upper two bits are those of the last four.
  private static int partScale(MemorySegment in, long at, int part) {
    return part < 4
        ? u8(in, at + part) & 63
        : u8(in, at + part + 4) & 15 | u8(in, at + part - 4) >> 6 << 4;
  }

  private static int partMinimum(MemorySegment in, long at, int part) {
    return part < 4
        ? u8(in, at + part + 4) & 63
        : u8(in, at + part + 4) >> 4 | u8(in, at + part) >> 6 << 4;
  }

  private static float half(MemorySegment in, long at) {
    return Float.float16ToFloat(in.get(Elements.SHORT, at));
  }

  private static int u8(MemorySegment in, long at) {
    return Byte.toUnsignedInt(in.get(JAVA_BYTE, at));
  }

  /// As [#partScale(MemorySegment, long, int)] of a block that was read.
  static int partScale(byte[] in, int at, int part) {
    return part < 4
        ? in[at + part] & 63
        : in[at + part + 4] & 15 | (in[at + part - 4] >> 6 & 3) << 4;
  }

  static int partMinimum(byte[] in, int at, int part) {
    return part < 4
        ? in[at + part + 4] & 63
        : in[at + part + 4] >> 4 & 15 | (in[at + part] >> 6 & 3) << 4;
  }
}
