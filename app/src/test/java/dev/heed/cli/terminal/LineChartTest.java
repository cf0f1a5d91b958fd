package dev.heed.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.cli.terminal.LineChart.Point;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineChartTest {
  private static List<Point> falling(int points) {
    List<Point> curve = new ArrayList<>();
    for (int i = 0; i <= points; i++) {
      curve.add(new Point(i, 4 - 3.0 * i / points));
    }
    return curve;
  }

  private static List<String> lines(int columns, List<Point> marks) {
    return LineChart.lines(falling(100), marks, 100, columns, 4, Colors.NONE);
  }

  @Test
  void aFallingLineGoesFromTheTopLeftToTheBottomRight() {
    List<String> lines = lines(41, List.of());
    assertThat(lines).hasSize(4);
    assertThat(lines.getFirst()).startsWith("  4.000 ⠉⠑⠒⠢⠤⢄").endsWith("⠀⠀⠀");
    assertThat(lines.getLast()).startsWith("  1.000 ⠀⠀⠀").endsWith("⢄⣀");
    assertThat(lines.get(1)).startsWith("        ⠀");
  }

  @Test
  void marksStandWhereTheyBelong() {
    List<String> lines = lines(41, List.of(new Point(0, 1), new Point(100, 4)));
    assertThat(lines.getFirst()).endsWith("o");
    assertThat(lines.getLast()).startsWith("  1.000 o");
  }

  @Test
  void noLineIsWiderThanItMayBe() {
    for (int columns = 1; columns < 130; columns++) {
      int most = columns;
      List<String> lines = lines(columns, List.of(new Point(50, 2)));
      assertThat(lines).hasSize(columns < LineChart.LEAST_COLUMNS ? 0 : 4);
      assertThat(lines)
          .allSatisfy(line -> assertThat(DisplayWidth.of(line)).isLessThanOrEqualTo(most));
    }
  }

  @Test
  void whatHasNoHeightIsNotDrawn() {
    assertThat(LineChart.lines(List.of(), List.of(), 10, 80, 4, Colors.NONE)).isEmpty();
    assertThat(LineChart.lines(List.of(new Point(1, 2)), List.of(), 10, 80, 4, Colors.NONE))
        .isEmpty();
  }

  @Test
  void colorsAreUsedOnlyWhereTheTerminalHasThem() {
    assertThat(lines(80, List.of())).noneMatch(line -> line.contains("\u001b"));
    assertThat(LineChart.lines(falling(9), List.of(), 9, 80, 4, Colors.TRUE))
        .allMatch(line -> line.contains("\u001b[38;2;"));
  }
}
