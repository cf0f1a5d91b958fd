package dev.heed.nn.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class MaskTest {
  @Test
  void bothMasksMustAllow() {
    Mask both = Mask.causal().and(Mask.window(3, 5)).and(Mask.padding(true, false));
    assertThat(both.left()).isEqualTo(3);
    assertThat(both.right()).isZero();
    assertThat(both.keys()).isNotNull();
    assertThat(both.keys().toIntArray()).containsExactly(1, 0);
    assertThat(Mask.padding(true).and(Mask.none()).keys()).isNotNull();
  }

  @Test
  void refusesTwoPaddings() {
    assertThatThrownBy(() -> Mask.padding(true).and(Mask.padding(false)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("only one of two masks may hide keys");
  }
}
