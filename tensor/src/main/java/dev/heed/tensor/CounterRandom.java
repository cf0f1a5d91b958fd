package dev.heed.tensor;

/// Random numbers as a pure function of (key, row, column): no state, so the same numbers come out
/// in any order, on any number of threads, and again in the backward pass.
///
/// A key is derived from (seed, step, site) by [#key]. The 32 random bits of a column are an
/// integer hash that vector kernels reproduce exactly; it is good enough for dropout and initial
/// values, and no good for secrets.
///
/// Source: the mixing constants are those of SplitMix64 (Steele, Lea, Flood 2014) and of C.
/// Wellons's search for low-bias 32-bit hashes.
public final class CounterRandom {
  private CounterRandom() {}

  /// The key of one use of random numbers: `site` tells apart the uses within a step.
  public static long key(long seed, long step, long site) {
    return mix(mix(mix(seed + 0x9E3779B97F4A7C15L) + step) + site);
  }

  /// The key of one row under `key`.
  public static int rowKey(long key, long row) {
    return (int) (mix(key + row * 0x9E3779B97F4A7C15L) >>> 32);
  }

  /// 32 random bits for one column of a row.
  public static int bits(int rowKey, int column) {
    int x = rowKey + column * 0x9E3779B9;
    x ^= x >>> 16;
    x *= 0x21F0AAAD;
    x ^= x >>> 15;
    x *= 0xD35A2D97;
    x ^= x >>> 15;
    return x;
  }

  /// The largest 24-bit number that drops an element: dropped while `bits >>> 8 < threshold(rate)`.
  public static int threshold(double rate) {
    return (int) Math.round(rate * (1 << 24));
  }

  /// Whether dropout at `threshold` keeps this element.
  public static boolean keeps(int rowKey, int column, int threshold) {
    return bits(rowKey, column) >>> 8 >= threshold;
  }

  /// 64 random bits for (key, index).
  public static long bits64(long key, long index) {
    return mix(key + index * 0x9E3779B97F4A7C15L);
  }

  /// A number in [0, 1) with 53 random bits.
  public static double uniform(long key, long index) {
    return (bits64(key, index) >>> 11) * 0x1p-53;
  }

  /// A normally distributed number with mean 0 and deviation 1 (Box–Muller).
  public static double normal(long key, long index) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform(key, 2 * index)));
    return radius * StrictMath.cos(2 * Math.PI * uniform(key, 2 * index + 1));
  }

  /// A whole number in [0, bound).
  public static int below(int bound, long key, long index) {
    return (int) Math.multiplyHigh(bits64(key, index) >>> 1, 2L * bound);
  }

  /// The numbers 0 … n − 1 in an order that depends on the key alone (Fisher–Yates).
  public static int[] permutation(int n, long key) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = below(i + 1, key, i);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  private static long mix(long z) {
    long x = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return x ^ (x >>> 31);
  }
}
