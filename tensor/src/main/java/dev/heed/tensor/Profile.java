package dev.heed.tensor;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the time of a computation goes: every operation of the kernels is timed, by a proxy that
/// stands before them meanwhile. One profile at a time; the numbers computed are the same.
public final class Profile {
  private static volatile @Nullable Kernels timed;

  private final Map<String, Part> parts = new LinkedHashMap<>();

  private Profile() {}

  /// All calls of one kind of operation.
  ///
  /// @param operation its name; products also say of what
  /// @param calls how many
  /// @param nanos the time they took, in nanoseconds
  /// @param flops multiplications and additions, 0 where they are not what limits it
  /// @param bytes the size of all operands together: what memory must deliver at least
  public record Part(String operation, long calls, long nanos, double flops, double bytes) {
    private Part plus(Part other) {
      return new Part(
          operation,
          calls + other.calls,
          nanos + other.nanos,
          flops + other.flops,
          bytes + other.bytes);
    }
  }

  /// Runs `work` and tells what it spent its time with, the longest first.
  public static List<Part> of(Runnable work) {
    Profile profile = new Profile();
    Kernels kernels = Kernels.active();
    timed =
        (Kernels)
            Proxy.newProxyInstance(
                Kernels.class.getClassLoader(),
                new Class<?>[] {Kernels.class},
                (_, method, arguments) -> profile.call(kernels, method, arguments));
    try {
      work.run();
    } finally {
      timed = null;
    }
    synchronized (profile) {
      return profile.parts.values().stream()
          .sorted(Comparator.comparingLong(Part::nanos).reversed())
          .toList();
    }
  }

  /// The kernels to use: those that are timed, while a profile is made.
  static Kernels over(Kernels kernels) {
    Kernels proxy = timed;
    return proxy == null ? kernels : proxy;
  }

  private @Nullable Object call(
      Kernels kernels, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    long start = System.nanoTime();
    try {
      return method.invoke(kernels, arguments);
    } catch (InvocationTargetException failed) {
      throw failed.getCause() == null ? failed : failed.getCause();
    } finally {
      if (arguments != null) {
        add(part(method.getName(), arguments, System.nanoTime() - start));
      }
    }
  }

  private synchronized void add(Part part) {
    parts.merge(part.operation, part, Part::plus);
  }

  private static double bytes(@Nullable Object argument) {
    return argument instanceof Tensor tensor ? tensor.dtype().bytes(tensor.shape()) : 0;
  }

  private static Part part(String name, @Nullable Object[] arguments, long nanos) {
    double bytes = 0;
    for (Object argument : arguments) {
      bytes += bytes(argument);
    }
    return switch (name) {
      case "linear" -> {
        Tensor x = (Tensor) arguments[0];
        Tensor weight = (Tensor) arguments[1];
        if (x == null || weight == null) {
          yield new Part(name, 1, nanos, 0, bytes);
        }
        String what =
            "linear %d → %d".formatted(weight.shape().width(), weight.shape().dimension(0));
        yield new Part(what, 1, nanos, 2.0 * x.shape().rows() * weight.elements(), bytes);
      }
      case "matmul" -> {
        Tensor a = (Tensor) arguments[0];
        Tensor out = (Tensor) arguments[4];
        boolean transposed = Boolean.TRUE.equals(arguments[1]);
        if (a == null || out == null) {
          yield new Part(name, 1, nanos, 0, bytes);
        }
        int inner = a.shape().dimension(transposed ? 0 : 1);
        String what = transposed ? "matmul (gradients of weights)" : "matmul";
        yield new Part(what, 1, nanos, 2.0 * out.elements() * inner, bytes);
      }
      case "attention", "attentionBackward" -> {
        Tensor q = (Tensor) arguments[0];
        Tensor v = (Tensor) arguments[2];
        if (q == null || v == null || !(arguments[3] instanceof AttentionArguments how)) {
          yield new Part(name, 1, nanos, 0, bytes);
        }
        // q·k and weights·v; backward both again, and the gradients of q, k and v.
        double widths =
            q.shape().width() + (double) v.shape().width() * how.heads() / how.keyValueHeads();
        double factor = name.equals("attention") ? 2 : 5;
        yield new Part(name, 1, nanos, factor * pairs(how) * widths, bytes);
      }
      // Only the rows that are asked for are touched, not the table.
      case "gather" -> new Part(name, 1, nanos, 0, 2 * bytes(arguments[3]));
      case "scatterAdd" -> new Part(name, 1, nanos, 0, 3 * bytes(arguments[0]));
      default -> new Part(name, 1, nanos, 0, bytes);
    };
  }

  /// How many keys all queries see together.
  private static double pairs(AttentionArguments how) {
    double pairs = 0;
    for (int s = 0; s < how.queries().count(); s++) {
      int keys = how.keys().length(s);
      int[] offsets = how.queryOffsets();
      int offset = offsets == null ? 0 : offsets[s];
      for (int i = 0; i < how.queries().length(s); i++) {
        long position = (long) i + offset;
        long first = Math.max(0, position - how.left());
        long last = Math.min(keys - 1L, position + how.right());
        pairs += Math.max(0, last - first + 1);
      }
    }
    return pairs;
  }
}
