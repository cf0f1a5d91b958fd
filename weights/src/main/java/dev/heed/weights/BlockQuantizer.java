package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/// Turns floats into quantised blocks.
///
/// Source: ggml's block formats. Q8_0 and Q4_0 give ggml's bits; Q4_K searches the scales in ggml's
/// manner, to an error that is no larger.
final class BlockQuantizer {
  private static final int PART = 32;
  private static final int PARTS = 8;

  private BlockQuantizer() {}

  /// Writes `count` floats, a whole number of blocks, to `target`.
  static void encode(StoredType type, float[] values, int count, MemorySegment target) {
    int elements = type.blockElements();
    for (int block = 0; block < count / elements; block++) {
      MemorySegment out = target.asSlice((long) block * type.blockBytes(), type.blockBytes());
      int first = block * elements;
      switch (type) {
        case Q8_0 -> encodeQ8(values, first, out);
        case Q4_0 -> encodeQ4(values, first, out);
        case Q4_K -> encodeQ4K(values, first, out);
        case F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL, Q4_1, Q5_0, Q5_1, Q5_K, Q6_K ->
            throw new IllegalArgumentException("expected Q8_0, Q4_0 or Q4_K: received " + type);
      }
    }
  }

  /// The largest magnitude becomes 127.
  private static void encodeQ8(float[] values, int first, MemorySegment out) {
    float largest = 0;
    for (int i = 0; i < 32; i++) {
      largest = Math.max(largest, Math.abs(values[first + i]));
    }
    float scale = largest / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    out.set(Elements.SHORT, 0, Float.floatToFloat16(scale));
    for (int i = 0; i < 32; i++) {
      float scaled = values[first + i] * inverse;
      // Halves away from 0, as C's roundf.
      int rounded = (int) (scaled < 0 ? Math.ceil(scaled - 0.5) : Math.floor(scaled + 0.5));
      out.set(JAVA_BYTE, 2 + i, (byte) rounded);
    }
  }

  /// The value of the largest magnitude becomes −8, which has no counterpart +8.
  private static void encodeQ4(float[] values, int first, MemorySegment out) {
    float extreme = 0;
    for (int i = 0; i < 32; i++) {
      if (Math.abs(values[first + i]) > Math.abs(extreme)) {
        extreme = values[first + i];
      }
    }
    float scale = extreme / -8;
    float inverse = scale == 0 ? 0 : 1 / scale;
    out.set(Elements.SHORT, 0, Float.floatToFloat16(scale));
    for (int i = 0; i < 16; i++) {
      int low = Math.clamp((int) (values[first + i] * inverse + 8.5f), 0, 15);
      int high = Math.clamp((int) (values[first + i + 16] * inverse + 8.5f), 0, 15);
      out.set(JAVA_BYTE, 2 + i, (byte) (low | high << 4));
    }
  }

  private static void encodeQ4K(float[] values, int first, MemorySegment out) {
    var fits = new ScaleSearch.Fit[PARTS];
    float largestScale = 0;
    float largestMinimum = 0;
    for (int part = 0; part < PARTS; part++) {
      fits[part] = ScaleSearch.search(values, first + part * PART, PART, 15);
      largestScale = Math.max(largestScale, fits[part].scale());
      largestMinimum = Math.max(largestMinimum, fits[part].minimum());
    }
    short d = Float.floatToFloat16(largestScale / 63);
    short m = Float.floatToFloat16(largestMinimum / 63);
    out.fill((byte) 0);
    out.set(Elements.SHORT, 0, d);
    out.set(Elements.SHORT, 2, m);
    for (int part = 0; part < PARTS; part++) {
      int s = sixBits(fits[part].scale(), largestScale);
      int t = sixBits(fits[part].minimum(), largestMinimum);
      putScales(out, part, s, t);
      // What the reader will compute, not what the search found.
      float scale = Float.float16ToFloat(d) * s;
      float minimum = Float.float16ToFloat(m) * t;
      long bytes = 16 + part / 2 * PART;
      int shift = part % 2 * 4;
      for (int i = 0; i < PART && scale > 0; i++) {
        float value = values[first + part * PART + i];
        int q = Math.clamp((int) Math.rint((value + minimum) / scale), 0, 15);
        or(out, bytes + i, q << shift);
      }
    }
  }

  private static int sixBits(float value, float largest) {
    return largest == 0 ? 0 : Math.clamp((int) Math.rint(63 / largest * value), 0, 63);
  }

  /// See [QuantizedBlocks] for where the bits go.
  private static void putScales(MemorySegment out, int part, int s, int t) {
    if (part < 4) {
      or(out, 4 + part, s);
      or(out, 8 + part, t);
    } else {
      or(out, 8 + part, s & 15 | (t & 15) << 4);
      or(out, part, s >> 4 << 6);
      or(out, 4 + part, t >> 4 << 6);
    }
  }

  private static void or(MemorySegment out, long at, int bits) {
    out.set(JAVA_BYTE, at, (byte) (out.get(JAVA_BYTE, at) | bits));
  }
}
