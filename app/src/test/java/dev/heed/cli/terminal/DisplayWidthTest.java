package dev.heed.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisplayWidthTest {
  @ParameterizedTest
  @CsvSource({"abc,3", "Zürich,6", "日本,4", "한글,4", "e\u0301,1", "🚂,2", "Ġthe,4", "'',0"})
  void columnsAreCounted(String text, int columns) {
    assertThat(DisplayWidth.of(text)).isEqualTo(columns);
  }

  @Test
  void cuttingNeverExceedsTheColumnsEvenInTheMiddleOfAWideCharacter() {
    String text = "日本語 train 🚂🚂";
    for (int columns = 0; columns < 20; columns++) {
      assertThat(DisplayWidth.of(DisplayWidth.cut(text, columns))).isLessThanOrEqualTo(columns);
      assertThat(DisplayWidth.of(DisplayWidth.left(text, columns))).isEqualTo(columns);
      assertThat(DisplayWidth.of(DisplayWidth.right(text, columns))).isEqualTo(columns);
    }
    assertThat(DisplayWidth.cut("abcdef", 4)).isEqualTo("abc…");
  }

  @Test
  void whatWouldMoveTheCursorIsMadeVisible() {
    assertThat(DisplayWidth.visible("a\nb\tc\u001b[31md\u202ee\ud800")).isEqualTo("a⏎b⇥c·[31md·e·");
  }
}
