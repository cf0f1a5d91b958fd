package dev.heed.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.cli.picture.LabelledMatrix;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeatMapTest {
  private static final LabelledMatrix MATRIX =
      new LabelledMatrix(
          "head 1",
          List.of("the", "train"),
          List.of("the", "on"),
          new float[][] {{1, 0}, {0.5f, .25f}});

  @Test
  void plainCharactersShowStrengthUnderLabelsWrittenDownwards() {
    assertThat(HeatMap.lines(MATRIX, Terminal.none(40)))
        .containsExactly(
            "head 1",
            "      t",
            "      h o",
            "      e n",
            "  the @@  ",
            "train ++::",
            "      0  .:-=+*#%@ 1.00");
  }

  @Test
  void aTerminalShowsColors() {
    Terminal palette = new Terminal(true, Colors.PALETTE, "", () -> 40);
    assertThat(HeatMap.lines(MATRIX, palette).get(4)).contains("\u001b[48;5;117m  \u001b[0m");
    Terminal truecolor = new Terminal(true, Colors.TRUE, "", () -> 40);
    assertThat(HeatMap.lines(MATRIX, truecolor).get(4)).contains("\u001b[48;2;120;190;255m");
  }

  @Test
  void columnsThatDoNotFitAreCountedAndNoLineIsTooWide() {
    LabelledMatrix wide =
        new LabelledMatrix(
            "w".repeat(90),
            List.of("a long label for a row"),
            Collections.nCopies(100, "日本"),
            new float[1][100]);
    List<String> lines = HeatMap.lines(wide, Terminal.none(50));
    assertThat(lines).allSatisfy(l -> assertThat(DisplayWidth.of(l)).isLessThanOrEqualTo(50));
    assertThat(lines.getLast()).isEqualTo("84 more columns do not fit");
  }
}
