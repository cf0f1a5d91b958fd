package dev.heed.nn;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;

/// Initial values of parameters, from a seed. Each call draws from a stream of its own, numbered in
/// the order of the calls, so a model built twice from one seed starts with the same bits.
public final class Initializer {
  private final long seed;
  private long drawn;

  private Initializer(long seed) {
    this.seed = seed;
  }

  /// Initial values that follow from `seed`.
  public static Initializer seeded(long seed) {
    return new Initializer(seed);
  }

  /// Normally distributed with mean 0.
  public Tensor normal(double deviation, int... shape) {
    long key = nextKey();
    float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * CounterRandom.normal(key, i));
    }
    return Tensor.of(values, shape);
  }

  /// Evenly distributed in [−bound, bound).
  public Tensor uniform(double bound, int... shape) {
    long key = nextKey();
    float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (bound * (2 * CounterRandom.uniform(key, i) - 1));
    }
    return Tensor.of(values, shape);
  }

  /// For a weight [out, in]: evenly distributed in ±√(6 / (in + out)).
  ///
  /// Source: Glorot and Bengio 2010; Keras's default.
  public Tensor glorotUniform(int out, int in) {
    return uniform(Math.sqrt(6.0 / (in + out)), out, in);
  }

  /// Zeros.
  public Tensor zeros(int... shape) {
    return Tensor.zeros(Shape.of(shape), DType.F32);
  }

  /// Ones.
  public Tensor ones(int... shape) {
    float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
    java.util.Arrays.fill(values, 1);
    return Tensor.of(values, shape);
  }

  private long nextKey() {
    return CounterRandom.key(seed, -1, drawn++);
  }
}
