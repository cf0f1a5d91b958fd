package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextSplitTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "one line without an end, of which words are held out",
        "a\nb\nc\nd\ne\nf\ng\n",
        "schläft\r\nder Hund\r\n\r\nund die Katze 🙂\r\nnicht",
        "short\nand a line that is much longer than all the other lines of this text are",
        "x\n\n\n\n\n\n\n\ny z"
      })
  void theEndIsHeldOutFromTheBeginningOfALine(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("text.txt"), text);
    for (double share : new double[] {0.1, 0.3, 0.5}) {
      int wanted = (int) (text.length() * (1 - share));
      int line = text.lastIndexOf('\n', wanted) + 1;
      int cut = line > 0 ? line : wanted;
      if (text.substring(0, cut).isBlank() || text.substring(cut).isBlank()) {
        assertThatThrownBy(() -> TextSplit.read(List.of(file), share))
            .hasMessageContaining("must have text to learn from");
        continue;
      }
      TextSplit split = TextSplit.read(List.of(file), share);
      assertThat(String.join("", split.learned().getFirst())).isEqualTo(text.substring(0, cut));
      assertThat(split.heldOut()).containsExactly(text.substring(cut));
      assertThat(split.learnedBytes())
          .isEqualTo(text.substring(0, cut).getBytes(StandardCharsets.UTF_8).length);
      assertThat(String.join("", split.learned().getFirst().atMost(1)))
          .isEqualTo(text.substring(0, 1));
    }
  }

  @Test
  void aHugeTextWithoutLinesIsCutToo() throws IOException {
    Path file = Files.writeString(folder.resolve("line.txt"), "word ".repeat(2_000_000));
    TextSplit split = TextSplit.read(List.of(file), 0.1);
    assertThat(split.learnedBytes() + split.heldOutBytes()).isEqualTo(10_000_000);
    assertThat(split.heldOutBytes()).isBetween(1_000_000L, 2_100_000L);
  }

  @Test
  void ofAHugeTextNoMoreThanTwoMillionCharactersAreHeldOut() throws IOException {
    Path file = folder.resolve("huge.txt.gz");
    String line = "0123456789".repeat(10) + "\n";
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      byte[] block = line.repeat(10_000).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 6; i++) {
        out.write(block);
      }
    }
    TextSplit split = TextSplit.read(List.of(file), 0.5);
    assertThat(split.heldOut().getFirst().length()).isBetween(2_000_000, 2_000_101);
    assertThat(split.heldOut().getFirst()).startsWith("0123456789").endsWith("9\n");
    assertThat(split.learnedBytes()).isEqualTo(6_060_000 - split.heldOutBytes());
  }
}
