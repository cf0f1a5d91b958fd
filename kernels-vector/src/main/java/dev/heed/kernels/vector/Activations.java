package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.store;

import dev.heed.tensor.Activation;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// The activations and their derivatives over arrays, each a list of loops over parts that stay in
/// the first-level cache.
///
/// There are so many loops for C2's sake. With a choice of the activation inside a loop, it would
/// leave the rarer ones out of line and box every vector for all of them; so it does with long
/// loops, see [Functions].
final class Activations {
  /// Floats at a time.
  private static final int CHUNK = 1 << 10;

  /// 1/√(2π): the height of the normal distribution.
  private static final float DENSITY = (float) (1 / StrictMath.sqrt(2 * Math.PI));

  private static final float GELU_CUBE = 0.044715f;

  // With u = √(2/π)·(x + 0.044715·x³): 2u = x·(INNER_0 + INNER_2·x²), its slope INNER_0 +
  // SLOPE_2·x².
  private static final float INNER_0 = (float) (2 * StrictMath.sqrt(2 / Math.PI));
  private static final float INNER_2 = INNER_0 * GELU_CUBE;
  private static final float SLOPE_2 = 3 * INNER_0 * GELU_CUBE;

  private Activations() {}

  /// A loop over `count` floats, a whole number of vectors; `out` may be `x`, and only the last
  /// loop that reads x writes it. `t` has room for 2 · count floats.
  private interface Loop {
    void run(MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count);
  }

  private static final Loop[] NONE = {Activations::copy};
  private static final Loop[] RELU = {Activations::relu};
  private static final Loop[] GELU = {
    Activations::normalExponents, Activations::exp, Activations::timesNormal
  };
  private static final Loop[] GELU_TANH = {
    Activations::twiceInner, Activations::sigmoid, Activations::timesShare
  };
  private static final Loop[] SILU = {Activations::sigmoidOfX, Activations::timesShare};
  private static final Loop[] TANH = {
    Activations::twiceAbsolute, Activations::exp, Activations::tanh
  };
  private static final Loop[] SIGMOID = {Activations::sigmoidOfX, Activations::share};

  private static final Loop[] NONE_SLOPE = {Activations::one};
  private static final Loop[] RELU_SLOPE = {Activations::reluSlope};
  private static final Loop[] GELU_SLOPE = {
    Activations::normalExponents,
    Activations::densityExponents,
    Activations::exp,
    Activations::expOfSecond,
    Activations::geluSlope
  };
  private static final Loop[] GELU_TANH_SLOPE = {
    Activations::twiceInner, Activations::sigmoid, Activations::geluTanhSlope
  };
  private static final Loop[] SILU_SLOPE = {Activations::sigmoidOfX, Activations::siluSlope};
  private static final Loop[] TANH_SLOPE = {
    Activations::twiceAbsolute, Activations::exp, Activations::tanh, Activations::tanhSlope
  };
  private static final Loop[] SIGMOID_SLOPE = {Activations::sigmoidOfX, Activations::sigmoidSlope};

  /// out = activation(x); `out` may be `x`.
  static void value(
      Activation activation, MemorySegment x, long at, MemorySegment out, long to, int count) {
    Loop[] loops =
        switch (activation) {
          case NONE -> NONE;
          case RELU -> RELU;
          case GELU -> GELU;
          case GELU_TANH -> GELU_TANH;
          case SILU -> SILU;
          case TANH -> TANH;
          case SIGMOID -> SIGMOID;
        };
    run(loops, x, at, out, to, count);
  }

  /// out = activation′(x); `out` may be `x`.
  static void slope(
      Activation activation, MemorySegment x, long at, MemorySegment out, long to, int count) {
    Loop[] loops =
        switch (activation) {
          case NONE -> NONE_SLOPE;
          case RELU -> RELU_SLOPE;
          case GELU -> GELU_SLOPE;
          case GELU_TANH -> GELU_TANH_SLOPE;
          case SILU -> SILU_SLOPE;
          case TANH -> TANH_SLOPE;
          case SIGMOID -> SIGMOID_SLOPE;
        };
    run(loops, x, at, out, to, count);
  }

