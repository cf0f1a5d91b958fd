package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFilesTest {
  @TempDir private Path folder;

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  private static List<String> texts(Path... files) {
    List<String> texts = new ArrayList<>();
    TextFiles.of(List.of(files)).forEach(texts::add);
    return texts;
  }

  @Test
  void linesKeepTheirEndsAndFilesFollowEachOther() throws IOException {
    assertThat(texts(file("a", "one\ntwo\r\n\nthree"), file("empty", ""), file("b", "four\n")))
        .containsExactly("one\n", "two\r\n", "\n", "three", "four\n");
  }

  @Test
  void gzipIsUnpackedWhateverItsName() throws IOException {
    assertThat(texts(file("a.txt", gzip("naïve 🚂\nb")))).containsExactly("naïve 🚂\n", "b");
  }

  @Test
  void linesLongerThanAnyBufferComeWhole() throws IOException {
    String line = "é🚂x".repeat(60_000) + "\n";
    assertThat(texts(file("a", line + line))).containsExactly(line, line);
  }

  @Test
  void aLineWithoutEndComesInPartsThatBreakNoCharacter() throws IOException {
    String text = "a" + "🚂".repeat(2_000_000);
    List<String> parts = texts(file("a", text));
    assertThat(parts).hasSizeGreaterThan(1);
    assertThat(String.join("", parts)).isEqualTo(text);
    assertThat(parts)
        .allSatisfy(part -> {
          assertThat(part.length()).isLessThanOrEqualTo(1 << 21);
          assertThat(Character.isLowSurrogate(part.charAt(0))).isFalse();
        });
  }

  @Test
  void aByteOrderMarkIsNoText() throws IOException {
    assertThat(texts(file("a", "\uFEFFone\n"))).containsExactly("one\n");
  }

  @Test
  void bytesReadReachTheBytesOfTheFiles() throws IOException {
    TextFiles texts = TextFiles.of(List.of(file("a", "one\n"), file("b", gzip("two".repeat(999)))));
    texts.forEach(text -> {});
    assertThat(texts.bytesRead()).isEqualTo(texts.bytes()).isGreaterThan(4);
  }

  @Test
  void whatIsNotUtf8IsNamedWithItsLine() throws IOException {
    Path latin = file("latin.txt", "fine\nna\u00EFve\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> texts(latin))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("latin.txt: expected UTF-8");
  }

  @Test
  void aDamagedArchiveIsNamed() throws IOException {
    byte[] whole = gzip("text ".repeat(10_000));
    Path cut = file("cut.gz", Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> texts(cut))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("cut.gz: ");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> texts(folder.resolve("none")))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(NoSuchFileException.class)
        .hasMessageContaining("none");
  }

  @Test
  void placesAreCountedInCodePoints() {
    CodePoints places = new CodePoints("a🚂b");
    assertThat(List.of(places.at(0), places.at(1), places.at(3), places.at(4)))
        .containsExactly(0, 1, 2, 3);
    assertThat(new CodePoints("naïve").at(5)).isEqualTo(5);
  }
}
