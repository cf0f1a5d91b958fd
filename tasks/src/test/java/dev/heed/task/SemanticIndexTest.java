package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SemanticIndexTest {
  private static final SentenceEmbedder EMBEDDER =
      SentenceEmbedder.load(MiniLm.directory(SentenceGoldens.HOME));
  private static final String DOCUMENT =
      """
      The express left the platform
      two minutes late.

      Bread needs flour, water,
      salt and yeast.


      The goalkeeper saved a penalty.
      """;

  @TempDir Path folder;

  @Test
  void paragraphsAreThePassages() {
    assertThat(SemanticIndex.passages(EMBEDDER, "notes.txt", DOCUMENT))
        .containsExactly(
            new Passage("The express left the platform\ntwo minutes late.", "notes.txt:1"),
            new Passage("Bread needs flour, water,\nsalt and yeast.", "notes.txt:4"),
            new Passage("The goalkeeper saved a penalty.", "notes.txt:8"));
  }

  @Test
  void whatIsTooLongIsCutBetweenSentencesThenBetweenWords() {
    String text = "One two three. Four five six. Seven eight nine ten eleven twelve.";
    assertThat(Passage.of("a", text, 6, SemanticIndexTest::words))
        .extracting(Passage::text)
        .containsExactly("One two three. Four five six.", "Seven eight nine ten eleven twelve.");
    assertThat(Passage.of("a", text, 4, SemanticIndexTest::words))
        .extracting(Passage::text)
        .containsExactly(
            "One two three.", "Four five six.", "Seven eight nine ten", "eleven twelve.");
    assertThat(Passage.of("a", "  \n\n \n", 4, SemanticIndexTest::words)).isEmpty();
  }

  private static int words(String text) {
    return (int) text.strip().chars().filter(c -> c == ' ').count()
        + (text.isBlank() || text.strip().equals(".") ? 0 : 1);
  }

  @Test
  void aLongTextLosesNoWord() {
    String word = "supercalifragilisticexpialidocious ";
    List<Passage> passages = SemanticIndex.passages(EMBEDDER, "a", word.repeat(200));
    assertThat(passages).hasSizeGreaterThan(2);
    assertThat(String.join(" ", passages.stream().map(Passage::text).toList()))
        .isEqualTo(word.repeat(200).strip());
    assertThat(passages)
        .allMatch(passage ->
            EMBEDDER.tokenizer().withTruncation(null).encode(passage.text()).size() <= 202);
  }

  @Test
  void theMeaningFindsThePassageBeforeAndAfterSaving() {
    SemanticIndex index =
        SemanticIndex.of(
            SemanticIndex.passages(EMBEDDER, "notes.txt", DOCUMENT),
            EMBEDDER,
            "minilm",
            done -> {});
    index.save(folder);
    SemanticIndex loaded = SemanticIndex.load(folder);
    assertThat(loaded.size()).isEqualTo(3);
    assertThat(loaded.model()).isEqualTo("minilm");
    for (SemanticIndex each : List.of(index, loaded)) {
      assertThat(each.search(EMBEDDER, "a delayed train", 2))
          .hasSize(2)
          .first()
          .extracting(hit -> hit.passage().source())
          .isEqualTo("notes.txt:1");
      assertThat(each.search(EMBEDDER, "football", 9).getFirst().passage().source())
          .isEqualTo("notes.txt:8");
    }
    assertThat(loaded.search(EMBEDDER, "baking", 3)).isEqualTo(index.search(EMBEDDER, "baking", 3));
  }

  @Test
  void filesThatDoNotFitTogetherAreRefused() throws IOException {
    SemanticIndex.of(List.of(new Passage("a", "b:1")), EMBEDDER, "minilm", done -> {}).save(folder);
    Files.writeString(folder.resolve("passages.jsonl"), "");
    assertThatThrownBy(() -> SemanticIndex.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("each of 0 passages")
        .hasMessageContaining("[1, 384]");
  }
}
