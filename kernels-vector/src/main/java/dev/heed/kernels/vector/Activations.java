package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.store;

import dev.heed.tensor.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The activations and their derivatives over arrays.
///
/// Each has a loop of its own, some two. With a choice inside the loop, C2 would leave the rarer
/// functions out of line and box every vector for all of them; for the length of a loop see
/// [Functions].
final class Activations {
  /// 1/√(2π): the height of the normal distribution.
  private static final float DENSITY = (float) (1 / StrictMath.sqrt(2 * Math.PI));

  private static final float GELU_CUBE = 0.044715f;

  // With u = √(2/π)·(x + 0.044715·x³): 2u = x·(INNER_0 + INNER_2·x²), its slope INNER_0 +
  // SLOPE_2·x².
  private static final float INNER_0 = (float) (2 * StrictMath.sqrt(2 / Math.PI));
  private static final float INNER_2 = INNER_0 * GELU_CUBE;
  private static final float SLOPE_2 = 3 * INNER_0 * GELU_CUBE;

  /// Floats at a time: what a loop leaves for the next is then still in the first-level cache.
  private static final int CHUNK = 1 << 10;

  private Activations() {}

  /// A loop over `count` floats, a whole number of vectors; `out` may be `x`.
  private interface Loop {
    void run(MemorySegment x, long at, MemorySegment out, long to, int count);
  }

  /// out = activation(x); `out` may be `x`.
  static void value(
      Activation activation, MemorySegment x, long at, MemorySegment out, long to, int count) {
    switch (activation) {
      case NONE -> Elementwise.scale(x, at, 1, out, to, count);
      case RELU -> run(Activations::relu, x, at, out, to, count);
      case GELU -> run(Activations::gelu, x, at, out, to, count);
      case GELU_TANH -> run(Activations::geluTanh, x, at, out, to, count);
      case SILU -> run(Activations::silu, x, at, out, to, count);
      case TANH -> run(Activations::tanh, x, at, out, to, count);
      case SIGMOID -> run(Activations::sigmoid, x, at, out, to, count);
    }
  }

  /// out = activation′(x); `out` may be `x`.
  static void slope(
      Activation activation, MemorySegment x, long at, MemorySegment out, long to, int count) {
    switch (activation) {
      case NONE -> run(Activations::one, x, at, out, to, count);
      case RELU -> run(Activations::reluSlope, x, at, out, to, count);
      case GELU -> run(Activations::geluSlope, x, at, out, to, count);
      case GELU_TANH -> run(Activations::geluTanhSlope, x, at, out, to, count);
      case SILU -> run(Activations::siluSlope, x, at, out, to, count);
      case TANH -> run(Activations::tanhSlope, x, at, out, to, count);
      case SIGMOID -> run(Activations::sigmoidSlope, x, at, out, to, count);
    }
  }

  /// Runs the loop over the whole vectors, part by part, and over a copy of the rest filled up to
  /// one.
  private static void run(
      Loop loop, MemorySegment x, long at, MemorySegment out, long to, int count) {
    int whole = Lanes.whole(count);
    for (int i = 0; i < whole; i += CHUNK) {
      loop.run(x, at + 4L * i, out, to + 4L * i, Math.min(CHUNK, whole - i));
    }
    if (whole < count) {
      try (Scratch scratch = Scratch.take(COUNT)) {
        long rest = 4L * (count - whole);
        MemorySegment vector = scratch.memory();
        MemorySegment.copy(x, at + 4L * whole, vector, 0, rest);
        vector.asSlice(rest, Lanes.BYTES - rest).fill((byte) 0);
        loop.run(vector, 0, vector, 0, COUNT);
        MemorySegment.copy(vector, 0, out, to + 4L * whole, rest);
      }
    }
  }

