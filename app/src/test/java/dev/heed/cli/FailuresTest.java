package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream messages = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  private String said() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aFailureCarriesItsExitCode() {
    assertThat(Failures.report(CommandFailure.tooLong("513 of 512"), messages, false))
        .isEqualTo(ExitCode.TOO_LONG);
    assertThat(said()).isEqualTo("heed: 513 of 512" + System.lineSeparator());
  }

  @Test
  void missingFilesAreExitCode3HoweverTheyAreWrapped() {
    assertThat(Failures.report(new NoSuchFileException("a.txt"), messages, false))
        .isEqualTo(ExitCode.MISSING);
    assertThat(
            Failures.report(
                new UncheckedIOException(new FileNotFoundException("b.txt")), messages, false))
        .isEqualTo(ExitCode.MISSING);
    assertThat(said()).contains("a.txt", "b.txt");
  }

  @Test
  void messagesOfSeveralLinesBecomeOne() {
    Failures.report(new IllegalArgumentException("expected 3\n  received 4\n"), messages, false);
    assertThat(said()).isEqualTo("heed: expected 3 received 4" + System.lineSeparator());
  }

  @Test
  void anUnexpectedFailureNamesItsTypeAndHowToSeeMore() {
    assertThat(Failures.report(new ArrayIndexOutOfBoundsException("3"), messages, false))
        .isEqualTo(ExitCode.FAILED);
    assertThat(said()).contains("ArrayIndexOutOfBoundsException: 3", "--verbose");
  }

  @Test
  void anErrorWithoutAMessageIsStillALine() {
    assertThat(Failures.report(new StackOverflowError(), messages, false))
        .isEqualTo(ExitCode.FAILED);
    assertThat(said()).startsWith("heed: StackOverflowError").hasLineCount(1);
  }
}
