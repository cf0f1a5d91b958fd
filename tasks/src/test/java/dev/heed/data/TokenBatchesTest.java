package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenBatchesTest {
  /// Twelve texts of 3 tokens, each with ids of its own.
  private static final List<int[]> TEXTS =
      IntStream.range(0, 12).mapToObj(i -> new int[] {3 * i, 3 * i + 1, 3 * i + 2}).toList();

  @Test
  void eachPassSeesEveryTextOnceInAnOrderOfItsOwn() {
    TokenBatches batches = TokenBatches.of(TEXTS, 10, 10, 1, true); // 5, 5 and 2 texts
    assertThat(batches.batchesPerEpoch()).isEqualTo(3);
    List<List<Integer>> passes = new ArrayList<>();
    for (int pass = 0; pass < 3; pass++) {
      List<Integer> firsts = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        for (int[] text : texts(batches.batch(3 * pass + i))) {
          firsts.add(text[0]);
        }
      }
      assertThat(firsts)
          .containsExactlyInAnyOrderElementsOf(TEXTS.stream().map(text -> text[0]).toList());
      passes.add(firsts);
    }
    assertThat(passes).doesNotHaveDuplicates();
  }

  @Test
  void textsOfDifferentLengthsStandOneAfterTheOther() {
    List<int[]> ragged = List.of(new int[] {1, 2}, new int[] {3, 4, 5, 6}, new int[] {7, 8, 9});
    TokenBatches.Batch batch = TokenBatches.of(ragged, 100, 10, 1, false).batch(0);
    assertThat(batch.ids().toIntArray()).containsExactly(1, 3, 4, 5, 7, 8);
    assertThat(batch.targets().toIntArray()).containsExactly(2, 4, 5, 6, 8, 9);
    assertThat(batch.sequences().starts()).containsExactly(0, 1, 4, 6);
    assertThat(batch.count()).isEqualTo(6);
  }

  @Test
  void aLongTextIsCutSoThatEveryNextTokenIsATargetOnce() {
    for (int length = 2; length < 20; length++) {
      int[] text = IntStream.range(100, 100 + length).toArray();
      TokenBatches.Batch batch = TokenBatches.of(List.of(text), 1000, 4, 1, false).batch(0);
      assertThat(batch.targets().toIntArray())
          .containsExactly(IntStream.range(101, 100 + length).toArray());
      assertThat(batch.ids().toIntArray())
          .containsExactly(IntStream.range(100, 99 + length).toArray());
      assertThat(batch.sequences().longest()).isEqualTo(Math.min(4, length - 1));
      assertThat(batch.sequences().count()).isEqualTo(Math.ceilDiv(length - 1, 4));
    }
  }

  @Test
  void aBatchFollowsFromItsIndexAndTheSeedAlone() {
    TokenBatches forwards = TokenBatches.of(TEXTS, 8, 10, 5, true);
    List<int[]> seen =
        IntStream.range(0, 9).mapToObj(i -> forwards.batch(i).ids().toIntArray()).toList();
    TokenBatches backwards = TokenBatches.of(TEXTS, 8, 10, 5, true);
    TokenBatches other = TokenBatches.of(TEXTS, 8, 10, 6, true);
    boolean differs = false;
    for (int i = 8; i >= 0; i--) {
      assertThat(backwards.batch(i).ids().toIntArray()).isEqualTo(seen.get(i));
      differs |= !Arrays.equals(other.batch(i).ids().toIntArray(), seen.get(i));
    }
    assertThat(differs).as("another seed has another order").isTrue();
  }

  @Test
  void unshuffledBatchesCoverAllTextsInTheirOrder() {
    TokenBatches batches = TokenBatches.of(TEXTS, 10, 10, 1, false); // 5 texts each, then 2
    assertThat(batches.batchesPerEpoch()).isEqualTo(3);
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.addAll(texts(batches.batch(i)));
    }
    assertThat(all).usingElementComparator(Arrays::compare).containsExactlyElementsOf(TEXTS);
  }

  @Test
  void aBatchHasAboutAsManyTokensAsWereAskedFor() {
    assertThat(TokenBatches.of(TEXTS, 8, 10, 1, true).batch(0).count()).isEqualTo(8);
    assertThat(TokenBatches.of(TEXTS, 1, 10, 1, true).batch(0).count()).isEqualTo(2);
    assertThat(TokenBatches.of(TEXTS, 1000, 10, 1, true).batch(7).count()).isEqualTo(24);
  }

  @Test
  void textsWithoutANextTokenAreLeftOutAndNothingButThoseIsRefused() {
    List<int[]> some = List.of(new int[] {1}, new int[] {2, 3}, new int[0]);
    TokenBatches.Batch batch = TokenBatches.of(some, 10, 10, 1, true).batch(0);
    assertThat(batch.ids().toIntArray()).containsExactly(2);
    assertThatThrownBy(() -> TokenBatches.of(List.of(new int[] {1}), 10, 10, 1, true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("2 tokens or more");
  }

  /// Each text of a batch, put together again from its ids and its last target.
  private static List<int[]> texts(TokenBatches.Batch batch) {
    int[] ids = batch.ids().toIntArray();
    int[] targets = batch.targets().toIntArray();
    List<int[]> texts = new ArrayList<>();
    for (int i = 0; i < batch.sequences().count(); i++) {
      int start = batch.sequences().start(i);
      int length = batch.sequences().length(i);
      int[] text = Arrays.copyOfRange(ids, start, start + length + 1);
      text[length] = targets[start + length - 1];
      texts.add(text);
    }
    return texts;
  }
}
