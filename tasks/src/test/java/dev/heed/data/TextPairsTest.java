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
  void rowsAreTheFirstTwoColumnsOrThoseOfTheirNames() throws IOException {
    TextPairs first =
        of(file("a.tsv", "eins\tone\tby me\ndrei\t\t-\nzwei\ttwo\tby you\n"), List.of());
    assertThat(first.pairs()).containsExactly(new Pair("eins", "one"), new Pair("zwei", "two"));
    assertThat(first.skipped()).isEqualTo(1);
    Path named = file("b.tsv", "id\ten\tde\n1\tone\teins\n");
    assertThat(of(named, List.of("de", "en")).pairs()).containsExactly(new Pair("eins", "one"));
    assertThat(of(file("c.tsv", "target\tsource\none\teins\n"), List.of()).pairs())
        .containsExactly(new Pair("eins", "one"));
    assertThatThrownBy(() -> of(named, List.of("de", "fr")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("fr");
    assertThatThrownBy(() -> of(file("d.tsv", "a\tb\nc\nd\te\n"), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("line 2");
  }

  private static TextPairs of(Path file, List<String> columns) {
    return TextPairs.of(Dataset.of(file).withColumns(columns));
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
