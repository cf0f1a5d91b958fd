package dev.heed.nn;

import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Whether layers train or predict: dropout happens only inside [#run].
///
/// The random numbers of a step follow from (seed, step, site), where sites are numbered in the
/// order in which the layers ask: so a step repeated, or resumed in another process, drops the same
/// elements.
public final class TrainingMode {
  private static final ThreadLocal<@Nullable TrainingMode> CURRENT = new ThreadLocal<>();

  private final long seed;
  private final long step;
  private long site;

  private TrainingMode(long seed, long step) {
    this.seed = seed;
    this.step = step;
  }

  /// Runs `body` as training step `step` of the run with `seed`.
  public static <T> T run(long seed, long step, Supplier<T> body) {
    TrainingMode outer = CURRENT.get();
    CURRENT.set(new TrainingMode(seed, step));
    try {
      return body.get();
    } finally {
      CURRENT.set(outer);
    }
  }

  /// Whether a training step runs on this thread.
  public static boolean isOn() {
    return CURRENT.get() != null;
  }

  /// The key of the next random site of this step.
  ///
  /// @throws IllegalStateException outside [#run]
  public static long nextKey() {
    TrainingMode mode = CURRENT.get();
    if (mode == null) {
      throw new IllegalStateException("random sites exist only inside TrainingMode.run");
    }
    return CounterRandom.key(mode.seed, mode.step, mode.site++);
  }

  /// `body` in this mode and with the random sites that come next, each time it is run.
  static <T> Supplier<T> repeatable(Supplier<T> body) {
    TrainingMode mode = CURRENT.get();
    if (mode == null) {
      return body;
    }
    long first = mode.site;
    return () -> {
      TrainingMode outer = CURRENT.get();
      long next = mode.site;
      CURRENT.set(mode);
      mode.site = first;
      try {
        return body.get();
      } finally {
        mode.site = Math.max(mode.site, next);
        CURRENT.set(outer);
      }
    };
  }

  /// Drops the share `rate` of x's elements when training, else gives x.
  ///
  /// Source: Srivastava et al. 2014, in the inverted form: what is kept is divided by 1 − rate.
  public static Tensor dropout(Tensor x, double rate) {
    return isOn() && rate > 0 ? Operations.dropout(x, rate, nextKey()) : x;
  }
}
