package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.get;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.part;
import static dev.heed.kernels.vector.Lanes.set;
import static dev.heed.kernels.vector.Lanes.store;
import static dev.heed.kernels.vector.Lanes.storePart;
import static dev.heed.kernels.vector.Lanes.zero;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Softmax and cross-entropy of one row of `count` floats from byte `at` on.
final class Softmax {
  private Softmax() {}

  /// out = softmax(x); zeros where all are −∞.
  static void forward(MemorySegment x, MemorySegment out, long at, int count) {
    float max = max(x, at, count);
    if (max == Float.NEGATIVE_INFINITY) {
      out.asSlice(at, 4L * count).fill((byte) 0);
      return;
    }
    float sum = exp(x, out, at, count, max);
    Elementwise.scale(out, at, 1 / sum, out, at, count);
  }

  /// The largest element; NaN if there is one.
  private static float max(MemorySegment x, long at, int count) {
    int whole = Lanes.whole(count);
    FloatVector max = broadcast(Float.NEGATIVE_INFINITY);
    for (int i = 0; i < whole; i += COUNT) {
      max = max.max(load(x, at + 4L * i));
    }
    if (whole < count) {
      max = max.max(part(x, at + 4L * whole, count - whole, Float.NEGATIVE_INFINITY));
    }
    return Lanes.max(max);
  }

  /// out = exp(x − max); returns the sum.
  private static float exp(MemorySegment x, MemorySegment out, long at, int count, float max) {
    int whole = Lanes.whole(count);
    float sum = expOfWhole(x, out, at, whole, max);
    int rest = count - whole;
    return rest == 0 ? sum : sum + expOfPart(x, out, at + 4L * whole, rest, max);
  }

  private static float expOfWhole(
      MemorySegment x, MemorySegment out, long at, int count, float max) {
    FloatVector sum = zero();
    for (int i = 0; i < count; i += COUNT) {
      FloatVector exp = Functions.expOfNegative(load(x, at + 4L * i).sub(max));
      sum = sum.add(exp);
      store(exp, out, at + 4L * i);
    }
    return Lanes.sum(sum);
  }

  private static float expOfPart(
      MemorySegment x, MemorySegment out, long at, int count, float max) {
    FloatVector last = part(x, at, count, Float.NEGATIVE_INFINITY);
    FloatVector exp = Functions.expOfNegative(last.sub(max));
    storePart(exp, out, at, count);
    return Lanes.sum(exp);
  }

  private static float sumOfExp(MemorySegment x, long at, int count, float max) {
    int whole = Lanes.whole(count);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      sum = sum.add(Functions.expOfNegative(load(x, at + 4L * i).sub(max)));
    }
    float total = Lanes.sum(sum);
    return whole == count ? total : total + sumOfExpOfPart(x, at + 4L * whole, count - whole, max);
  }

  private static float sumOfExpOfPart(MemorySegment x, long at, int count, float max) {
    FloatVector last = part(x, at, count, Float.NEGATIVE_INFINITY);
    return Lanes.sum(Functions.expOfNegative(last.sub(max)));
  }

  /// xGradient = p · (outGradient − Σ p · outGradient), where p is softmax's output.
  static void backward(
      MemorySegment p, MemorySegment outGradient, MemorySegment xGradient, long at, int count) {
    float dot = Dots.dot(count, p, at, outGradient, at);
    int whole = Lanes.whole(count);
    for (int i = 0; i < whole; i += COUNT) {
      long o = at + 4L * i;
      store(load(p, o).mul(load(outGradient, o).sub(dot)), xGradient, o);
    }
    for (int i = whole; i < count; i++) {
      long o = at + 4L * i;
      set(xGradient, o, get(p, o) * (get(outGradient, o) - dot));
    }
  }

  /// The loss of a row of logits, which gradientScale · its gradient replaces if that is not 0.
  ///
  /// @param target the class wanted; negative for none, which costs nothing
  static float crossEntropy(
      MemorySegment logits,
      long at,
      int classes,
      int target,
      double smoothing,
      double gradientScale) {
    if (target < 0) {
      if (gradientScale != 0) {
        logits.asSlice(at, 4L * classes).fill((byte) 0);
      }
      return 0;
    }
    long wanted = at + 4L * target;
    float max = max(logits, at, classes);
    double logit = get(logits, wanted);
    double share = smoothing / classes;
    // A logit of −∞ (a word never to be said) must not turn 0 · ∞ into NaN.
    double spread = share == 0 ? 0 : share * Learning.sum(logits, at, classes);
    float sum;
    if (gradientScale == 0) {
      sum = sumOfExp(logits, at, classes, max);
    } else {
      sum = exp(logits, logits, at, classes, max);
      gradient(logits, at, classes, (float) (gradientScale / sum), (float) (gradientScale * share));
      float before = get(logits, wanted);
      set(logits, wanted, (float) (before - gradientScale * (1 - smoothing)));
    }
    return (float) (max + StrictMath.log(sum) - (1 - smoothing) * logit - spread);
  }

  /// x = factor · x − share.
  private static void gradient(MemorySegment x, long at, int count, float factor, float share) {
    int whole = Lanes.whole(count);
    FloatVector factors = broadcast(factor);
    FloatVector negated = broadcast(-share);
    for (int i = 0; i < whole; i += COUNT) {
      long o = at + 4L * i;
      store(load(x, o).fma(factors, negated), x, o);
    }
    for (int i = whole; i < count; i++) {
      long o = at + 4L * i;
      set(x, o, Math.fma(get(x, o), factor, -share));
    }
  }
}
