package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Statistics of fixed keys: no test here can fail by chance. Bounds are five deviations.
class CounterRandomTest {
  private static final long KEY = CounterRandom.key(1, 2, 3);
  private static final int ROWS = 1000;
  private static final int COLUMNS = 1000;

  @Test
  void theSameKeyGivesTheSameNumbers() {
    // Literals: files written by one version must resume with the next, and vector kernels agree.
    assertThat(CounterRandom.key(1, 2, 3)).isEqualTo(-1340075769574268180L);
    assertThat(CounterRandom.rowKey(KEY, 7)).isEqualTo(1427235886);
    assertThat(CounterRandom.bits(CounterRandom.rowKey(KEY, 7), 9)).isEqualTo(1480164437);
    assertThat(CounterRandom.bits64(KEY, 5)).isEqualTo(-7700713405318033635L);
    assertThat(CounterRandom.uniform(KEY, 5)).isEqualTo(0.582543489813297);
    assertThat(CounterRandom.normal(KEY, 5)).isEqualTo(-0.6660857060588592);
  }

  @Test
  void everyPartOfTheKeyCounts() {
    Set<Long> keys = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      for (int step = 0; step < 20; step++) {
        for (int site = 0; site < 20; site++) {
          keys.add(CounterRandom.key(seed, step, site));
        }
      }
    }
    assertThat(keys).hasSize(8000);
  }

  @Test
  void eachBitOfAColumnIsSetHalfTheTime() {
    int[] set = new int[32];
    for (int row = 0; row < ROWS; row++) {
      int rowKey = CounterRandom.rowKey(KEY, row);
      for (int column = 0; column < COLUMNS; column++) {
        int bits = CounterRandom.bits(rowKey, column);
        for (int bit = 0; bit < 32; bit++) {
          set[bit] += bits >>> bit & 1;
        }
      }
    }
    for (int count : set) {
      assertThat(count).isBetween(500_000 - 2500, 500_000 + 2500); // deviation 500
    }
  }

  @Test
  void theBitsOfColumnsAreUniform() {
    int[] buckets = new int[1024];
    for (int row = 0; row < ROWS; row++) {
      int rowKey = CounterRandom.rowKey(KEY, row);
      for (int column = 0; column < COLUMNS; column++) {
        buckets[CounterRandom.bits(rowKey, column) >>> 22]++;
      }
    }
    assertThat(chiSquared(buckets)).isBetween(1023 - 227.0, 1023 + 227.0); // deviation √(2·1023)
  }

  @Test
  void neighbouringRowsAndColumnsAreIndependent() {
    // Also keys of neighbouring steps and sites: dropout of one layer must not repeat in the next.
    double[][] other = {
      correlation(KEY, KEY, 1, 0),
      correlation(KEY, KEY, 0, 1),
      correlation(KEY, KEY, 1, 1),
      correlation(KEY, CounterRandom.key(2, 2, 3), 0, 0),
      correlation(KEY, CounterRandom.key(1, 3, 3), 0, 0),
      correlation(KEY, CounterRandom.key(1, 2, 4), 0, 0)
    };
    for (double[] measured : other) {
      assertThat(measured[0]).isCloseTo(0, within(5 / Math.sqrt(ROWS * COLUMNS)));
    }
  }

  private static double[] correlation(long key, long otherKey, int rows, int columns) {
    double sum = 0;
    for (int row = 0; row < ROWS; row++) {
      int mine = CounterRandom.rowKey(key, row);
      int other = CounterRandom.rowKey(otherKey, row + rows);
      for (int column = 0; column < COLUMNS; column++) {
        double x = CounterRandom.bits(mine, column) * 0x1p-31;
        double y = CounterRandom.bits(other, column + columns) * 0x1p-31;
        sum += x * y;
      }
    }
    return new double[] {3 * sum / (ROWS * COLUMNS)}; // the variance of either is 1/3
  }

  @Test
  void rowsOfOneKeyDoNotShareTheirColumns() {
    Set<Integer> rowKeys = new HashSet<>();
    for (int row = 0; row < ROWS; row++) {
      rowKeys.add(CounterRandom.rowKey(KEY, row));
    }
    assertThat(rowKeys).hasSize(ROWS);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.05, 0.1, 0.5, 0.9})
  void dropsTheShareThatWasAskedFor(double rate) {
    int threshold = CounterRandom.threshold(rate);
    int dropped = 0;
    int[] perColumn = new int[COLUMNS];
    for (int row = 0; row < ROWS; row++) {
      int rowKey = CounterRandom.rowKey(KEY, row);
      for (int column = 0; column < COLUMNS; column++) {
        if (!CounterRandom.keeps(rowKey, column, threshold)) {
          dropped++;
          perColumn[column]++;
        }
      }
    }
    double deviation = Math.sqrt(rate * (1 - rate));
    assertThat(dropped / 1e6).isCloseTo(rate, within(5 * deviation / 1000));
    for (int count : perColumn) {
      assertThat(count / 1e3).isCloseTo(rate, within(5.5 * deviation / Math.sqrt(ROWS)));
    }
  }

  @Test
  void nothingIsDroppedAtRateZero() {
    for (int column = 0; column < 100_000; column++) {
      assertThat(CounterRandom.keeps(12345, column, CounterRandom.threshold(0))).isTrue();
    }
  }

  @Test
  void uniformNumbersFillTheirRangeEvenly() {
    int n = 1_000_000;
    int[] buckets = new int[1024];
    double sum = 0;
    double last = 0.5;
    double products = 0;
    for (int i = 0; i < n; i++) {
      double x = CounterRandom.uniform(KEY, i);
      assertThat(x >= 0 && x < 1).isTrue();
      buckets[(int) (x * 1024)]++;
      sum += x;
      products += (x - 0.5) * (last - 0.5);
      last = x;
    }
    assertThat(sum / n).isCloseTo(0.5, within(5 * Math.sqrt(1 / 12.0 / n)));
    assertThat(12 * products / n).isCloseTo(0, within(5 / Math.sqrt(n)));
    assertThat(chiSquared(buckets)).isBetween(1023 - 227.0, 1023 + 227.0);
  }

  @Test
  void normalNumbersHaveTheMomentsOfTheNormalDistribution() {
    int n = 1_000_000;
    double[] moments = new double[5];
    double products = 0;
    double last = 0;
    for (int i = 0; i < n; i++) {
      double x = CounterRandom.normal(KEY, i);
      double power = 1;
      for (int p = 1; p <= 4; p++) {
        power *= x;
        moments[p] += power / n;
      }
      products += x * last / n;
      last = x;
    }
    double root = Math.sqrt(n);
    assertThat(moments[1]).isCloseTo(0, within(5 / root));
    assertThat(moments[2]).isCloseTo(1, within(5 * Math.sqrt(2) / root));
    assertThat(moments[3]).isCloseTo(0, within(5 * Math.sqrt(15) / root));
    assertThat(moments[4]).isCloseTo(3, within(5 * Math.sqrt(96) / root));
    assertThat(products).isCloseTo(0, within(5 / root));
  }

  @Test
  void wholeNumbersBelowABoundAreUniform() {
    for (int bound : new int[] {1, 2, 3, 7, 1000}) {
      int[] counts = new int[bound];
      int n = 200_000;
      for (int i = 0; i < n; i++) {
        counts[CounterRandom.below(bound, KEY, i)]++;
      }
      double free = bound - 1;
      assertThat(chiSquared(counts)).isLessThanOrEqualTo(free + 5 * Math.sqrt(2 * free) + 1e-9);
    }
    for (int i = 0; i < 10_000; i++) {
      assertThat(CounterRandom.below(Integer.MAX_VALUE, KEY, i)).isNotNegative();
    }
  }

  @Test
  void aPermutationHoldsEachNumberOnce() {
    for (int n : new int[] {0, 1, 2, 1000}) {
      int[] order = CounterRandom.permutation(n, KEY);
      int[] sorted = order.clone();
      Arrays.sort(sorted);
      for (int i = 0; i < n; i++) {
        assertThat(sorted[i]).isEqualTo(i);
      }
      assertThat(CounterRandom.permutation(n, KEY)).isEqualTo(order);
    }
    assertThat(CounterRandom.permutation(1000, KEY))
        .isNotEqualTo(CounterRandom.permutation(1000, KEY + 1));
  }

  @Test
  void allOrdersAreEquallyProbable() {
    int[] counts = new int[24];
    int n = 48_000;
    for (int i = 0; i < n; i++) {
      int[] order = CounterRandom.permutation(4, CounterRandom.key(9, i, 0));
      int rank = 0;
      for (int a = 0; a < 4; a++) {
        int smaller = 0;
        for (int b = a + 1; b < 4; b++) {
          smaller += order[b] < order[a] ? 1 : 0;
        }
        rank = rank * (4 - a) + smaller;
      }
      counts[rank]++;
    }
    assertThat(chiSquared(counts)).isLessThan(23 + 5 * Math.sqrt(2 * 23));
  }

  private static double chiSquared(int[] counts) {
    double expected = Arrays.stream(counts).sum() / (double) counts.length;
    double sum = 0;
    for (int count : counts) {
      sum += (count - expected) * (count - expected) / expected;
    }
    return sum;
  }
}
