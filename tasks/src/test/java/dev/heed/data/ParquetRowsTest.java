package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The files are written by `tools/goldens/parquet.py`.
class ParquetRowsTest {
  @TempDir private Path folder;

  private static Path golden(String name) {
    return Path.of("src/test/resources/goldens/parquet").resolve(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"unpacked.parquet", "gzip-v2.parquet", "plain.parquet"})
  void columnsAreFoundByNameInAllRowGroups(String name) {
    Dataset.Rows rows =
        Dataset.of(golden(name))
            .skippingBadRows()
            .rows(List.of("label", "text", "score", "small", "good"), List.of());
    assertThat(rows.faults())
        .hasSize(1)
        .first()
        .asString()
        .endsWith("row 42: text must not be empty");
    assertThat(rows.cells()).hasSize(59);
    assertThat(rows.cells().getFirst())
        .containsExactly("0", "Eine größere Zeile, die 0. 🚂", "0.0", "0", "true");
    assertThat(rows.cells().getLast())
        .containsExactly("2", "Eine größere Zeile, die 59. 🚂", "14.75", "-59", "false");
  }

  @Test
  void aListIsItsElementsWithStrokesBetween() {
    Dataset.Rows rows =
        Dataset.of(golden("unpacked.parquet")).rows(List.of("tags"), List.of(), Set.of("tags"));
    assertThat(rows.cells().subList(0, 4))
        .containsExactly(List.of(""), List.of("a"), List.of("a|b"), List.of(""));
  }

  @Test
  void structuresAndBytesAreNotColumns() {
    assertThatThrownBy(
            () -> Dataset.of(golden("unpacked.parquet")).rows(List.of("picture"), List.of()))
        .hasMessageEndingWith(
            "must have the column picture: it has [text, label, score, small, good, tags]");
  }

  @Test
  void whatNothingHereCanUnpackIsNamed() {
    assertThatThrownBy(() -> Dataset.of(golden("zstd.parquet")))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("zstd.parquet must be a Parquet file that can be read: ")
        .hasMessageContaining("ZSTD");
  }

  @Test
  void aFileThatIsCutShortOrAnotherKindIsRefused() throws IOException {
    byte[] whole = Files.readAllBytes(golden("unpacked.parquet"));
    for (int length : new int[] {0, 3, 100, whole.length / 2, whole.length - 1}) {
      Path cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Dataset.of(cut))
          .as("%d bytes", length)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("cut.parquet must be a Parquet file that can be read: ");
    }
    Path text = Files.writeString(folder.resolve("text.parquet"), "label\ttext\n".repeat(20));
    assertThatThrownBy(() -> Dataset.of(text)).hasMessageContaining("must be a Parquet file");
    assertThatThrownBy(() -> Dataset.of(folder.resolve("none.parquet")))
        .hasRootCauseInstanceOf(NoSuchFileException.class);
  }

  @Test
  void damagedPagesAreRefusedOrRead() throws IOException {
    byte[] whole = Files.readAllBytes(golden("gzip-v2.parquet"));
    int refused = 0;
    for (int at = 4; at < whole.length - 8; at += 241) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x55;
      Path file = Files.write(folder.resolve("damaged.parquet"), damaged);
      try {
        Dataset.of(file);
      } catch (UncheckedIOException e) {
        assertThat(e).hasMessageContaining("damaged.parquet must be a Parquet file");
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(3);
  }
}