  /// Runs the loops over the whole vectors, and over a copy of the rest filled up to one.
  private static void run(
      Loop[] loops, MemorySegment x, long at, MemorySegment out, long to, int count) {
    int whole = Lanes.whole(count);
    try (Scratch scratch = Scratch.take(2L * CHUNK + COUNT)) {
      MemorySegment t = scratch.memory();
      for (int i = 0; i < whole; i += CHUNK) {
        for (Loop loop : loops) {
          loop.run(x, at + 4L * i, t, out, to + 4L * i, Math.min(CHUNK, whole - i));
        }
      }
      if (whole < count) {
        long rest = 4L * (count - whole);
        long last = 8L * CHUNK;
        MemorySegment.copy(x, at + 4L * whole, t, last, rest);
        t.asSlice(last + rest, Lanes.BYTES - rest).fill((byte) 0);
        for (Loop loop : loops) {
          loop.run(t, last, t, t, last, COUNT);
        }
        MemorySegment.copy(t, last, out, to + 4L * whole, rest);
      }
    }
  }

  private static void copy(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    MemorySegment.copy(x, at, out, to, 4L * count);
  }

  private static void one(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(broadcast(1), out, to + 4L * i);
    }
  }

  private static void relu(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      // NaN stays.
      store(v.blend(0, v.compare(VectorOperators.LE, 0)), out, to + 4L * i);
    }
  }

  private static void reluSlope(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(broadcast(1).blend(0, v.compare(VectorOperators.LE, 0)), out, to + 4L * i);
    }
  }

  /// t = exp(t).
  private static void exp(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.exp(load(t, 4L * i)), t, 4L * i);
    }
  }

  /// The same for the second part of t.
  private static void expOfSecond(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    exp(x, at, t.asSlice(4L * count), out, to, count);
  }

  /// t = sigmoid(t).
  private static void sigmoid(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.sigmoid(load(t, 4L * i)), t, 4L * i);
    }
  }

  /// t = sigmoid(x).
  private static void sigmoidOfX(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.sigmoid(load(x, at + 4L * i)), t, 4L * i);
    }
  }

  /// out = t.
  private static void share(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    MemorySegment.copy(t, 0, out, to, 4L * count);
  }

  /// out = x · t.
  private static void timesShare(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(load(x, at + 4L * i).mul(load(t, 4L * i)), out, to + 4L * i);
    }
  }

  /// out = t·(1 − t).
  private static void sigmoidSlope(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector share = load(t, 4L * i);
      store(share.mul(broadcast(1).sub(share)), out, to + 4L * i);
    }
  }

  /// out = t + x·t·(1 − t).
  private static void siluSlope(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector share = load(t, 4L * i);
      FloatVector product = load(x, at + 4L * i).mul(share);
      store(product.fma(broadcast(1).sub(share), share), out, to + 4L * i);
    }
  }

  /// t = 2u: ½(1 + tanh u) is sigmoid(2u).
  private static void twiceInner(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(v.mul(v).fma(broadcast(INNER_2), broadcast(INNER_0)).mul(v), t, 4L * i);
    }
  }

  /// out = t + x·t·(1 − t)·(2u)′.
  private static void geluTanhSlope(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector share = load(t, 4L * i);
      FloatVector slope = v.mul(v).fma(broadcast(SLOPE_2), broadcast(INNER_0));
      FloatVector product = v.mul(share).mul(slope);
      store(product.fma(broadcast(1).sub(share), share), out, to + 4L * i);
    }
  }

  /// t = 2|x|.
  private static void twiceAbsolute(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i).abs();
      store(v.add(v), t, 4L * i);
    }
  }

  private static void tanh(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.tanh(load(x, at + 4L * i), load(t, 4L * i)), out, to + 4L * i);
    }
  }

  /// out = 1 − out².
  private static void tanhSlope(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector tanh = load(out, to + 4L * i);
      store(tanh.neg().fma(tanh, broadcast(1)), out, to + 4L * i);
    }
  }

  private static void normalExponents(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      store(Functions.normalExponent(load(x, at + 4L * i)), t, 4L * i);
    }
  }

  private static void timesNormal(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(v.mul(Functions.normal(v, load(t, 4L * i))), out, to + 4L * i);
    }
  }

  /// The second part of t = −x²/2.
  private static void densityExponents(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      store(v.mul(v).mul(-0.5f), t, 4L * (count + i));
    }
  }

  /// out = Φ(x) + x·φ(x).
  private static void geluSlope(
      MemorySegment x, long at, MemorySegment t, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += COUNT) {
      FloatVector v = load(x, at + 4L * i);
      FloatVector share = Functions.normal(v, load(t, 4L * i));
      FloatVector density = load(t, 4L * (count + i)).mul(DENSITY);
      store(v.fma(density, share), out, to + 4L * i);
    }
  }
}
