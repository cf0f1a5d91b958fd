package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LengthBucketsTest {
  private static final List<Integer> SAMPLES = IntStream.range(0, 1003).boxed().toList();

  private static int length(int sample) {
    return 1 + sample * 7 % 256;
  }

  private static List<Integer> pass(LengthBuckets<Integer> batches, long epoch) {
    List<Integer> all = new ArrayList<>();
    for (long i = 0; i < batches.batchesPerEpoch(); i++) {
      all.addAll(batches.batch(epoch * batches.batchesPerEpoch() + i));
    }
    return all;
  }

  @Test
  void everyPassHasEachSampleOnceInAnOrderOfItsOwn() {
    var batches = LengthBuckets.shuffled(SAMPLES, LengthBucketsTest::length, 8, 5);
    assertThat(batches.batchesPerEpoch()).isEqualTo(126);
    List<Integer> first = pass(batches, 0);
    assertThat(first).containsExactlyInAnyOrderElementsOf(SAMPLES);
    assertThat(pass(batches, 1)).containsExactlyInAnyOrderElementsOf(SAMPLES).isNotEqualTo(first);
    assertThat(pass(batches, 0)).isEqualTo(first);
    var same = LengthBuckets.shuffled(SAMPLES, LengthBucketsTest::length, 8, 5);
    assertThat(pass(same, 0)).isEqualTo(first);
    var other = LengthBuckets.shuffled(SAMPLES, LengthBucketsTest::length, 8, 6);
    assertThat(pass(other, 0)).isNotEqualTo(first);
  }

  @Test
  void theLengthsOfABatchAreAlikeAndTheBatchesInNoOrder() {
    var batches = LengthBuckets.shuffled(SAMPLES, LengthBucketsTest::length, 8, 5);
    int falls = 0;
    int before = Integer.MAX_VALUE;
    for (long i = 0; i < batches.batchesPerEpoch(); i++) {
      int[] lengths = batches.batch(i).stream().mapToInt(LengthBucketsTest::length).toArray();
      assertThat(IntStream.of(lengths).max().orElseThrow())
          .isLessThanOrEqualTo(IntStream.of(lengths).min().orElseThrow() + 24);
      falls += lengths[0] <= before ? 1 : 0;
      before = lengths[0];
    }
    assertThat(falls).isBetween(40, 90);
  }

  @Test
  void toBeTriedOnTheLongestComeFirst() {
    var batches = LengthBuckets.sorted(SAMPLES, LengthBucketsTest::length, 100);
    assertThat(pass(batches, 0).stream().map(LengthBucketsTest::length))
        .isSortedAccordingTo(java.util.Comparator.reverseOrder());
    assertThat(batches.batch(11)).isEqualTo(batches.batch(0));
  }

  @Test
  void thereMustBeASample() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LengthBuckets.sorted(List.<Integer>of(), each -> each, 4))
        .withMessageContaining("received 0 and 4");
  }
}
