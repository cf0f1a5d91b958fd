package dev.heed.cli;

import dev.heed.tensor.Activation;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Profile;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where the time of some work goes, operation by operation, and how far each is from what this
/// machine can do: the products per second of a large square product, the bytes per second of
/// reading a large array, measured in the same run.
final class ProfileReport {
  private static final int SIDE = 1024;
  private static final int LARGE = 64 << 20; // floats: more than any cache holds
  private static final int SHOWN = 16;

  private final double flopsPerSecond;
  private final double bytesPerSecond;
  private final Map<String, List<Row>> sections = new LinkedHashMap<>();

  /// A line: an operation, or what is left.
  private record Row(
      String operation, long calls, double milliseconds, double share, double flops, double bytes) {
    double perSecond(double amount) {
      return milliseconds == 0 ? 0 : amount / (milliseconds / 1e3);
    }
  }

  ProfileReport() {
    Tensor x = random(SIDE, SIDE);
    Tensor out = Tensor.empty(Shape.of(SIDE, SIDE), DType.F32);
    flopsPerSecond =
        2.0
            * SIDE
            * SIDE
            * SIDE
            / best(() -> Kernels.active().linear(x, x, null, Activation.NONE, null, null, out));
    Tensor large = Tensor.zeros(Shape.of(LARGE), DType.F32);
    bytesPerSecond = 4.0 * LARGE / best(() -> Kernels.active().sum(large));
  }

  private static Tensor random(int... shape) {
    float[] values = new float[(int) Shape.of(shape).elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) CounterRandom.uniform(1, i);
    }
    return Tensor.of(values, shape);
  }

  /// The shortest time of several runs, in seconds.
  private static double best(Runnable work) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 8; i++) {
      long start = System.nanoTime();
      work.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best / 1e9;
  }

  /// Adds a section about some work, which is run twice before it counts.
  ProfileReport add(String name, Runnable work) {
    work.run();
    work.run();
    long start = System.nanoTime();
    List<Profile.Part> parts = Profile.of(work);
    double total = (System.nanoTime() - start) / 1e6;
    List<Row> rows = new ArrayList<>();
    double inside = 0;
    double rest = 0;
    long restCalls = 0;
    for (Profile.Part part : parts) {
      double milliseconds = part.nanos() / 1e6;
      inside += milliseconds;
      if (rows.size() < SHOWN) {
        rows.add(
            new Row(
                part.operation(),
                part.calls(),
                milliseconds,
                milliseconds / total,
                part.flops(),
                part.bytes()));
      } else {
        rest += milliseconds;
        restCalls += part.calls();
      }
    }
    if (restCalls > 0) {
      rows.add(new Row("other operations", restCalls, rest, rest / total, 0, 0));
    }
    double outside = Math.max(0, total - inside);
    rows.add(new Row("outside of the kernels", 0, outside, outside / total, 0, 0));
    sections.put(String.format(Locale.ROOT, "%s: %.1f ms", name, total), rows);
    return this;
  }

  /// As a table for each section, in Markdown.
  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "This machine now: %.0f GFLOP/s in a product of %d × %d × %d, %.1f GB/s read.",
            flopsPerSecond / 1e9,
            SIDE,
            SIDE,
            SIDE,
            bytesPerSecond / 1e9));
    sections.forEach((name, rows) -> {
      lines.add("");
      lines.add(name);
      lines.add("");
      lines.add("| operation | calls | ms | share | GFLOP/s | of that | GB/s | of that |");
      lines.add("|---|---|---|---|---|---|---|---|");
      for (Row row : rows) {
        lines.add(
            String.format(
                Locale.ROOT,
                "| %s | %s | %.2f | %.1f %% | %s | %s |",
                row.operation,
                row.calls == 0 ? "" : Long.toString(row.calls),
                row.milliseconds,
                100 * row.share,
                of(row.perSecond(row.flops), flopsPerSecond),
                of(row.perSecond(row.bytes), bytesPerSecond)));
      }
    });
    return lines;
  }

  private static String of(double rate, double limit) {
    return rate == 0
        ? " | "
        : String.format(Locale.ROOT, "%.1f | %.0f %%", rate / 1e9, 100 * rate / limit);
  }

  /// For JSON.
  Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("flops_per_second", flopsPerSecond);
    all.put("bytes_per_second", bytesPerSecond);
    sections.forEach((name, rows) -> {
      List<Map<String, Object>> operations = new ArrayList<>();
      for (Row row : rows) {
        operations.add(
            Map.of(
                "operation", row.operation,
                "calls", row.calls,
                "milliseconds", row.milliseconds,
                "share", row.share,
                "flops_per_second", row.perSecond(row.flops),
                "bytes_per_second", row.perSecond(row.bytes)));
      }
      all.put(name, operations);
    });
    return all;
  }
}
