package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.heed.data.LabelledTexts.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelledTextsTest {
  @TempDir Path folder;

  private Dataset tsv(String content) throws IOException {
    return Dataset.tsv(Files.writeString(folder.resolve("a.tsv"), content));
  }

  private static String rows(int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rows.append(i % 4 == 0 ? "rare" : "usual").append("\ttext ").append(i).append('\n');
    }
    return rows.toString();
  }

  @Test
  void theSameShareOfEveryLabelIsHeldOutAndFollowsFromTheSeed() throws IOException {
    LabelledTexts texts = LabelledTexts.of(tsv(rows(400)));
    LabelledTexts.Split split = texts.split(0.1, 5);
    assertThat(split.heldOut().counts()).isEqualTo(java.util.Map.of("rare", 10, "usual", 30));
    assertThat(split.learned().counts()).isEqualTo(java.util.Map.of("rare", 90, "usual", 270));
    Set<Example> learned = new HashSet<>(split.learned().examples());
    assertThat(split.heldOut().examples()).noneMatch(learned::contains);
    assertThat(texts.split(0.1, 5)).isEqualTo(split);
    assertThat(texts.split(0.1, 6)).isNotEqualTo(split);
  }

  @Test
  void equalTextsStayTogetherAndAreCounted() throws IOException {
    LabelledTexts texts = LabelledTexts.of(tsv(rows(40) + rows(40) + "usual\ttext 0\n"));
    assertThat(texts.duplicates()).isEqualTo(new LabelledTexts.Duplicates(41, 1));
    LabelledTexts.Split split = texts.split(0.25, 1);
    Set<String> learned = new HashSet<>();
    split.learned().examples().forEach(example -> learned.add(example.text()));
    assertThat(split.heldOut().examples())
        .hasSizeBetween(22, 23)
        .noneMatch(example -> learned.contains(example.text()));
  }

  @Test
  void rowsOfOneGroupStayTogether() throws IOException {
    StringBuilder rows = new StringBuilder("label\ttext\tauthor\n");
    for (int i = 0; i < 60; i++) {
      rows.append(i % 2).append("\ttext ").append(i).append("\tauthor ").append(i / 6).append('\n');
    }
    LabelledTexts texts = LabelledTexts.of(tsv(rows.toString()).groupedBy("author"));
    LabelledTexts.Split split = texts.split(0.3, 1);
    Set<String> learned = new HashSet<>();
    split.learned().examples().forEach(example -> learned.add(example.group()));
    assertThat(split.heldOut().examples()).hasSize(18);
    assertThat(split.heldOut().examples()).noneMatch(each -> learned.contains(each.group()));
  }

  @Test
  void severalLabelsStandBetweenBars() throws IOException {
    LabelledTexts texts = LabelledTexts.of(tsv("a|b\tone\n\ttwo\nb\tthree\n"), true);
    assertThat(texts.examples())
        .extracting(Example::labels)
        .containsExactly(List.of("a", "b"), List.of(), List.of("b"));
    assertThat(texts.labels()).containsExactly("a", "b");
  }

  @Test
  void whatCannotBeLearnedFromIsRefused() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LabelledTexts.of(tsv("a\tone\na\ttwo\n")))
        .withMessageContaining("a.tsv must have two labels or more: received [a]");
    LabelledTexts two = LabelledTexts.of(tsv("a\tone\nb\ttwo\n"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> two.split(0.1, 1))
        .withMessageContaining(
            "there must be texts to learn from and texts to hold out: received 2 different ones");
  }
}
