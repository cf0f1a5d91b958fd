package dev.heed.nn.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Initializer;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyValueCacheTest {
  private static final int WIDTH = 24;

  /// Grouped heads: 6 of queries, 2 of keys and values.
  private final MultiHeadAttention attention =
      new MultiHeadAttention(
          new MultiHeadAttention.Configuration(WIDTH, 6, 8, 5, 2, true, 0),
          "attentions",
          Initializer.seeded(4));

  @ParameterizedTest
  @CsvSource({"2147483647, 1", "2147483647, 7", "0, 1", "5, 1", "5, 3", "40, 11", "300, 1"})
  void tokensThatComeLaterGiveWhatAllTogetherGive(int window, int atOnce) {
    int length = 700;
    Tensor x = Initializer.seeded(7).normal(1, length, WIDTH);
    Mask mask = Mask.window(window, 0);
    Sequences all = Sequences.ofLengths(length);
    float[] expected =
        Tensor.noGrad(() -> attention.apply(x, x, x, all, all, mask, null)).toFloatArray();
    KeyValueCache cache = new KeyValueCache(1);
    for (int from = 0; from < length; from += atOnce) {
      int to = Math.min(length, from + atOnce);
      float[] received = part(x, from, to, mask, cache);
      for (int i = 0; i < received.length; i++) {
        assertThat(received[i])
            .as("row %d", from + i / WIDTH)
            .isCloseTo(expected[from * WIDTH + i], within(1e-5f));
      }
    }
    assertThat(cache.length()).isEqualTo(length);
  }

  @Test
  void textsOfABatchDoNotSeeEachOther() {
    Tensor x = Initializer.seeded(8).normal(1, 9, WIDTH);
    KeyValueCache first = new KeyValueCache(1);
    KeyValueCache second = new KeyValueCache(1);
    part(x, 0, 3, Mask.causal(), first);
    Sequences sequences = Sequences.ofLengths(2, 4);
    float[] together =
        Tensor.noGrad(() ->
                attention.apply(
                    x.rows(3, 9),
                    sequences,
                    Mask.causal(),
                    null,
                    new KeyValueCache.Layer(List.of(first, second), 0)))
            .toFloatArray();
    KeyValueCache alone = new KeyValueCache(1);
    float[] one = part(x, 0, 5, Mask.causal(), alone);
    float[] other = part(x, 5, 9, Mask.causal(), new KeyValueCache(1));
    assertThat(Arrays.copyOf(together, 2 * WIDTH))
        .containsExactly(Arrays.copyOfRange(one, 3 * WIDTH, 5 * WIDTH), within(1e-5f));
    assertThat(Arrays.copyOfRange(together, 2 * WIDTH, 6 * WIDTH))
        .containsExactly(other, within(1e-5f));
  }

  @Test
  void aTextCanGoBackToItsBeginningUnlessAWindowDroppedIt() {
    Tensor x = Initializer.seeded(9).normal(1, 600, WIDTH);
    KeyValueCache whole = new KeyValueCache(1);
    float[] before = part(x, 0, 5, Mask.causal(), whole);
    part(x, 5, 600, Mask.causal(), whole);
    KeyValueCache copy = whole.copy();
    assertThat(whole.truncate(4)).isTrue();
    assertThat(part(x, 4, 5, Mask.causal(), whole))
        .containsExactly(Arrays.copyOfRange(before, 4 * WIDTH, 5 * WIDTH), within(1e-5f));
    assertThat(copy.length()).as("a copy is its own").isEqualTo(600);

    KeyValueCache window = new KeyValueCache(1);
    for (int i = 0; i < 600; i++) {
      part(x, i, i + 1, Mask.window(3, 0), window);
    }
    assertThat(window.truncate(2)).isFalse();
    assertThat(window.length()).isEqualTo(600);
    assertThat(window.truncate(599)).isTrue();
    assertThatThrownBy(() -> window.truncate(601))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tokens must be in 0…599: received 601");
  }

  private float[] part(Tensor x, int from, int to, Mask mask, KeyValueCache cache) {
    Tensor out =
        Tensor.noGrad(() ->
            attention.apply(
                x.rows(from, to),
                Sequences.ofLengths(to - from),
                mask,
                null,
                new KeyValueCache.Layer(List.of(cache), 0)));
    KeyValueCache.advance(Sequences.ofLengths(to - from), List.of(cache));
    return out.toFloatArray();
  }
}
