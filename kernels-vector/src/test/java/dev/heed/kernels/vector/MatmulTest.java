package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Agreement.assertClose;
import static dev.heed.kernels.vector.Agreement.assertSameBits;
import static dev.heed.kernels.vector.Agreement.random;
import static dev.heed.kernels.vector.Agreement.set;
import static dev.heed.kernels.vector.Agreement.zeros;

import dev.heed.tensor.Activation;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Products against the reference, at odd sizes.
class MatmulTest {
  private static final int[] SIZES = {1, 2, 3, 7, 13, 16, 17, 31, 48, 49, 64, 97, 207};
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final int threads = Parallel.threads();
  private final Kernels kernels = new VectorKernels();

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(threads);
  }

  @Test
  void productsOfAllFormsAgree() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 50; i++) {
      int m = SIZES[random.nextInt(SIZES.length)];
      int n = SIZES[random.nextInt(SIZES.length)];
      int k = i % 10 == 0 ? 385 + random.nextInt(100) : SIZES[random.nextInt(SIZES.length)];
      boolean transposeA = random.nextBoolean();
      boolean transposeB = random.nextBoolean();
      boolean addToOut = random.nextBoolean();
      Tensor a = transposeA ? random(i, k, m) : random(i, m, k);
      Tensor b = transposeB ? random(i + 1, n, k) : random(i + 1, k, n);
      Tensor actual = random(2, m, n);
      Tensor expected = actual.copy();
      kernels.matmul(a, transposeA, b, transposeB, actual, addToOut);
      REFERENCE.matmul(a, transposeA, b, transposeB, expected, addToOut);
      String what = "m=%d n=%d k=%d %b %b %b".formatted(m, n, k, transposeA, transposeB, addToOut);
      assertClose(actual, expected, 1e-6 * Math.sqrt(k + 10), what);
    }
  }

  @Test
  void aProductOverNothingIsZeroOrWhatWasThere() {
    Tensor a = zeros(20, 0);
    Tensor b = zeros(0, 9);
    Tensor out = random(1, 20, 9);
    Tensor before = out.copy();
    kernels.matmul(a, false, b, false, out, true);
    assertSameBits(out, before, "added");
    kernels.matmul(a, false, b, false, out, false);
    assertSameBits(out, Tensor.zeros(out.shape(), out.dtype()), "written");
  }

  @Test
  void nanAndInfinityReachTheirRowsAndColumnsOnly() {
    for (int rows : new int[] {5, 40}) {
      Tensor a = random(1, rows, 33);
      set(a, 2 * 33 + 32, Float.NaN);
      set(a, 3 * 33, 1 / 0f);
      Tensor b = random(2, 51, 33);
      Tensor actual = zeros(rows, 51);
      Tensor expected = actual.copy();
      kernels.matmul(a, false, b, true, actual, false);
      REFERENCE.matmul(a, false, b, true, expected, false);
      assertClose(actual, expected, 1e-5, rows + " rows");
    }
  }

  @Test
  void linearWithEveryEpilogueAgrees() {
    SplittableRandom random = new SplittableRandom(2);
    for (Activation activation : Activation.values()) {
      for (int i = 0; i < 8; i++) {
        int m = SIZES[random.nextInt(SIZES.length - 3)];
        int n = SIZES[random.nextInt(SIZES.length - 2)];
        int k = SIZES[random.nextInt(SIZES.length - 3)];
        Tensor x = random(1, m, k);
        Tensor w = random(2, n, k);
        Tensor bias = (i & 1) == 0 ? null : random(3, n);
        Tensor residual = (i & 2) == 0 ? null : random(4, m, n);
        Tensor before = (i & 4) == 0 ? null : zeros(m, n);
        Tensor expectedBefore = before == null ? null : before.copy();
        Tensor actual = zeros(m, n);
        Tensor expected = actual.copy();
        kernels.linear(x, w, bias, activation, residual, before, actual);
        REFERENCE.linear(x, w, bias, activation, residual, expectedBefore, expected);
        String what = "%s m=%d n=%d k=%d case %d".formatted(activation, m, n, k, i);
        assertClose(actual, expected, 2e-5, what);
        if (before != null && expectedBefore != null) {
          assertClose(before, expectedBefore, 2e-5, what);
        }
      }
    }
  }

  @Test
  void theBitsDoNotDependOnTheNumberOfThreads() {
    int[][] shapes = {{200, 100, 60}, {3, 300, 900}, {60, 65, 400}};
    for (int[] s : shapes) {
      for (int form = 0; form < 3; form++) {
        boolean transposeA = form == 2;
        boolean transposeB = form == 0;
        Tensor a = transposeA ? random(1, s[2], s[0]) : random(1, s[0], s[2]);
        Tensor b = transposeB ? random(2, s[1], s[2]) : random(2, s[2], s[1]);
        Tensor first = zeros(s[0], s[1]);
        Parallel.setThreads(1);
        kernels.matmul(a, transposeA, b, transposeB, first, false);
        for (int count : new int[] {2, 8}) {
          Tensor again = zeros(s[0], s[1]);
          Parallel.setThreads(count);
          kernels.matmul(a, transposeA, b, transposeB, again, false);
          assertSameBits(again, first, count + " threads");
        }
      }
    }
  }
}
