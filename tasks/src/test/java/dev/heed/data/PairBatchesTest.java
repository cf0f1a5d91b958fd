package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.PairBatches.Batch;
import dev.heed.data.PairBatches.Pair;
import dev.heed.tensor.Sequences;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PairBatchesTest {
  private static final List<Pair> PAIRS =
      List.of(
          new Pair(new int[] {5, 6, 1}, new int[] {7, 1}),
          new Pair(new int[] {1}, new int[] {8, 9, 10, 1}));

  @Test
  void targetsAreShiftedRightBehindTheStartAndNothingIsPadded() {
    Batch batch = PairBatches.of(PAIRS, 100, 0, 1, false).batch(0);
    assertThat(batch.source().toIntArray()).containsExactly(5, 6, 1, 1);
    assertThat(batch.sources()).isEqualTo(Sequences.ofLengths(3, 1));
    assertThat(batch.inputs().toIntArray()).containsExactly(0, 7, 0, 8, 9, 10);
    assertThat(batch.targets().toIntArray()).containsExactly(7, 1, 8, 9, 10, 1);
    assertThat(batch.targetSequences()).isEqualTo(Sequences.ofLengths(2, 4));
    assertThat(batch.count()).isEqualTo(6);
  }

  @Test
  void everyPassHasEveryPairOnceInAnOrderThatFollowsFromTheSeed() {
    List<Pair> pairs = new ArrayList<>();
    IntStream.range(0, 50).forEach(i -> pairs.add(new Pair(new int[] {i, 1}, new int[] {i, i, 1})));
    PairBatches batches = PairBatches.of(pairs, 30, 0, 3, true);
    assertThat(batches.batchesPerEpoch()).isEqualTo(5);
    List<Integer> first = sources(batches, 0);
    assertThat(first).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 50).boxed().toList());
    assertThat(sources(batches, 1)).isNotEqualTo(first);
    assertThat(sources(PairBatches.of(pairs, 30, 0, 3, true), 0)).isEqualTo(first);
    assertThatThrownBy(() -> PairBatches.of(List.of(), 30, 0, 3, true))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static List<Integer> sources(PairBatches batches, int epoch) {
    List<Integer> all = new ArrayList<>();
    for (long i = 0; i < batches.batchesPerEpoch(); i++) {
      Batch batch = batches.batch(epoch * batches.batchesPerEpoch() + i);
      int[] ids = batch.source().toIntArray();
      for (int k = 0; k < batch.sources().count(); k++) {
        all.add(ids[batch.sources().start(k)]);
      }
    }
    return all;
  }
}
