package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetTest {
  private static final List<String> COLUMNS = List.of("label", "text");

  @TempDir Path folder;

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static List<List<String>> cells(Dataset data) {
    return data.rows(COLUMNS, List.of("text2")).cells();
  }

  @Test
  void everyFormGivesTheSameRows() throws IOException {
    List<List<String>> expected =
        List.of(List.of("pos", "A \"fine\" film."), List.of("neg", "Dull, and long."));
    String tsv = "pos\tA \"fine\" film.\r\n\nneg\tDull, and long.";
    String csv = "label,text\npos,\"A \"\"fine\"\" film.\"\nneg,\"Dull, and long.\"\n";
    String json =
        """
        {"text": "A \\"fine\\" film.", "id": 7, "label": "pos"}

        {"label": "neg", "text": "Dull, and long."}
        """;
    assertThat(cells(Dataset.of(file("a.tsv", tsv)))).isEqualTo(expected);
    assertThat(cells(Dataset.of(file("b.tsv", "text\tLabel\nDull.\tneg\n"))))
        .containsExactly(List.of("neg", "Dull."));
    assertThat(cells(Dataset.of(file("a.csv", csv)))).isEqualTo(expected);
    assertThat(cells(Dataset.of(file("a.jsonl", json)))).isEqualTo(expected);
    for (String name : List.of("a.tsv", "a.csv", "a.jsonl")) {
      Path packed = folder.resolve(name + ".gz");
      try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(packed))) {
        Files.copy(folder.resolve(name), out);
      }
      assertThat(cells(Dataset.of(packed))).as(name).isEqualTo(expected);
    }
    Path texts = folder.resolve("texts");
    Files.createDirectories(texts.resolve("pos"));
    Files.createDirectories(texts.resolve("neg"));
    Files.writeString(texts.resolve("pos/1.txt"), "A \"fine\" film.\n");
    Files.writeString(texts.resolve("neg/1.txt"), "Dull, and long.");
    assertThat(cells(Dataset.of(texts))).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void textsInQuotationMarksMayHaveLineBreaks() throws IOException {
    assertThat(cells(Dataset.csv(file("a.csv", "pos,\"one\ntwo\"\nneg,three\n"))))
        .containsExactly(List.of("pos", "one\ntwo"), List.of("neg", "three"));
  }

  @Test
  void aSecondTextCountsWhereItIsThere() throws IOException {
    assertThat(cells(Dataset.of(file("a.tsv", "yes\tone\ttwo\nno\tthree\tfour\n"))))
        .containsExactly(List.of("yes", "one", "two"), List.of("no", "three", "four"));
    assertThat(cells(Dataset.of(file("b.tsv", "text2\tlabel\ttext\ntwo\tyes\tone\n"))))
        .containsExactly(List.of("yes", "one", "two"));
  }

  @Test
  void columnsAreChosenByNameOrNumber() throws IOException {
    Dataset data = Dataset.of(file("a.tsv", "review\tstars\tfilm\nDull.\t1\tX\nFine.\t5\tY\n"));
    assertThat(cells(data.withColumns(List.of("stars", "review"))))
        .containsExactly(List.of("1", "Dull."), List.of("5", "Fine."));
    assertThat(cells(data.withColumns(List.of("2", "1")))).hasSize(3);
    assertThat(
            data.withColumns(List.of("stars", "review"))
                .groupedBy("film")
                .rows(COLUMNS, List.of())
                .groups())
        .containsExactly("X", "Y");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cells(data.withColumns(List.of("stars", "text"))))
        .withMessageContaining("a.tsv must have the column text: it has [review, stars, film]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cells(data.withColumns(List.of("stars"))))
        .withMessage(
            "the columns must stand for [label, text] and perhaps [text2]: received [stars]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cells(Dataset.of(file("b.tsv", "one\n"))))
        .withMessageContaining("b.tsv must have the column 2: it has 1");
  }

  @Test
  void aBadRowIsNamedOrCounted() throws IOException {
    Dataset tsv = Dataset.of(file("a.tsv", "pos\tone\nneg\nneg\t \nneg\ttwo\n"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cells(tsv))
        .withMessageEndingWith("a.tsv line 2: expected 2 columns: received 1");
    Dataset.Rows rows = tsv.skippingBadRows().rows(COLUMNS, List.of());
    assertThat(rows.cells()).hasSize(2);
    assertThat(rows.faults())
        .hasSize(2)
        .last()
        .asString()
        .endsWith("line 3: text must not be empty");
    assertThat(tsv.skippingBadRows().rows(COLUMNS, List.of(), Set.of("text")).cells()).hasSize(3);
    Dataset json =
        Dataset.of(
            file(
                "a.jsonl",
                "{\"label\":\"a\",\"text\":\"b\"}\n{\"label\":\n{\"label\":\"a\"}\n[1]\n"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cells(json))
        .withMessageContaining("a.jsonl line 2: the line is not valid JSON");
    assertThat(json.skippingBadRows().rows(COLUMNS, List.of()).faults()).hasSize(3);
  }

  @Test
  void whatIsNotUtf8OrNotThereOrEmptyIsSaid() throws IOException {
    Path latin = folder.resolve("latin.tsv");
    Files.write(latin, "pos\tone\nneg\tcaf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Dataset.of(latin))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("latin.tsv: expected UTF-8, which it is not near line");
    assertThatThrownBy(() -> Dataset.of(folder.resolve("none.csv")))
        .hasRootCauseInstanceOf(NoSuchFileException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> cells(Dataset.of(file("empty.tsv", "\n"))))
        .withMessageContaining("empty.tsv must have a row");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Dataset.of(file("a.docx", "")))
        .withMessageContaining("must be a folder of folders or a file that ends in .parquet");
    Files.createDirectories(folder.resolve("texts/pos"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Dataset.of(folder.resolve("texts")))
        .withMessageContaining("pos must have a file: it is a label without text");
  }

  @Test
  void theDigestFollowsTheCells() throws IOException {
    String one = Dataset.of(file("a.tsv", "pos\tone\n")).sha256();
    assertThat(Dataset.of(file("b.csv", "pos,one")).sha256()).isEqualTo(one);
    assertThat(Dataset.of(file("a.tsv", "pos\tone.\n")).sha256()).isNotEqualTo(one);
  }
}
