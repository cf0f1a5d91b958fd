package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.Agreement.assertClose;
import static dev.heed.kernels.x86.Agreement.assertSameBits;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Activation;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Products against the reference, at odd sizes, in memory that ends at a page that faults.
@ParameterizedClass
@MethodSource("levels")
class MatmulTest {
  private static final int[] SIZES = {1, 2, 3, 7, 13, 16, 17, 31, 48, 49, 64, 97, 207};
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final int threads = Parallel.threads();
  private final Kernels kernels;

  MatmulTest(Level level) {
    this.kernels = new X86Kernels(level);
  }

  static List<Level> levels() {
    return Levels.available();
  }

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(threads);
  }

  @Test
  void productsOfAllFormsAgree() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 150; i++) {
      int m = SIZES[random.nextInt(SIZES.length)];
      int n = SIZES[random.nextInt(SIZES.length)];
      int k = i % 10 == 0 ? 385 + random.nextInt(500) : SIZES[random.nextInt(SIZES.length)];
      boolean transposeA = random.nextBoolean();
      boolean transposeB = random.nextBoolean();
      boolean addToOut = random.nextBoolean();
      Tensor a = transposeA ? Guarded.random(i, k, m) : Guarded.random(i, m, k);
      Tensor b = transposeB ? Guarded.random(i + 1, n, k) : Guarded.random(i + 1, k, n);
      Tensor actual = Guarded.random(2, m, n);
      Tensor expected = actual.copy();
      kernels.matmul(a, transposeA, b, transposeB, actual, addToOut);
      REFERENCE.matmul(a, transposeA, b, transposeB, expected, addToOut);
      String what = "m=%d n=%d k=%d %b %b %b".formatted(m, n, k, transposeA, transposeB, addToOut);
      assertClose(actual, expected, 1e-6 * Math.sqrt(k + 10), what);
    }
  }

  @Test
  void aProductOverNothingIsZeroOrWhatWasThere() {
    Tensor a = Guarded.zeros(20, 0);
    Tensor b = Guarded.zeros(0, 9);
    Tensor out = Guarded.random(1, 20, 9);
    Tensor before = out.copy();
    kernels.matmul(a, false, b, false, out, true);
    assertSameBits(out, before, "added");
    kernels.matmul(a, false, b, false, out, false);
    assertSameBits(out, Tensor.zeros(out.shape(), out.dtype()), "written");
  }

  @Test
  void nanAndInfinityReachTheirRowsAndColumnsOnly() {
    for (int rows : new int[] {5, 40}) {
      Tensor a = Guarded.random(1, rows, 33);
      a.memory().setAtIndex(JAVA_FLOAT, 2 * 33 + 32, Float.NaN);
      a.memory().setAtIndex(JAVA_FLOAT, 3 * 33, 1 / 0f);
      Tensor b = Guarded.random(2, 51, 33);
      Tensor actual = Guarded.zeros(rows, 51);
      Tensor expected = actual.copy();
      kernels.matmul(a, false, b, true, actual, false);
      REFERENCE.matmul(a, false, b, true, expected, false);
      assertClose(actual, expected, 1e-5, rows + " rows");
    }
  }

  @Test
  void aWideMatrixIsPackedInParts() {
    int m = 17;
    int n = 3001;
    int k = 3100;
    Tensor a = Guarded.random(1, m, k);
    Tensor b = Guarded.random(2, k, n);
    Tensor bias = Guarded.random(3, n);
    Tensor weight = Guarded.zeros(n, k);
    for (int row = 0; row < n; row++) {
      for (int column = 0; column < k; column++) {
        float element = b.memory().getAtIndex(JAVA_FLOAT, (long) column * n + row);
        weight.memory().setAtIndex(JAVA_FLOAT, (long) row * k + column, element);
      }
    }
    Tensor product = Guarded.zeros(m, n);
    kernels.matmul(a, false, b, false, product, false);
    kernels.add(product, bias, 1, product);
    Tensor linear = Guarded.zeros(m, n);
    kernels.linear(a, weight, bias, Activation.NONE, null, null, linear);
    assertClose(linear, product, 1e-6, "the same product by both forms");
    Tensor expected = Guarded.zeros(m, 1);
    Tensor last = Guarded.zeros(k, 1);
    for (int column = 0; column < k; column++) {
      float element = b.memory().getAtIndex(JAVA_FLOAT, (long) column * n + n - 1);
      last.memory().setAtIndex(JAVA_FLOAT, column, element);
    }
    REFERENCE.matmul(a, false, last, false, expected, false);
    for (int row = 0; row < m; row++) {
      assertThat(product.get(row, n - 1) - bias.get(n - 1))
          .isCloseTo(expected.get(row, 0), Offset.offset(1e-4));
    }
  }

  @Test
  void linearWithEveryEpilogueAgrees() {
    SplittableRandom random = new SplittableRandom(2);
    for (Activation activation : Activation.values()) {
      for (int i = 0; i < 8; i++) {
        int m = SIZES[random.nextInt(SIZES.length)];
        int n = SIZES[random.nextInt(SIZES.length)];
        int k = SIZES[random.nextInt(SIZES.length)];
        Tensor x = Guarded.random(1, m, k);
        Tensor w = Guarded.random(2, n, k);
        Tensor bias = (i & 1) == 0 ? null : Guarded.random(3, n);
        Tensor residual = (i & 2) == 0 ? null : Guarded.random(4, m, n);
        Tensor before = (i & 4) == 0 ? null : Guarded.zeros(m, n);
        Tensor expectedBefore = before == null ? null : before.copy();
        Tensor actual = Guarded.zeros(m, n);
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
    int[][] shapes = {{300, 200, 500}, {3, 700, 900}, {500, 65, 384}};
    for (int[] s : shapes) {
      for (int form = 0; form < 3; form++) {
        boolean transposeA = form == 2;
        boolean transposeB = form == 0;
        Tensor a = transposeA ? Guarded.random(1, s[2], s[0]) : Guarded.random(1, s[0], s[2]);
        Tensor b = transposeB ? Guarded.random(2, s[1], s[2]) : Guarded.random(2, s[2], s[1]);
        Tensor first = Guarded.zeros(s[0], s[1]);
        Parallel.setThreads(1);
        kernels.matmul(a, transposeA, b, transposeB, first, false);
        for (int count : new int[] {2, 3, 8}) {
          Tensor again = Guarded.zeros(s[0], s[1]);
          Parallel.setThreads(count);
          kernels.matmul(a, transposeA, b, transposeB, again, false);
          assertSameBits(again, first, count + " threads");
        }
      }
    }
  }
}
