package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.FLOATS;
import static dev.heed.kernels.vector.Lanes.INTS;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.get;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.set;
import static dev.heed.kernels.vector.Lanes.store;

import dev.heed.tensor.CounterRandom;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// Operations element by element, each over `count` floats from the byte given after each segment.
final class Elementwise {
  private static final IntVector INDEX = IntVector.zero(INTS).addIndex(1);

  private Elementwise() {}

  /// out = a + factor · b; `out` may be `a`.
  static void add(
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      float factor,
      MemorySegment out,
      long to,
      int count) {
    int whole = Lanes.whole(count);
    FloatVector factors = broadcast(factor);
    for (int i = 0; i < whole; i += COUNT) {
      store(factors.fma(load(b, bAt + 4L * i), load(a, aAt + 4L * i)), out, to + 4L * i);
    }
    for (int i = whole; i < count; i++) {
      set(out, to + 4L * i, Math.fma(factor, get(b, bAt + 4L * i), get(a, aAt + 4L * i)));
    }
  }

  /// out = a · b; `out` may be either.
  static void multiply(
      MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment out, long to, int count) {
    int whole = Lanes.whole(count);
    for (int i = 0; i < whole; i += COUNT) {
      store(load(a, aAt + 4L * i).mul(load(b, bAt + 4L * i)), out, to + 4L * i);
    }
    for (int i = whole; i < count; i++) {
      set(out, to + 4L * i, get(a, aAt + 4L * i) * get(b, bAt + 4L * i));
    }
  }

  /// out = factor · x; `out` may be `x`.
  static void scale(MemorySegment x, long at, float factor, MemorySegment out, long to, int count) {
    int whole = Lanes.whole(count);
    for (int i = 0; i < whole; i += COUNT) {
      store(load(x, at + 4L * i).mul(factor), out, to + 4L * i);
    }
    for (int i = whole; i < count; i++) {
      set(out, to + 4L * i, get(x, at + 4L * i) * factor);
    }
  }

  /// One row of dropout: out = 0 where [CounterRandom] says so, else x · kept; `out` may be `x`.
  static void dropout(
      MemorySegment x,
      MemorySegment out,
      long at,
      int count,
      int rowKey,
      int threshold,
      float kept) {
    int whole = Lanes.whole(count);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector scaled = load(x, at + 4L * i).mul(kept);
      store(scaled.blend(0, dropped(rowKey, i, threshold)), out, at + 4L * i);
    }
    for (int i = whole; i < count; i++) {
      boolean keeps = CounterRandom.keeps(rowKey, i, threshold);
      set(out, at + 4L * i, keeps ? get(x, at + 4L * i) * kept : 0);
    }
  }

  /// Which of the columns from `column` on are dropped.
  private static VectorMask<Float> dropped(int rowKey, int column, int threshold) {
    return dropped(INDEX.add(column).mul(0x9E3779B9).add(rowKey), threshold);
  }

  /// Which of the rows with these keys are dropped in `column`.
  static VectorMask<Float> dropped(IntVector rowKeys, int column, int threshold) {
    return dropped(rowKeys.add(column * 0x9E3779B9), threshold);
  }

  /// The same hash as [CounterRandom#bits].
  private static VectorMask<Float> dropped(IntVector seed, int threshold) {
    IntVector x = seed;
    x = x.lanewise(VectorOperators.XOR, x.lanewise(VectorOperators.LSHR, 16)).mul(0x21F0AAAD);
    x = x.lanewise(VectorOperators.XOR, x.lanewise(VectorOperators.LSHR, 15)).mul(0xD35A2D97);
    x = x.lanewise(VectorOperators.XOR, x.lanewise(VectorOperators.LSHR, 15));
    return x.lanewise(VectorOperators.LSHR, 8).compare(VectorOperators.LT, threshold).cast(FLOATS);
  }
}
