package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TaggedTextsTest {
  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("data.conll"), text);
  }

  @Test
  void theFirstColumnIsTheWordAndTheLastItsLabel() throws IOException {
    TaggedTexts texts =
        TaggedTexts.conll(
            file("-DOCSTART- -X- O\n\n\nEU NNP B-ORG\nrejects VBZ O\n\n# SYM O\nPeter NNP B-PER"));
    assertThat(texts.sentences())
        .containsExactly(
            new TaggedTexts.Sentence(List.of("EU", "rejects"), List.of("B-ORG", "O")),
            new TaggedTexts.Sentence(List.of("#", "Peter"), List.of("O", "B-PER")));
    assertThat(texts.labels()).containsExactly("B-ORG", "B-PER", "O");
  }

  @Test
  void conllUIsReadByTheNumbersOfItsColumns() throws IOException {
    String rest = "\t_".repeat(6) + "\n";
    String text =
        "# text = vámonos\n1-2\tvámonos\t_\t_"
            + rest
            + "1\tvamos\tir\tVERB"
            + rest
            + "2\tnos\tyo\tPRON"
            + rest
            + "2.1\tempty\t_\tX"
            + rest;
    TaggedTexts texts = TaggedTexts.conll(file(text), List.of("2", "4"), false);
    assertThat(texts.sentences())
        .containsExactly(
            new TaggedTexts.Sentence(List.of("vamos", "nos"), List.of("VERB", "PRON")));
  }

  @Test
  void aBadLineIsNamedOrItsSentenceCounted() throws IOException {
    Path file = file("a X O\nb O\n\nc X O\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaggedTexts.conll(file))
        .withMessageContaining("data.conll line 2: expected 3 columns: received 2");
    TaggedTexts texts = TaggedTexts.conll(file, List.of(), true);
    assertThat(texts.sentences()).hasSize(1);
    assertThat(texts.faults()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaggedTexts.conll(file, List.of("word", "2"), false))
        .withMessageContaining(
            "must be two numbers, the word's and the label's: received [word, 2]");
    Path empty = file("\n\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaggedTexts.conll(empty))
        .withMessageContaining("received no sentence");
  }

  @Test
  void equalSentencesStayTogether() throws IOException {
    TaggedTexts texts = TaggedTexts.conll(file("a\tO\n\nb\tO\n\na\tB-X\n\nc\tO\n\nd\tO\n"));
    TaggedTexts.Split split = texts.split(0.25, 1);
    assertThat(split.heldOut().sentences().size() + split.learned().sentences().size())
        .isEqualTo(5);
    assertThat(split.heldOut().sentences())
        .extracting(TaggedTexts.Sentence::words)
        .doesNotContainAnyElementsOf(
            split.learned().sentences().stream().map(TaggedTexts.Sentence::words).toList());
    TaggedTexts one = TaggedTexts.conll(file("a\tO\n"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> one.split(0.1, 1))
        .withMessageContaining("received 1 different ones");
  }
}
