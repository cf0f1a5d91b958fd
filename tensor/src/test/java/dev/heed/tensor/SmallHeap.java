package dev.heed.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// What [MemoryTest] runs in a JVM with a small heap; prints the megabytes of tensors in use and of
/// resident memory as it goes.
final class SmallHeap {
  private static final int OPERATIONS = 1_000_000;
  private static final int REPORTS = 5;
  private static final int THREADS = 16;
  private static final int MODELS = 200;

  private SmallHeap() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    switch (arguments[0]) {
      case "operations" -> operations();
      case "threads" -> threads();
      case "models" -> models();
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  /// A million small operations whose results are dropped at once.
  private static void operations() throws IOException {
    for (int report = 0; report < REPORTS; report++) {
      apply(OPERATIONS / REPORTS);
      report();
    }
  }

  /// The same by many virtual threads at once, which makes garbage as fast as the machine can.
  private static void threads() throws IOException, InterruptedException {
    for (int report = 0; report < REPORTS; report++) {
      Thread[] all = new Thread[THREADS];
      for (int i = 0; i < THREADS; i++) {
        all[i] = Thread.startVirtualThread(() -> apply(OPERATIONS / REPORTS / THREADS));
      }
      for (Thread thread : all) {
        thread.join();
      }
      report();
    }
  }

  private static void apply(int times) {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 1, 4);
    Tensor weight = Tensor.of(new float[] {1, 0, 0, 1, 1, 0, 0, 1}, 2, 4);
    double sum = 0;
    for (int i = 0; i < times; i++) {
      sum += FusedOperations.linear(x, weight, null, Activation.NONE, null).get(0, 0);
    }
    if (sum != 5.0 * times) {
      throw new AssertionError("expected " + 5.0 * times + ", received " + sum);
    }
  }

  /// Models of 12 MB, built and dropped.
  private static void models() throws IOException {
    Parameter[] model = new Parameter[3];
    for (int i = 1; i <= MODELS; i++) {
      for (int p = 0; p < model.length; p++) {
        model[p] = Parameter.of(Tensor.zeros(Shape.of(1024, 1024), DType.F32));
      }
      if (i % (MODELS / REPORTS) == 0) {
        report();
      }
    }
  }

  private static void report() throws IOException {
    System.out.printf(Locale.ROOT, "%d %d%n", Memory.liveBytes() >> 20, residentMegabytes());
  }

  /// The resident memory of this process, 0 where the system does not tell.
  private static long residentMegabytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) >> 10;
      }
    }
    return 0;
  }
}
