package dev.heed.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Every example runs as a user would run it: the source launcher, the class path, no other flag.
class ExamplesTest {
  @Test
  void selfAttentionGivesTheSameNumbersThreeWays() throws Exception {
    String output = run("SelfAttention.java");
    assertThat(output).contains("loop over tokens", "formula", "fused kernel", "512 tokens");
    output
        .lines()
        .filter(line -> line.contains("largest difference"))
        .forEach(line -> {
          String[] numbers = line.replaceAll(".*formula (\\S+), fused (\\S+)", "$1 $2").split(" ");
          assertThat(Double.parseDouble(numbers[0])).isLessThan(1e-5);
          assertThat(Double.parseDouble(numbers[1])).isLessThan(1e-5);
        });
  }

  @Test
  void attentionDependsOnContent() throws Exception {
    assertThat(run("ThreeFormsOfAttention.java")).contains("station", "TF-IDF", "seen from");
  }

  @Test
  void multiHeadAttentionHasTheParametersOfTheNotes() throws Exception {
    assertThat(run("MultiHead.java"))
        .contains("parameters: 1,051,904", "output: [2, 5, 256]", "scores: [2, 4, 5, 5]")
        .contains("sees only itself: 1.0; the future stays hidden: 0.0");
  }

  @Test
  void sentencesWithLikeMeaningsAreNear() throws Exception {
    assertThat(run("Similarity.java"))
        .contains("similarity 0.", "When can I travel? Trains leave every hour.");
  }

  @Test
  void tokensHaveTheirPlacesAndMakeTheTextAgain() throws Exception {
    assertThat(run("Tokens.java"))
        .contains("Ġtrain", "Ġstation   [15, 23)", "again: The trains left stations.");
  }

  @Test
  void aClassifierLearnsWhichWordsMatter() throws Exception {
    assertThat(run("Classify.java")).contains("pos {neg=", "the same from disk: neg");
  }

  @Test
  void aQueryFindsWhatMeansTheSame() throws Exception {
    assertThat(run("Search.java"))
        .contains("sea? → guide.txt:1 Trains", "something sweet → guide.txt:5 Coffee");
  }

  @Test
  void aHeadPutsTheTrainIntoTheStation() throws Exception {
    assertThat(run("NewVector.java"))
        .contains("layer 0, head 4: 81.5 % of the new vector of station comes from train")
        .contains("the text's vector without it: cosine 0.");
  }

  @Test
  void theSentenceDecidesWhatAWordMeans() throws Exception {
    List<String> lines = run("WordSense.java").lines().toList();
    assertThat(lines).hasSize(8);
    assertThat(score(lines.get(1))).isGreaterThan(score(lines.get(2)));
    assertThat(score(lines.get(6))).isGreaterThan(score(lines.get(5)));
  }

  private static double score(String line) {
    return Double.parseDouble(line.strip().split(" ")[0]);
  }

  @Test
  void aTinyModelLearnsItsSentencesByHeart() throws Exception {
    String output = run("TrainLanguageModel.java");
    assertThat(output).contains("The train left the station on time.");
    assertThat(output).contains("the same from disk:  left the station on time.");
  }

  @Test
  void aTinyTranslatorSaysNumbersThatItNeverSaw() throws Exception {
    assertThat(run("Translate.java"))
        .containsPattern("BLEU (100|[89][0-9])\\.[0-9] on held-out numbers")
        .contains("4 0 7 1: vier null sieben eins");
  }

  private static String run(String example) throws Exception {
    Path file = Path.of(System.getProperty("heed.root"), "examples", example);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.language=en",
                "-cp",
                System.getProperty("java.class.path"),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
