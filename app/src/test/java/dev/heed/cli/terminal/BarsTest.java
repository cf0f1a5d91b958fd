package dev.heed.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.heed.cli.terminal.Bars.Bar;
import java.util.List;
import org.junit.jupiter.api.Test;

class BarsTest {
  private static final List<Bar> BARS =
      List.of(new Bar("station", 0.5), new Bar("日本\n", 0.25), new Bar("x", 0));

  @Test
  void plainBarsAreProportionalAndAligned() {
    assertThat(Bars.lines(BARS, Terminal.none(26)))
        .containsExactly(
            "station ########### 0.500", "日本⏎   ######      0.250", "x                   0.000");
  }

  @Test
  void aTerminalShowsEighthsOfAColumn() {
    Terminal terminal = new Terminal(true, Colors.NONE, "", () -> 26);
    assertThat(Bars.lines(BARS, terminal).get(1)).isEqualTo("日本⏎   █████▌      0.250");
  }

  @Test
  void noLineIsWiderThanTheTerminal() {
    List<Bar> bars = List.of(new Bar("a very long label that nobody asked for", 1));
    for (int columns = 20; columns < 100; columns++) {
      int width = columns;
      assertThat(Bars.lines(bars, Terminal.none(columns)))
          .allSatisfy(line -> assertThat(DisplayWidth.of(line)).isLessThanOrEqualTo(width));
    }
  }

  @Test
  void whatIsNoProbabilityIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Bar("a", Double.NaN))
        .withMessageContaining("NaN");
    assertThatIllegalArgumentException().isThrownBy(() -> new Bar("a", 1.5));
  }
}
