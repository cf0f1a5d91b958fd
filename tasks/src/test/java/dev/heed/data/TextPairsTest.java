package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.TextPairs.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextPairsTest {
  @TempDir Path folder;

  @Test
  void parallelFilesCorrespondLineByLine() throws IOException {
    TextPairs pairs =
        TextPairs.parallel(
            file("a", "eins\nzwei\n \ndrei"), file("b", "one\r\ntwo\r\nx\r\nthree\r\n"));
    assertThat(pairs.pairs())
        .containsExactly(
            new Pair("eins", "one"), new Pair("zwei", "two"), new Pair("drei", "three"));
    assertThat(pairs.skipped()).isEqualTo(1);
    assertThatThrownBy(() -> TextPairs.parallel(file("a", "1\n2\n"), file("b", "1\n2\n3\n")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must have as many lines: received more than 2 of one");
  }

  @Test
  void columnsAreTheFirstTwoOrThoseThatTheHeaderNames() throws IOException {
    assertThat(TextPairs.tsv(file("a", "eins\tone\tby me\n\nzwei\ttwo\n"), List.of()).pairs())
        .containsExactly(new Pair("eins", "one"), new Pair("zwei", "two"));
    Path named = file("a", "id\ten\tde\n1\tone\teins\n");
    assertThat(TextPairs.tsv(named, List.of("de", "en")).pairs())
        .containsExactly(new Pair("eins", "one"));
    assertThatThrownBy(() -> TextPairs.tsv(named, List.of("de", "fr")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must name the columns [de, fr]: received [id, en, de]");
    assertThatThrownBy(() -> TextPairs.tsv(named, List.of("de")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> TextPairs.tsv(file("a", "a\tb\nc\n"), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received 1 column(s) in line 2");
  }

  @Test
  void whatIsHeldOutHasNoSourceThatIsLearned() {
    List<Pair> all = new ArrayList<>();
    IntStream.range(0, 300).forEach(i -> all.add(new Pair("s" + i / 3, "t" + i)));
    TextPairs pairs = new TextPairs(all, 0);
    TextPairs.Split split = pairs.split(0.1, 1000, 7);
    assertThat(split.heldOut()).hasSize(30);
    assertThat(split.learned()).hasSize(270);
    Set<String> seen = new HashSet<>();
    split.learned().forEach(pair -> seen.add(pair.source()));
    assertThat(split.heldOut()).noneMatch(pair -> seen.contains(pair.source()));
    assertThat(pairs.split(0.1, 1000, 7)).isEqualTo(split);
    assertThat(pairs.split(0.1, 1000, 8)).isNotEqualTo(split);
    assertThat(pairs.split(0.5, 12, 7).heldOut()).hasSize(12);
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }
}
