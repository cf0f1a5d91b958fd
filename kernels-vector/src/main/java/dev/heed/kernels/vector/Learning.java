package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.get;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.part;
import static dev.heed.kernels.vector.Lanes.set;
import static dev.heed.kernels.vector.Lanes.store;
import static dev.heed.kernels.vector.Lanes.zero;

import dev.heed.tensor.Parallel;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.incubator.vector.FloatVector;

/// AdamW, and the sums that gradients are clipped by.
final class Learning {
  /// Elements that are added up in single precision before their sum goes on in double.
  private static final int CHUNK = 1 << 13;

  private static final int CHUNKS_PER_TASK = 4;

  private Learning() {}

  /// The sum of `n` floats, or of their squares.
  static double sum(MemorySegment x, long n, boolean squares) {
    int chunks = Math.toIntExact((n + CHUNK - 1) / CHUNK);
    double[] sums = new double[chunks];
    Parallel.run(
        (chunks + CHUNKS_PER_TASK - 1) / CHUNKS_PER_TASK,
        task -> {
          int end = Math.min(chunks, (task + 1) * CHUNKS_PER_TASK);
          for (int chunk = task * CHUNKS_PER_TASK; chunk < end; chunk++) {
            long first = (long) chunk * CHUNK;
            int count = (int) Math.min(CHUNK, n - first);
            sums[chunk] =
                squares ? Dots.dot(count, x, 4 * first, x, 4 * first) : sum(x, 4 * first, count);
          }
        });
    double sum = 0;
    for (double part : sums) {
      sum += part;
    }
    return sum;
  }

  /// The sum of `count` floats from byte `at` on.
  static float sum(MemorySegment x, long at, int count) {
    int whole = Lanes.whole(count);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      sum = sum.add(load(x, at + 4L * i));
    }
    if (whole < count) {
      sum = sum.add(part(x, at + 4L * whole, count - whole, 0));
    }
    return Lanes.sum(sum);
  }

  /// Whether none of `n` floats is infinite or NaN.
  static boolean isFinite(MemorySegment x, long n) {
    AtomicBoolean finite = new AtomicBoolean(true);
    Rows.forElements(
        n,
        1,
        (at, count) -> {
          if (Float.isNaN(sumOfNothing(x, at, count))) {
            finite.set(false);
          }
        });
    return finite.get();
  }

  /// The sum of 0 · x: 0, or NaN if one is infinite or NaN.
  private static float sumOfNothing(MemorySegment x, long at, int count) {
    int whole = Lanes.whole(count);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      sum = load(x, at + 4L * i).fma(zero(), sum);
    }
    float total = Lanes.sum(sum);
    for (int i = whole; i < count; i++) {
      total += 0 * get(x, at + 4L * i);
    }
    return total;
  }

  /// The constants of one step of AdamW.
  record Step(
      float gradientScale,
      float beta1,
      float rest1,
      float beta2,
      float rest2,
      float varianceFactor,
      float epsilon,
      float decay,
      float rate) {
    static Step of(
        double learningRate,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        long step,
        double gradientScale) {
      return new Step(
          (float) gradientScale,
          (float) beta1,
          (float) (1 - beta1),
          (float) beta2,
          (float) (1 - beta2),
          (float) (1 / StrictMath.sqrt(1 - StrictMath.pow(beta2, step))),
          (float) epsilon,
          (float) (1 - learningRate * weightDecay),
          (float) (learningRate / (1 - StrictMath.pow(beta1, step))));
    }
  }

  /// One step over `count` parameters from byte `at` on.
  static void adamW(
      Step s,
      MemorySegment parameter,
      MemorySegment gradient,
      MemorySegment mean,
      MemorySegment variance,
      long at,
      int count) {
    int whole = Lanes.whole(count);
    for (int i = 0; i < whole; i += COUNT) {
      long o = at + 4L * i;
      FloatVector g = load(gradient, o).mul(s.gradientScale);
      FloatVector m = g.fma(broadcast(s.rest1), load(mean, o).mul(s.beta1));
      store(m, mean, o);
      FloatVector v = g.mul(g).fma(broadcast(s.rest2), load(variance, o).mul(s.beta2));
      store(v, variance, o);
      FloatVector denominator = v.sqrt().fma(broadcast(s.varianceFactor), broadcast(s.epsilon));
      FloatVector change = m.mul(s.rate).div(denominator);
      store(load(parameter, o).mul(s.decay).sub(change), parameter, o);
    }
    for (int i = whole; i < count; i++) {
      long o = at + 4L * i;
      float g = get(gradient, o) * s.gradientScale;
      float m = Math.fma(g, s.rest1, get(mean, o) * s.beta1);
      set(mean, o, m);
      float v = Math.fma(g * g, s.rest2, get(variance, o) * s.beta2);
      set(variance, o, v);
      float denominator = Math.fma((float) Math.sqrt(v), s.varianceFactor, s.epsilon);
      set(parameter, o, get(parameter, o) * s.decay - m * s.rate / denominator);
    }
  }
}
