package dev.heed.nn;

import dev.heed.tensor.Tensor;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Everything computed on the way, for looking at: layers hand in inner values only while a trace
/// runs, from values that the computation made anyway, so that looking changes no bit of the
/// result.
///
/// Values are numbered in their order under their kind: `attentions.0`, `attentions.1`, … Attention
/// weights [H, T, S] are handed in where the batch is one sequence; hidden states [N, D] always.
public final class Trace {
  private static final ThreadLocal<@Nullable Trace> CURRENT = new ThreadLocal<>();

  private final Map<String, Tensor> values = new LinkedHashMap<>();
  private final Map<String, Integer> counts = new HashMap<>();

  private Trace() {}

  /// A result and what was computed on the way to it.
  ///
  /// @param values by name, in the order of the computation
  public record Traced<T>(T result, Map<String, Tensor> values) {}

  /// Runs `body` without gradients and collects what its layers hand in.
  public static <T> Traced<T> of(Supplier<T> body) {
    Trace trace = new Trace();
    Trace outer = CURRENT.get();
    CURRENT.set(trace);
    try {
      T result = Tensor.noGrad(body);
      return new Traced<>(result, trace.values);
    } finally {
      CURRENT.set(outer);
    }
  }

  /// Hands in the next value of a kind; `value` is not asked for when no trace runs.
  public static void add(String kind, Supplier<Tensor> value) {
    Trace trace = CURRENT.get();
    if (trace != null) {
      int number = trace.counts.merge(kind, 1, Integer::sum) - 1;
      trace.values.put(kind + "." + number, value.get().copy());
    }
  }
}
