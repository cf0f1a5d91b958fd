package dev.heed.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TerminalTest {
  private static Terminal decide(Map<String, String> environment) {
    return Terminal.decide(environment, () -> 100);
  }

  @Test
  void colorsFollowTheEnvironment() {
    assertThat(decide(Map.of("TERM", "xterm-256color")).colors()).isEqualTo(Colors.PALETTE);
    assertThat(decide(Map.of("TERM", "xterm-256color", "COLORTERM", "truecolor")).colors())
        .isEqualTo(Colors.TRUE);
    assertThat(decide(Map.of("TERM", "vt100")).colors()).isEqualTo(Colors.NONE);
  }

  @Test
  void noColorTakesTheColorsButNotTheDrawing() {
    Map<String, String> environment =
        Map.of("TERM", "xterm-256color", "COLORTERM", "truecolor", "NO_COLOR", "1");
    assertThat(decide(environment).colors()).isEqualTo(Colors.NONE);
    assertThat(decide(environment).interactive()).isTrue();
    assertThat(decide(environment).why()).isEqualTo("NO_COLOR is set");
  }

  @Test
  void anEmptyNoColorMeansNothing() {
    assertThat(decide(Map.of("TERM", "xterm-256color", "NO_COLOR", "")).colors())
        .isEqualTo(Colors.PALETTE);
  }

  @Test
  void aDumbTerminalIsNotDrawnOn() {
    assertThat(decide(Map.of("TERM", "dumb")).interactive()).isFalse();
    assertThat(decide(Map.of()).interactive()).isFalse();
  }

  @Test
  void thereIsAlwaysSomethingToDrawOn() {
    assertThat(Terminal.decide(Map.of("TERM", "xterm"), () -> 3).columns()).isEqualTo(20);
  }

  @Test
  void aDescriptorThatIsNotOpenIsNoTerminal() {
    assertThat(WindowSize.columns(12345)).isEqualTo(-1);
  }
}
