package dev.heed.kernels.vector;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// The vectors that all kernels compute with: the widest that the processor likes.
///
/// Offsets are in bytes, counts in floats.
final class Lanes {
  static final VectorSpecies<Float> FLOATS =
      FloatVector.SPECIES_PREFERRED.length() > 16
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /// The floats of a vector: 4, 8 or 16.
  static final int COUNT = FLOATS.length();

  /// The bytes of a vector.
  static final int BYTES = FLOATS.vectorByteSize();

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorShuffle<Float> BY_8 = rotation(8);
  private static final VectorShuffle<Float> BY_4 = rotation(4);
  private static final VectorShuffle<Float> BY_2 = rotation(2);
  private static final VectorShuffle<Float> BY_1 = rotation(1);

  private Lanes() {}

  private static VectorShuffle<Float> rotation(int by) {
    return VectorShuffle.iota(FLOATS, by % COUNT, 1, true);
  }

  /// `count` rounded down to whole vectors.
  static int whole(int count) {
    return count - count % COUNT;
  }

  static FloatVector load(MemorySegment memory, long offset) {
    return FloatVector.fromMemorySegment(FLOATS, memory, offset, ORDER);
  }

  /// The vector at `offset` of which only the first `count` lanes are there; the others are `rest`.
  ///
  /// For what a loop over whole vectors leaves: its code is too long to stand inside the loop.
  static FloatVector part(MemorySegment memory, long offset, int count, float rest) {
    VectorMask<Float> there = FLOATS.indexInRange(0, count);
    return FloatVector.fromMemorySegment(FLOATS, memory, offset, ORDER, there)
        .blend(rest, there.not());
  }

  static void store(FloatVector vector, MemorySegment memory, long offset) {
    vector.intoMemorySegment(memory, offset, ORDER);
  }

  /// Writes the first `count` lanes only.
  static void storePart(FloatVector vector, MemorySegment memory, long offset, int count) {
    vector.intoMemorySegment(memory, offset, ORDER, FLOATS.indexInRange(0, count));
  }

  static float get(MemorySegment memory, long offset) {
    return memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset);
  }

  static void set(MemorySegment memory, long offset, float value) {
    memory.set(ValueLayout.JAVA_FLOAT_UNALIGNED, offset, value);
  }

  static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }

  static FloatVector zero() {
    return FloatVector.zero(FLOATS);
  }

  /// The sum of all lanes, halves added to halves.
  static float sum(FloatVector vector) {
    FloatVector sum = vector;
    if (COUNT > 8) {
      sum = sum.add(sum.rearrange(BY_8));
    }
    if (COUNT > 4) {
      sum = sum.add(sum.rearrange(BY_4));
    }
    if (COUNT > 2) {
      sum = sum.add(sum.rearrange(BY_2));
    }
    return sum.add(sum.rearrange(BY_1)).lane(0);
  }

  /// The largest lane; NaN if there is one.
  static float max(FloatVector vector) {
    FloatVector max = vector;
    if (COUNT > 8) {
      max = max.max(max.rearrange(BY_8));
    }
    if (COUNT > 4) {
      max = max.max(max.rearrange(BY_4));
    }
    if (COUNT > 2) {
      max = max.max(max.rearrange(BY_2));
    }
    return max.max(max.rearrange(BY_1)).lane(0);
  }
}
