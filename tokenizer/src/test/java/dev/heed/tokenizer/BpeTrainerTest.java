package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
  private static final List<String> TEXTS =
      List.of("low lower lowest", "new newer newest", "low low low wide wider widest");

  @Test
  void theMostFrequentPairMergesFirstAndTheSmallerIdsWinATie() {
    Tokenizer tokenizer = BpeTrainer.of(260).train(List.of("ab ab ab cd cd cd", "xyz"));
    // " a", " b" … occur 2, 3, … times: "ab" and "cd" three times each, then " " + "ab" twice.
    assertThat(tokenizer.token(257)).isEqualTo("ab");
    assertThat(tokenizer.token(258)).isEqualTo("cd");
    assertThat(tokenizer.token(259)).isEqualTo("Ġcd");
  }

  @Test
  void aFrequentWordBecomesOneTokenAndDecodingGivesTheTextBack() {
    Tokenizer tokenizer = BpeTrainer.of(300).train(TEXTS);
    assertThat(tokenizer.encode("low").tokens()).containsExactly("low");
    assertThat(tokenizer.encode(" low").tokens()).containsExactly("Ġlow");
    String text = "lowest newer?  naïve 🚂\n\ttabs";
    assertThat(tokenizer.decode(tokenizer.encode(text).ids())).isEqualTo(text);
  }

  @Test
  void trainingStopsWhereNoPairIsFrequentEnough() {
    Tokenizer tokenizer = new BpeTrainer(1000, 100, List.of("<end>")).train(TEXTS);
    assertThat(tokenizer.vocabularySize()).isEqualTo(257);
    assertThat(tokenizer.token(0)).isEqualTo("<end>");
  }

  @Test
  void theOrderOfTheTextsDoesNotMatter(@TempDir Path one, @TempDir Path other) throws IOException {
    List<String> reversed = new ArrayList<>(TEXTS);
    Collections.reverse(reversed);
    assertThat(saved(BpeTrainer.of(290).train(reversed), one))
        .isEqualTo(saved(BpeTrainer.of(290).train(TEXTS), other));
  }

  private static String saved(Tokenizer tokenizer, Path directory) throws IOException {
    tokenizer.save(directory);
    return Files.readString(directory.resolve("tokenizer.json"));
  }

  @Test
  void whatIsSavedIsReadBackTheSame(@TempDir Path directory, @TempDir Path second)
      throws IOException {
    Tokenizer tokenizer = BpeTrainer.of(290).train(TEXTS);
    tokenizer.save(directory);
    Tokenizer again = Tokenizer.load(directory);
    assertThat(saved(again, second))
        .isEqualTo(Files.readString(directory.resolve("tokenizer.json")));
    assertThat(again.config()).isEqualTo(tokenizer.config());
    assertThat(again.config().endOfText()).isEqualTo("<|endoftext|>");
    assertThat(again.encode("a wider low<|endoftext|>").ids())
        .isEqualTo(tokenizer.encode("a wider low<|endoftext|>").ids())
        .endsWith(0);
  }

  @Test
  void aWordWithoutSpacesOfAMillionLettersIsLearntFromInLinearTime() {
    Tokenizer tokenizer = BpeTrainer.of(270).train(List.of("a".repeat(1_000_000), "ba ba ba"));
    assertThat(tokenizer.token(257)).isEqualTo("aa");
    assertThat(tokenizer.token(258)).isEqualTo("aaaa");
  }

  @Test
  void progressIsToldInBothPhases() {
    List<TrainingProgress.Phase> phases = new ArrayList<>();
    BpeTrainer.of(280).train(TEXTS, (phase, done, total) -> phases.add(phase));
    assertThat(phases)
        .containsExactly(TrainingProgress.Phase.READING, TrainingProgress.Phase.LEARNING);
  }

  @Test
  void aTextEndCanBeAddedForTranslation(@TempDir Path directory) throws IOException {
    Tokenizer plain = new BpeTrainer(290, 2, List.of("</s>", "<pad>")).train(TEXTS);
    Tokenizer tokenizer = plain.withTextEnd("</s>", "<pad>");
    int[] ids = plain.encode("a lower").ids();
    int[] ended = Arrays.copyOf(ids, ids.length + 1); // </s> is 0
    assertThat(tokenizer.encode("a lower").ids()).isEqualTo(ended);
    assertThat(tokenizer.encode("a lower", false).ids()).isEqualTo(ids);
    assertThat(tokenizer.decode(ended)).isEqualTo("a lower");
    assertThat(tokenizer.config().endOfText()).isEqualTo("</s>");
    assertThat(tokenizer.config().padding()).isEqualTo("<pad>");
    tokenizer.save(directory);
    assertThat(Tokenizer.load(directory).encode("a lower").ids()).isEqualTo(ended);
    assertThatThrownBy(() -> plain.withTextEnd("<end>", "<pad>"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a special token of the tokenizer: received <end>");
  }

  @Test
  void aVocabularyWithoutRoomForTheBytesIsRefused() {
    assertThatThrownBy(() -> BpeTrainer.of(256))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("257")
        .hasMessageContaining("vocabularySize=256");
  }
}