  private static void relu(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      // NaN stays.
      store(v.blend(0, v.compare(VectorOperators.LE, 0)), out, to + 4L * i);
    }
  }

  private static void reluSlope(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(broadcast(1).blend(0, v.compare(VectorOperators.LE, 0)), out, to + 4L * i);
    }
  }

  private static void one(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(broadcast(1), out, to + 4L * i);
    }
  }

  private static void gelu(MemorySegment x, long at, MemorySegment out, long to, int count) {
    try (Scratch scratch = Scratch.take(count)) {
      normalTails(x, at, scratch.memory(), 0, count);
      timesNormal(x, at, scratch.memory(), out, to, count);
    }
  }

  /// Φ(x) + x·φ(x).
  private static void geluSlope(MemorySegment x, long at, MemorySegment out, long to, int count) {
    try (Scratch scratch = Scratch.take(2L * count)) {
      normalTails(x, at, scratch.memory(), 0, count);
      normalDensities(x, at, scratch.memory(), 4L * count, count);
      plusNormal(x, at, scratch.memory(), 4L * count, out, to, count);
    }
  }

  private static void normalTails(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.normalTail(load(x, at + 4L * i)), out, to + 4L * i);
    }
  }

  private static void timesNormal(
      MemorySegment x, long at, MemorySegment tails, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(v.mul(Functions.normal(v, load(tails, 4L * i))), out, to + 4L * i);
    }
  }

  /// x·φ(x).
  private static void normalDensities(
      MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector power = Functions.expOfNegative(v.mul(v).mul(-0.5f));
      store(v.mul(DENSITY).mul(power), out, to + 4L * i);
    }
  }

  private static void plusNormal(
      MemorySegment x,
      long at,
      MemorySegment tails,
      long summands,
      MemorySegment out,
      long to,
      int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector share = Functions.normal(load(x, at + 4L * i), load(tails, 4L * i));
      store(share.add(load(tails, summands + 4L * i)), out, to + 4L * i);
    }
  }

  /// x·½(1 + tanh u) = x·sigmoid(2u).
  private static void geluTanh(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector twiceInner = v.mul(v).fma(broadcast(INNER_2), broadcast(INNER_0)).mul(v);
      store(v.mul(Functions.sigmoid(twiceInner)), out, to + 4L * i);
    }
  }

  /// s + x·s·(1 − s)·(2u)′ where s = sigmoid(2u).
  private static void geluTanhSlope(
      MemorySegment x, long at, MemorySegment out, long to, int count) {
    try (Scratch scratch = Scratch.take(count)) {
      innerSigmoid(x, at, scratch.memory(), 0, count);
      innerSlope(x, at, scratch.memory(), out, to, count);
    }
  }

  private static void innerSigmoid(
      MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector twiceInner = v.mul(v).fma(broadcast(INNER_2), broadcast(INNER_0)).mul(v);
      store(Functions.sigmoid(twiceInner), out, to + 4L * i);
    }
  }

  private static void innerSlope(
      MemorySegment x, long at, MemorySegment shares, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector share = load(shares, 4L * i);
      FloatVector slope = v.mul(v).fma(broadcast(SLOPE_2), broadcast(INNER_0));
      FloatVector product = v.mul(share).mul(slope);
      store(product.fma(broadcast(1).sub(share), share), out, to + 4L * i);
    }
  }

  private static void silu(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(v.mul(Functions.sigmoid(v)), out, to + 4L * i);
    }
  }

  /// s + x·s·(1 − s).
  private static void siluSlope(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector share = Functions.sigmoid(v);
      store(v.mul(share).fma(broadcast(1).sub(share), share), out, to + 4L * i);
    }
  }

  private static void tanh(MemorySegment x, long at, MemorySegment out, long to, int count) {
    try (Scratch scratch = Scratch.take(count)) {
      tanhOfLarge(x, at, scratch.memory(), 0, count);
      tanhOfAll(x, at, scratch.memory(), out, to, count);
    }
  }

  private static void tanhOfLarge(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.tanhOfLarge(load(x, at + 4L * i)), out, to + 4L * i);
    }
  }

  private static void tanhOfAll(
      MemorySegment x, long at, MemorySegment large, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.tanh(load(x, at + 4L * i), load(large, 4L * i)), out, to + 4L * i);
    }
  }

  /// 1 − tanh² x.
  private static void tanhSlope(MemorySegment x, long at, MemorySegment out, long to, int count) {
    tanh(x, at, out, to, count);
    oneMinusSquare(out, to, count);
  }

  private static void oneMinusSquare(MemorySegment x, long at, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(v.neg().fma(v, broadcast(1)), x, at + 4L * i);
    }
  }

  private static void sigmoid(MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.sigmoid(load(x, at + 4L * i)), out, to + 4L * i);
    }
  }

  private static void sigmoidSlope(
      MemorySegment x, long at, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector share = Functions.sigmoid(load(x, at + 4L * i));
      store(share.mul(broadcast(1).sub(share)), out, to + 4L * i);
    }
  }
}
