package dev.heed.kernels.x86;

import static dev.heed.kernels.x86.Agreement.assertClose;
import static dev.heed.kernels.x86.Agreement.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/// Products of F32 rows with BF16 weights, and rows of BF16 tables, against the reference: in
/// memory that ends at a page that faults.
@ParameterizedClass(allowZeroInvocations = true)
@MethodSource("levels")
class Bf16WeightTest {
  private static final int[] SIZES = {1, 13, 31, 32, 64, 207};
  private static final ReferenceKernels REFERENCE = new ReferenceKernels();

  private final X86Kernels kernels;

  Bf16WeightTest(Level level) {
    this.kernels = Levels.kernels(level);
  }

  static List<Level> levels() {
    return Stream.concat(Levels.available().stream(), Levels.withBfloat().stream())
        .filter(Level::isWide)
        .toList();
  }

  private static Tensor halves(Tensor x) {
    Tensor halves = Tensor.over(Guarded.allocate(2 * x.elements()), x.shape(), DType.BF16);
    REFERENCE.convert(x, halves);
    return halves;
  }

  private static Tensor rounded(Tensor x) {
    return halves(x).to(DType.F32);
  }

  /// In F32 the weights are exact; in BF16 what meets them may be rounded as they are.
  private void requireAgreement(
      Tensor x, Tensor weight, @Nullable Tensor bias, Activation activation, Precision precision) {
    int rows = x.shape().dimension(0);
    int columns = weight.shape().dimension(0);
    Tensor actual = Guarded.zeros(rows, columns);
    Tensor expected = Guarded.zeros(rows, columns);
    precision.compute(() -> kernels.linear(x, weight, bias, activation, null, null, actual));
    boolean rounds = precision == Precision.BF16 && roundsRows(rows, weight.shape());
    Tensor met = rounds ? rounded(x) : x;
    REFERENCE.linear(met, weight, bias, activation, null, null, expected);
    String what = "%s %s %s %s".formatted(x.shape(), weight.shape(), precision, activation);
    assertClose(actual, expected, 1e-6 * Math.sqrt(x.shape().width() + 10), what);
  }

  private boolean roundsRows(int rows, Shape weight) {
    if (kernels.name().equals(new X86Kernels(Level.AVX512).name())) {
      return false;
    }
    int n = weight.dimension(0);
    int k = weight.width();
    return rows <= 16 ? k % 2 == 0 : k % 32 == 0 && n >= 32;
  }

  @Test
  void productsAgree() {
    for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
      for (int m : new int[] {0, 1, 2, 5, 16, 17, 40, 131}) {
        for (int n : SIZES) {
          for (int k : SIZES) {
            Tensor x = Guarded.random(m + k, m, k);
            Tensor weight = halves(Guarded.random(n + k, n, k));
            requireAgreement(x, weight, null, Activation.NONE, precision);
          }
        }
      }
    }
  }

  @Test
  void largeOnesAndThoseWithABiasAndAnActivationAgree() {
    for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
      for (int[] size :
          new int[][] {{1, 4098, 96}, {7, 515, 1600}, {33, 200, 1056}, {3, 9, 4098}}) {
        Tensor x = Guarded.random(1, size[0], size[2]);
        Tensor weight = halves(Guarded.random(2, size[1], size[2]));
        requireAgreement(x, weight, Guarded.random(3, size[1]), Activation.SILU, precision);
      }
    }
  }

  @Test
  void nanAndInfinityReachTheirRowsAndColumnsOnly() {
    for (int rows : new int[] {4, 40}) {
      Tensor x = Guarded.random(1, rows, 64);
      x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 64 + 3, Float.NaN);
      Tensor plain = Guarded.random(2, 48, 64);
      plain.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 5 * 64 + 63, Float.NEGATIVE_INFINITY);
      Tensor weight = halves(plain);
      for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
        requireAgreement(x, weight, null, Activation.NONE, precision);
      }
    }
  }

  @Test
  void theBitsDoNotDependOnTheNumberOfThreads() {
    int before = Parallel.threads();
    try {
      for (Precision precision : List.of(Precision.FP32, Precision.BF16)) {
        for (int rows : new int[] {1, 16, 70}) {
          Tensor x = Guarded.random(1, rows, 512);
          Tensor weight = halves(Guarded.random(2, 3000, 512));
          Parallel.setThreads(1);
          Tensor expected = Guarded.zeros(rows, 3000);
          precision.compute(
              () -> kernels.linear(x, weight, null, Activation.NONE, null, null, expected));
          Parallel.setThreads(3);
          Tensor actual = Guarded.zeros(rows, 3000);
          precision.compute(
              () -> kernels.linear(x, weight, null, Activation.NONE, null, null, actual));
          assertSameBits(actual, expected, rows + " rows in " + precision);
        }
      }
    } finally {
      Parallel.setThreads(before);
    }
  }

  @Test
  void rowsOfATableAreItsNumbers() {
    for (int width : new int[] {1, 13, 31, 207, 512}) {
      Tensor table = halves(Guarded.random(1, 7, width));
      Tensor ids = Guarded.ints(new int[] {6, 0, 3, 6});
      Tensor actual = Guarded.zeros(4, width);
      Tensor expected = Guarded.zeros(4, width);
      kernels.gather(table, ids, 0.5, actual);
      REFERENCE.gather(table, ids, 0.5, expected);
      assertSameBits(actual, expected, "width " + width);
    }
  }

  @Test
  void modelsMayKeepThem() {
    assertThat(kernels.keepsBf16()).isTrue();
    assertThat(new X86Kernels(Level.AVX2).keepsBf16()).isFalse();
  }
}
