package dev.heed.nn.attention;

import dev.heed.nn.Trace;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.FusedOperations.Attended;
import dev.heed.tensor.Tensor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Where every attention layer calls the kernel, so that attention can be looked at and changed
/// from outside while a thread computes. Without an observer it is the kernel alone.
public final class ObservedAttention {
  private static final ThreadLocal<@Nullable Observer> CURRENT = new ThreadLocal<>();

  private ObservedAttention() {}

  /// Sees the attentions that a thread computes, in the order of the computation.
  ///
  /// What it throws ends the computation: this is how one that nobody waits for is cancelled.
  public interface Observer {
    /// What the kernel is asked for; may be changed, such as to hide keys.
    ///
    /// @param kind as in a [Trace]: `attentions`, `encoder_attentions`, `decoder_attentions` or
    ///   `cross_attentions`
    default AttentionArguments arguments(String kind, AttentionArguments arguments) {
      return arguments;
    }

    /// What the kernel gave; the result goes on to the output projection.
    ///
    /// @param q [T, H·Dh] as the kernel got it, positions turned in
    /// @param k [S, K·Dh]
    /// @param v [S, K·Dv]
    /// @return [T, H·Dv]: `attended.out()`, or what shall stand in its place
    default Tensor attended(
        String kind,
        Tensor q,
        Tensor k,
        Tensor v,
        AttentionArguments arguments,
        Attended attended) {
      return attended.out();
    }
  }

  /// Runs `body` with an observer.
  public static <T> T observing(Observer observer, Supplier<T> body) {
    Observer outer = CURRENT.get();
    CURRENT.set(observer);
    try {
      return body.get();
    } finally {
      CURRENT.set(outer);
    }
  }

  /// Attends, and hands the weights of a single sequence to a running [Trace] under `kind`.
  ///
  /// @param q [.., H·Dh]
  /// @param k [.., K·Dh]
  /// @param v [.., K·Dv]
  public static Attended apply(
      String kind, Tensor q, Tensor k, Tensor v, AttentionArguments arguments) {
    Observer observer = CURRENT.get();
    AttentionArguments asked = observer == null ? arguments : observer.arguments(kind, arguments);
    Attended attended = FusedOperations.attention(q, k, v, asked);
    if (asked.queries().count() == 1) {
      Trace.add(kind, () -> FusedOperations.attentionWeights(q, k, asked, attended.logSumExp(), 0));
    }
    return observer == null
        ? attended
        : new Attended(observer.attended(kind, q, k, v, asked, attended), attended.logSumExp());
  }
}
