package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.Agreement.assertClose;
import static dev.heed.kernels.x86.Agreement.assertSameBits;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Products of rounded factors against the reference's products of the same factors, at odd sizes,
/// in memory that ends at a page that faults.
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("levels")
class BfloatMatmulTest {
  private static final int[] ROWS = {17, 31, 32, 33, 48, 97, 207};
  private static final int[] SIZES = {32, 33, 47, 48, 49, 63, 64, 95, 97, 130, 207, 530};
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final int threads = Parallel.threads();
  private final Kernels kernels;

  BfloatMatmulTest(Level level) {
    this.kernels = Levels.kernels(level);
  }

  /// The levels of this machine that have such products.
  static List<Level> levels() {
    return Levels.withBfloat();
  }

  @AfterEach
  void restoreThreads() {
    Parallel.setThreads(threads);
  }

  private static Tensor rounded(Tensor x) {
    Tensor halves = Tensor.empty(x.shape(), DType.BF16);
    REFERENCE.convert(x, halves);
    Tensor back = Tensor.empty(x.shape(), DType.F32);
    REFERENCE.convert(halves, back);
    return back;
  }

  @Test
  void productsOfAllFormsAgree() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 120; i++) {
      int m = ROWS[random.nextInt(ROWS.length)];
      int n = SIZES[random.nextInt(SIZES.length)];
      int k = SIZES[random.nextInt(SIZES.length)];
      boolean transposeA = random.nextBoolean();
      boolean transposeB = random.nextBoolean();
      boolean addToOut = random.nextBoolean();
      Tensor a = transposeA ? Guarded.random(i, k, m) : Guarded.random(i, m, k);
      Tensor b = transposeB ? Guarded.random(i + 1, n, k) : Guarded.random(i + 1, k, n);
      Tensor actual = Guarded.random(2, m, n);
      Tensor expected = actual.copy();
      Precision.BF16.compute(() -> kernels.matmul(a, transposeA, b, transposeB, actual, addToOut));
      REFERENCE.matmul(rounded(a), transposeA, rounded(b), transposeB, expected, addToOut);
      String what = "m=%d n=%d k=%d %b %b %b".formatted(m, n, k, transposeA, transposeB, addToOut);
      assertClose(actual, expected, 1e-6 * Math.sqrt(k + 10), what);
    }
  }

  /// Wide, high and square: so deep that tasks take k in turns, with factors of their own and
  /// shared.
  @Test
  void deepProductsAgreeHoweverTheyAreCut() {
    int[][] sizes = {{40, 70, 2100}, {70, 520, 2100}, {520, 70, 2100}, {150, 150, 4300}};
    for (int[] size : sizes) {
      int k = size[2];
      for (int form = 0; form < 4; form++) {
        boolean ta = form % 2 == 1;
        boolean tb = form >= 2;
        Tensor a = ta ? Guarded.random(1, k, size[0]) : Guarded.random(1, size[0], k);
        Tensor b = tb ? Guarded.random(2, size[1], k) : Guarded.random(2, k, size[1]);
        Tensor before = Guarded.random(3, size[0], size[1]);
        Tensor expected = before.copy();
        REFERENCE.matmul(rounded(a), ta, rounded(b), tb, expected, true);
        Tensor bits = null;
        for (int threads : new int[] {1, 2, 5}) {
          Parallel.setThreads(threads);
          Tensor actual = Guarded.zeros(size[0], size[1]);
          actual.memory().copyFrom(before.memory());
          Precision.BF16.compute(() -> kernels.matmul(a, ta, b, tb, actual, true));
          String what = "%d x %d %b %b %d threads".formatted(size[0], size[1], ta, tb, threads);
          assertClose(actual, expected, 1e-4, what);
          if (bits != null) {
            assertSameBits(actual, bits, what);
          }
          bits = actual;
        }
      }
    }
  }

  @Test
  void linearWithAnEpilogueAgrees() {
    Tensor x = Guarded.random(1, 67, 130);
    Tensor w = Guarded.random(2, 97, 130);
    Tensor bias = Guarded.random(3, 97);
    Tensor residual = Guarded.random(4, 67, 97);
    Tensor before = Guarded.zeros(67, 97);
    Tensor expectedBefore = before.copy();
    Tensor actual = Guarded.zeros(67, 97);
    Tensor expected = actual.copy();
    Precision.BF16.compute(
        () -> kernels.linear(x, w, bias, Activation.GELU, residual, before, actual));
    REFERENCE.linear(
        rounded(x), rounded(w), bias, Activation.GELU, residual, expectedBefore, expected);
    assertClose(before, expectedBefore, 2e-5, "before the activation");
    assertClose(actual, expected, 2e-5, "after it");
  }

  @Test
  void theBitsDoNotDependOnTheNumberOfThreads() {
    Tensor a = Guarded.random(1, 515, 333);
    Tensor b = Guarded.random(2, 333, 250);
    Tensor expected = Guarded.zeros(515, 250);
    Parallel.setThreads(1);
    Precision.BF16.compute(() -> kernels.matmul(a, false, b, false, expected, false));
    for (int count : new int[] {2, 3, 8}) {
      Parallel.setThreads(count);
      Tensor actual = Guarded.zeros(515, 250);
      Precision.BF16.compute(() -> kernels.matmul(a, false, b, false, actual, false));
      assertSameBits(actual, expected, count + " threads");
    }
  }

  @Test
  void nanAndInfinityReachTheirRowsAndColumnsOnly() {
    Tensor a = Guarded.random(1, 40, 33);
    a.memory().setAtIndex(JAVA_FLOAT, 2 * 33 + 32, Float.NaN);
    a.memory().setAtIndex(JAVA_FLOAT, 3 * 33, 1 / 0f);
    Tensor b = Guarded.random(2, 51, 33);
    Tensor actual = Guarded.zeros(40, 51);
    Tensor expected = actual.copy();
    Precision.BF16.compute(() -> kernels.matmul(a, false, b, true, actual, false));
    REFERENCE.matmul(rounded(a), false, rounded(b), true, expected, false);
    assertClose(actual, expected, 1e-5, "40 rows");
  }

  @Test
  void fewRowsAndOtherPrecisionsStayExact() {
    Tensor b = Guarded.random(2, 64, 64);
    for (Precision precision : Precision.values()) {
      int rows = precision == Precision.FP32 ? 40 : 5;
      Tensor a = Guarded.random(1, rows, 64);
      Tensor actual = Guarded.zeros(rows, 64);
      Tensor expected = actual.copy();
      precision.compute(() -> kernels.matmul(a, false, b, true, actual, false));
      kernels.matmul(a, false, b, true, expected, false);
      assertSameBits(actual, expected, precision + " " + rows);
    }
    assertThat(Precision.current()).isEqualTo(Precision.FP32);
    assertThat(rounded(b).shape()).isEqualTo(Shape.of(64, 64));
  }
}
