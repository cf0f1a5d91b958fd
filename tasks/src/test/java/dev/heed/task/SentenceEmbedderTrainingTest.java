package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.heed.data.Dataset;
import dev.heed.data.RatedPairs;
import dev.heed.model.bert.Bert;
import dev.heed.nn.Initializer;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SentenceEmbedderTrainingTest {
  private static final Path DIRECTORY = SentenceGoldens.resource("sentence");

  @TempDir Path folder;

  private RatedPairs pairs(String rows) throws IOException {
    return RatedPairs.of(Dataset.tsv(Files.writeString(folder.resolve("pairs.tsv"), rows)));
  }

  /// A small encoder without modules: the mean of its tokens is the vector.
  private Path tiny(RatedPairs pairs) throws IOException {
    Path directory = Files.createDirectories(folder.resolve("tiny"));
    EncoderArchitecture architecture = new EncoderArchitecture(60, 32, 1, 2, 0);
    Tokenizer tokenizer =
        architecture.tokenizer(
            pairs.pairs().stream().map(pair -> pair.first() + " " + pair.second()).toList());
    Initializer initializer = Initializer.seeded(1);
    Bert encoder = architecture.newEncoder(tokenizer.vocabularySize(), 16, initializer);
    EncoderArchitecture.widen(encoder, initializer);
    tokenizer.save(directory);
    encoder.save(directory);
    return directory;
  }

  private static SentenceEmbedder trained(Path directory, RatedPairs pairs) {
    var settings = new TextTrainingSettings(64, 40, 4, 3e-3, 20, 1);
    var training = SentenceEmbedderTraining.from(directory, pairs.scored(), settings, null);
    var outcome = training.run(pairs, pairs, TrainingProgress.SILENT);
    assertThat(outcome.history().steps().getLast().loss())
        .isLessThan(outcome.history().steps().getFirst().loss());
    return training.model();
  }

  @Test
  void textsFindTheirPairsAndSayTheSameAfterSaving() throws IOException {
    RatedPairs pairs =
        pairs("the cat\ta dog ran\nthe dog sat\ton mat\na mat\tcat cat\nran\tand a\n");
    Path directory = tiny(pairs);
    assertThat(EmbeddingFigures.of(SentenceEmbedder.load(directory), pairs).accuracy())
        .isLessThan(1);
    EmbeddingFigures figures = EmbeddingFigures.of(trained(directory, pairs), pairs);
    assertThat(figures.accuracy()).isEqualTo(1);
    assertThat(figures.meanReciprocalRank()).isEqualTo(1);
    assertThat(figures.spearman()).isNaN();
  }

  @Test
  void theDenseLayerTheNormalisationAndThePromptsComeAlong() throws IOException {
    SentenceEmbedder before = SentenceEmbedder.load(DIRECTORY);
    SentenceEmbedder embedder = trained(DIRECTORY, pairs("the cat\ta dog ran\nthe dog\ton mat\n"));
    embedder.save(folder.resolve("model"));
    SentenceEmbedder loaded = SentenceEmbedder.load(folder.resolve("model"));
    assertThat(loaded.embed("the cat sat")).isEqualTo(embedder.embed("the cat sat"));
    assertThat(loaded.withPrompt("query").embed("the cat"))
        .isEqualTo(embedder.withPrompt("query").embed("the cat"))
        .isNotEqualTo(embedder.embed("the cat"));
    assertThat(loaded.maximumLength()).isEqualTo(before.maximumLength());
    assertThat(loaded.embed("dog")).isNotEqualTo(before.embed("dog"));
  }

  @Test
  void cosinesComeIntoTheOrderOfTheScores() throws IOException {
    RatedPairs pairs =
        pairs(
            "text\ttext2\tscore\n"
                + "the cat\ta dog\t0\n"
                + "the dog\ton mat\t0.5\n"
                + "a mat\tcat\t3\n"
                + "ran\tand\t4\n");
    assertThat(EmbeddingFigures.of(trained(tiny(pairs), pairs), pairs).spearman()).isEqualTo(1);
  }

  @Test
  void pairsAreReadWithAndWithoutScores() throws IOException {
    assertThat(pairs("a\tb\t0.25\n").pairs()).containsExactly(new RatedPairs.Pair("a", "b", 0.25f));
    assertThat(pairs("a\tb\n").scored()).isFalse();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> pairs("a\tb\t1\na\tc\tgood\n"))
        .withMessageContaining("a score must be a number: received [a, c, good]");
    RatedPairs.Split split = pairs("a\tb\na\tc\nb\td\nc\te\n").split(0.3, 1);
    assertThat(split.learned().pairs())
        .extracting(RatedPairs.Pair::first)
        .doesNotContainAnyElementsOf(List.of(split.heldOut().pairs().getFirst().first()));
  }
}
