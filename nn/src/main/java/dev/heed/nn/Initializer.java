package dev.heed.nn;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;

/// Initial values of parameters, from a seed. Each call draws from a stream of its own, numbered in
/// the order of the calls, so a model built twice from one seed starts with the same bits.
public final class Initializer {
  private final boolean random;
  private final long seed;
  private long drawn;

  private Initializer(boolean random, long seed) {
    this.random = random;
    this.seed = seed;
  }

  /// Initial values that follow from `seed`.
  public static Initializer seeded(long seed) {
    return new Initializer(true, seed);
  }

  /// No values at all ([Tensor#withoutElements]): for a model whose weights come from a file next.
  /// Its parameters have their shapes, but take no memory before the file was found to fit them.
  public static Initializer beforeLoading() {
    return new Initializer(false, 0);
  }

  /// Whether values are given, not only shapes.
  public boolean hasValues() {
    return random;
  }

  /// Normally distributed with mean 0.
  public Tensor normal(double deviation, int... shape) {
    if (!random) {
      return withoutElements(shape);
    }
    long key = nextKey();
    float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * CounterRandom.normal(key, i));
    }
    return Tensor.of(values, shape);
  }

  /// Evenly distributed in [−bound, bound).
  public Tensor uniform(double bound, int... shape) {
    if (!random) {
      return withoutElements(shape);
    }
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
    return random ? Tensor.zeros(Shape.of(shape), DType.F32) : withoutElements(shape);
  }

  /// Ones.
  public Tensor ones(int... shape) {
    if (!random) {
      return withoutElements(shape);
    }
    float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
    java.util.Arrays.fill(values, 1);
    return Tensor.of(values, shape);
  }

  private static Tensor withoutElements(int... shape) {
    return Tensor.withoutElements(Shape.of(shape), DType.F32);
  }

  private long nextKey() {
    return CounterRandom.key(seed, -1, drawn++);
  }
}
