package dev.heed.model.bert;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.Golden;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

class BertTest {
  private static final Golden GOLDEN = new Golden("bert");

  private final Bert model = Bert.load(GOLDEN.directory());

  @Test
  void aTextLongerThanThePositionsIsRefused() {
    Tensor tooLong = Tensor.of(new int[25], 25);
    assertThatThrownBy(() -> model.apply(tooLong, Sequences.ofLengths(25)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("24")
        .hasMessageContaining("25");
  }
}
