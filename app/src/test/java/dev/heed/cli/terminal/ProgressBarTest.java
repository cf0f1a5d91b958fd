package dev.heed.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream messages = new PrintStream(bytes, true, StandardCharsets.UTF_8);
  private long now = 1_000_000_000_000L;

  private ProgressBar on(Terminal terminal) {
    return new ProgressBar(messages, terminal, () -> now);
  }

  private String said() {
    String said = bytes.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
    bytes.reset();
    return said;
  }

  private static Terminal terminal(int columns) {
    return new Terminal(true, Colors.NONE, "", () -> columns);
  }

  private static Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("loss", 3.125);
    figures.put("tokens/s", 12345.6);
    return figures;
  }

  @Test
  void aTerminalSeesTheBarTheTimeLeftThePaceAndTheFigures() {
    ProgressBar progress = on(terminal(100));
    progress.begin("Epoch 2/10", 1000);
    assertThat(said()).isEqualTo("Epoch 2/10\n");
    now += 6_000_000_000L;
    progress.update(250, figures());
    assertThat(said())
        .isEqualTo(
            "\r 250/1000 ━━━━━━━╸                       0:18 left  24 ms/step  loss: 3.1250"
                + "  tokens/s: 12346\u001b[K");
    now += 18_000_000_000L;
    progress.end(figures());
    assertThat(said()).contains("1000/1000 " + "━".repeat(30) + " 0:24  24 ms/step").endsWith("\n");
  }

  @Test
  void elsewhereThereIsOneLineAnEpoch() {
    ProgressBar progress = on(Terminal.none(80));
    for (int epoch = 1; epoch <= 2; epoch++) {
      progress.begin("Epoch " + epoch + "/2", 10);
      for (int step = 1; step <= 10; step++) {
        now += 1_000_000_000L;
        progress.update(step, figures());
      }
      progress.end(figures());
    }
    assertThat(said())
        .isEqualTo(
            """
            Epoch 1/2  10/10  0:10  1.0 s/step  loss: 3.1250  tokens/s: 12346
            Epoch 2/2  10/10  0:10  1.0 s/step  loss: 3.1250  tokens/s: 12346
            """);
  }

  @Test
  void itRedrawsAtMostTenTimesASecond() {
    ProgressBar progress = on(terminal(80));
    progress.begin("", 1000);
    for (int step = 1; step <= 1000; step++) {
      now += 1_000_000;
      progress.update(step, Map.of());
    }
    assertThat(said().chars().filter(c -> c == '\r').count()).isBetween(9L, 11L);
  }

  @Test
  void noLineIsWiderThanTheTerminal() {
    for (int columns = 20; columns < 120; columns++) {
      ProgressBar progress = on(terminal(columns));
      progress.begin("a title that is longer than some terminals are wide", 100_000);
      now += 123_000_000_000L;
      progress.update(54_321, figures());
      int width = columns;
      assertThat(said().split("[\r\n]"))
          .allSatisfy(line ->
              assertThat(DisplayWidth.of(line.replace("\u001b[K", ""))).isLessThanOrEqualTo(width));
    }
  }

  @Test
  void aNoteStandsAboveTheBar() {
    ProgressBar progress = on(terminal(80));
    progress.begin("", 10);
    progress.update(1, Map.of());
    said();
    progress.note("saved step-1");
    assertThat(said()).isEqualTo("\r\u001b[Ksaved step-1\n");
    progress.update(2, Map.of());
    assertThat(said()).startsWith("\r 2/10");
  }

  @Test
  void whatAnEarlierRunDidDoesNotCountForThePace() {
    ProgressBar progress = on(terminal(80));
    progress.begin("", 200);
    progress.startAt(100);
    now += 10_000_000_000L;
    progress.update(110, Map.of());
    assertThat(said()).contains("110/200", "1:30 left", "1.0 s/step");
  }

  @Test
  void aPanelIsRedrawnAboveTheBar() {
    ProgressBar progress = on(terminal(80));
    progress.begin("", 10);
    progress.update(1, Map.of());
    progress.panel(at -> List.of("one", "two of " + at.columns()));
    said();
    now += 1_000_000_000L;
    progress.update(2, Map.of());
    assertThat(said()).startsWith("\rone\u001b[K\ntwo of 80\u001b[K\n\r 2/10");
    now += 1_000_000_000L;
    progress.update(3, Map.of());
    assertThat(said()).startsWith("\r\u001b[2Aone\u001b[K\ntwo of 80\u001b[K\n\r 3/10");
    progress.note("saved");
    assertThat(said()).isEqualTo("\r\u001b[2A\u001b[Jsaved\n");
    progress.end(Map.of());
    assertThat(said()).startsWith("one\u001b[K\n").endsWith("\n");
  }

  @Test
  void elsewhereAMilestoneIsALine() {
    ProgressBar progress = on(Terminal.none(80));
    progress.begin("", 10);
    progress.panel(at -> List.of("never seen"));
    now += 4_000_000_000L;
    progress.update(4, Map.of());
    progress.milestone(4, figures());
    progress.milestone(10, figures());
    assertThat(said()).isEqualTo("4/10  0:06 left  1.0 s/step  loss: 3.1250  tokens/s: 12346\n");
    ProgressBar drawn = on(terminal(80));
    drawn.begin("", 10);
    drawn.milestone(4, figures());
    assertThat(said()).isEmpty();
  }

  @Test
  void closingInTheMiddleLeavesAFreshLine() {
    try (ProgressBar progress = on(terminal(80))) {
      progress.begin("", 10);
      progress.update(5, Map.of());
      said();
    }
    assertThat(said()).isEqualTo("\n");
  }

  @Test
  void colorsAreUsedOnlyWhereTheTerminalHasThem() {
    ProgressBar progress = on(new Terminal(true, Colors.TRUE, "", () -> 80));
    progress.begin("", 10);
    progress.update(5, Map.of());
    assertThat(said()).contains("\u001b[38;2;");
  }

  @Test
  void durationsReadLikeAClock() {
    assertThat(ProgressBar.duration(7_400_000_000L)).isEqualTo("0:07");
    assertThat(ProgressBar.duration(760_000_000_000L)).isEqualTo("12:40");
    assertThat(ProgressBar.duration(3_729_000_000_000L)).isEqualTo("1:02:09");
  }

  @Test
  void nothingToDoIsRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> on(terminal(80)).begin("", 0));
  }
}
