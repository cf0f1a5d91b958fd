package dev.heed.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.bert.Bert;
import dev.heed.model.bert.BertConfiguration;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.nn.Initializer;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.WordPieceTrainer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every example runs as a user would run it: the source launcher, the class path, no other flag.
class ExamplesTest {
  @TempDir private Path folder;

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
  void textKeepsToASchemaAndToAGrammar() throws Exception {
    String[] lines = run("StructuredOutput.java").strip().split("\\R");
    assertThat(lines[0]).startsWith("{");
    assertThat(lines[lines.length - 1]).matches("(yes|no), [a-z ]{3,20}\\.");
  }

  @Test
  void aTaggerLearnsWhoIsWho() throws Exception {
    assertThat(run("Tag.java")).contains("Maria B-PER\n", "Oslo B-LOC\n", "from disk: B-PER");
  }

  @Test
  void prunedHeadsStayOutUnlessTheyAreFree() throws Exception {
    String output = run("PrunedHeads.java").replace(',', '.');
    String held = output.substring(output.indexOf("held at zero"), output.indexOf("free to grow"));
    assertThat(held).containsPattern("attention 0.00 0.00 [0-9.]+[1-9]");
    String free = output.substring(output.indexOf("free to grow"));
    assertThat(free).contains("nll").doesNotContain(" 0.00");
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

  @Test
  void aCrossEncoderPutsTextsInOrder() throws Exception {
    Tokenizer tokenizer = WordPieceTrainer.of(60).train(List.of("the train left", "a bus came"));
    var block = new BlockConfiguration(16, 2, 32, Activation.GELU, false, 0, 0, 1e-12);
    var configuration = BertConfiguration.bert(tokenizer.vocabularySize(), 256, 2, 1, block);
    Initializer initializer = Initializer.seeded(3);
    var encoder = new Bert(configuration, false, initializer);
    SequenceClassifier.of(encoder, List.of("score"), false, initializer).save(folder);
    tokenizer.save(folder);
    List<String> lines = run("Rerank.java", folder.toString()).lines().toList();
    assertThat(lines).hasSize(3).anyMatch(line -> line.matches("0\\.\\d{4} 1 The museum is.*"));
    assertThat(score(lines.get(0))).isGreaterThanOrEqualTo(score(lines.get(2)));
  }

  private String run(String example, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Duser.language=en");
    command.add("-Djava.io.tmpdir=" + folder);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Path.of(System.getProperty("heed.root"), "examples", example).toString());
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    return output;
  }
}
