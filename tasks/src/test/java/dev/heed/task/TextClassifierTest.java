package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.data.Dataset;
import dev.heed.data.LabelledTexts;
import dev.heed.model.ConfigFile;
import dev.heed.model.Lora;
import dev.heed.model.ModelException;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextClassifierTest {
  private static final List<String> GOOD = List.of("fine", "brilliant", "quiet", "moving");
  private static final List<String> BAD = List.of("dull", "loud", "boring", "stupid");
  private static final List<String> THINGS = List.of("film", "story", "actor", "song", "end");
  private static final EncoderArchitecture TINY = new EncoderArchitecture(120, 32, 1, 2, 0);

  @TempDir Path folder;

  /// 40 texts: what is said of a thing is good or bad.
  private static String reviews() {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 4; i++) {
      for (String thing : THINGS) {
        rows.append("pos\tA ").append(GOOD.get(i)).append(' ').append(thing).append(".\n");
        rows.append("neg\tThis ").append(thing).append(" is ").append(BAD.get(i)).append(".\n");
      }
    }
    return rows.toString();
  }

  private Dataset dataset(String rows) throws IOException {
    return Dataset.tsv(Files.writeString(folder.resolve("reviews.tsv"), rows));
  }

  private static TextTrainingSettings settings(long steps) {
    return new TextTrainingSettings(32, steps, 8, 5e-3, 10, 3);
  }

  private static TextClassifierTraining tiny(
      LabelledTexts texts, long steps, @Nullable Path checkpoints) {
    return TextClassifierTraining.ofNewModel(
        TINY, TextClassifierTraining.vocabulary(texts, TINY), texts, settings(steps), checkpoints);
  }

  @Test
  void fromNothingItLearnsWhichWordsMatter() throws IOException {
    LabelledTexts texts = LabelledTexts.of(dataset(reviews()));
    LabelledTexts.Split split = texts.split(0.2, 1);
    TextClassifierTraining training = tiny(split.learned(), 80, null);
    assertThat(training.model().evaluate(split.heldOut()).accuracy()).isLessThan(0.9);
    assertThat(training.run(split.learned(), split.heldOut(), TrainingProgress.SILENT).cut())
        .isZero();
    TextClassifier classifier = training.model();
    assertThat(classifier.evaluate(split.heldOut()).accuracy()).isEqualTo(1);
    Prediction prediction = classifier.classify("A brilliant end, a moving story.");
    assertThat(prediction.label()).isEqualTo("pos");
    assertThat(prediction.probabilities().get("pos")).isGreaterThan(0.8f);
    assertThat(prediction.probabilities().values().stream().reduce(0f, Float::sum))
        .isBetween(0.99999f, 1.00001f);
  }

  @Test
  void whatWasSavedIsTheSameAndSaysItsLabelsAndLength() throws IOException {
    LabelledTexts texts = LabelledTexts.of(dataset(reviews()));
    TextClassifierTraining training = tiny(texts, 10, null);
    training.run(texts, texts, TrainingProgress.SILENT);
    TextClassifier saved = training.model();
    saved.save(folder.resolve("model"));
    TextClassifier loaded = TextClassifier.load(folder.resolve("model"));
    String longText = "A fine song. ".repeat(30);
    for (String text : List.of("A dull film.", "", longText)) {
      assertThat(loaded.classify(text)).isEqualTo(saved.classify(text));
    }
    assertThat(loaded.classify(List.of(new TextClassifier.Text(longText, null))).cut()).isOne();
    ConfigFile config = ConfigFile.read(folder.resolve("model/config.json"));
    assertThat(config.strings("architectures")).containsExactly("BertForSequenceClassification");
    assertThat(config.value("id2label")).contains(Map.of("0", "neg", "1", "pos"));
    assertThat(Tokenizer.load(folder.resolve("model")).config().maxLength()).isEqualTo(32);
  }

  @Test
  void textsAtOnceAndOneByOneAreJudgedAlike() throws IOException {
    LabelledTexts texts = LabelledTexts.of(dataset(reviews()));
    TextClassifier classifier = tiny(texts, 1, null).model();
    List<Prediction> together =
        classifier
            .classify(
                texts.examples().stream()
                    .map(example -> new TextClassifier.Text(example.text(), null))
                    .toList())
            .predictions();
    for (int i = 0; i < together.size(); i++) {
      Prediction alone = classifier.classify(texts.examples().get(i).text());
      assertThat(together.get(i).probabilities().get("pos"))
          .isCloseTo(
              alone.probabilities().get("pos"), org.assertj.core.api.Assertions.within(1e-5f));
    }
  }

  @Test
  void aPairIsJudgedByBothTexts() throws IOException {
    StringBuilder rows = new StringBuilder("label\ttext\ttext2\n");
    for (String thing : THINGS) {
      for (String first : List.of("fine", "dull")) {
        for (String second : List.of("fine", "dull")) {
          rows.append(
              "%s after %s\tA %s %s.\tA %s %s.%n"
                  .formatted(second, first, first, thing, second, thing));
        }
      }
    }
    LabelledTexts texts = LabelledTexts.of(dataset(rows.toString()));
    TextClassifierTraining training = tiny(texts, 300, null);
    training.run(texts, texts, TrainingProgress.SILENT);
    TextClassifier classifier = training.model();
    assertThat(classifier.evaluate(texts).accuracy()).isEqualTo(1);
    assertThat(classifier.classify("A fine film.", "A dull film.").label())
        .isEqualTo("dull after fine");
    assertThat(classifier.classify("A dull film.", "A fine film.").label())
        .isEqualTo("fine after dull");
  }

  @Test
  void aTextMayHaveSeveralLabelsOrNone() throws IOException {
    StringBuilder rows = new StringBuilder();
    for (String thing : THINGS) {
      rows.append("good\tA fine ").append(thing).append(".\n");
      rows.append("good|loud\tA fine and loud ").append(thing).append(".\n");
      rows.append("loud\tA loud ").append(thing).append(".\n");
      rows.append("\tThis is the ").append(thing).append(".\n");
    }
    LabelledTexts texts = LabelledTexts.of(dataset(rows.toString()), true);
    TextClassifierTraining training = tiny(texts, 300, null);
    training.run(texts, texts, TrainingProgress.SILENT);
    training.model().save(folder.resolve("model"));
    TextClassifier classifier = TextClassifier.load(folder.resolve("model"));
    assertThat(classifier.multiLabel()).isTrue();
    assertThat(classifier.evaluate(texts).accuracy()).isEqualTo(1);
    assertThat(classifier.classify("A fine and loud end.").labels())
        .containsExactly("good", "loud");
    assertThat(classifier.classify("This is the end.").labels()).isEmpty();
  }

  @Test
  void aRunThatWasStoppedEndsWithTheSameModel() throws IOException {
    LabelledTexts.Split split = LabelledTexts.of(dataset(reviews())).split(0.2, 1);
    TextClassifierTraining whole = tiny(split.learned(), 40, null);
    whole.run(split.learned(), split.heldOut(), TrainingProgress.SILENT);
    Path run = folder.resolve("run");
    TextClassifierTraining stopped = tiny(split.learned(), 40, run);
    TrainingProgress stop =
        new TrainingProgress() {
          @Override
          public void step(Step step) {
            if (step.step() == 23) {
              stopped.stop();
            }
          }
        };
    assertThat(stopped.run(split.learned(), split.heldOut(), stop).history().finished()).isFalse();
    TextClassifierTraining resumed = tiny(split.learned(), 40, run);
    resumed.run(split.learned(), split.heldOut(), TrainingProgress.SILENT);
    whole.model().save(folder.resolve("one"));
    resumed.model().save(folder.resolve("two"));
    assertThat(folder.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("one/model.safetensors"));
  }

  @Test
  void theStateThatDidBestComesOutNotTheLast() throws IOException {
    LabelledTexts.Split split = LabelledTexts.of(dataset(reviews())).split(0.2, 1);
    // Held-out texts whose labels are turned round: the more it learns, the worse it does.
    LabelledTexts contrary =
        new LabelledTexts(
            split.heldOut().examples().stream()
                .map(example ->
                    new LabelledTexts.Example(
                        example.text(),
                        null,
                        List.of(example.label().equals("pos") ? "neg" : "pos"),
                        example.group()))
                .toList(),
            false,
            List.of());
    TextClassifierTraining training = tiny(split.learned(), 60, null);
    training.run(split.learned(), contrary, TrainingProgress.SILENT);
    TextClassifierTraining first = tiny(split.learned(), 60, null);
    assertThat(training.model().classify("A fine film.").probabilities().get("pos"))
        .as("as it was after 10 steps, nearly unlearned")
        .isLessThan(0.8f);
    assertThat(first.parameterCount()).isEqualTo(training.parameterCount());
  }

  @Test
  void aPretrainedEncoderIsTrainedFurtherOrLeftAsItIs() throws IOException {
    LabelledTexts texts = LabelledTexts.of(dataset(reviews()));
    TextClassifierTraining first = tiny(texts, 60, null);
    first.run(texts, texts, TrainingProgress.SILENT);
    Path encoder = folder.resolve("encoder");
    first.model().save(encoder);
    LabelledTexts other = LabelledTexts.of(dataset(reviews().replace("pos\t", "yes\t")));

    TextClassifierTraining features =
        TextClassifierTraining.onFeatures(encoder, other, settings(60), null);
    features.run(other, other, TrainingProgress.SILENT);
    assertThat(features.model().labels()).containsExactly("neg", "yes");
    assertThat(features.model().evaluate(other).accuracy()).isGreaterThan(0.9);
    TextClassifierTraining whole =
        TextClassifierTraining.from(encoder, new Adaptation.Whole(), other, settings(60), null);
    whole.run(other, other, TrainingProgress.SILENT);
    assertThat(whole.model().evaluate(other).accuracy()).isEqualTo(1);

    String inner = "blocks.layers.0.attention.query.weight";
    float[] before = weights(first.model(), inner);
    assertThat(weights(features.model(), inner)).isEqualTo(before);
    assertThat(weights(whole.model(), inner)).isNotEqualTo(before);

    // The update alone learns, with the head, and alone is saved.
    TextClassifierTraining low =
        TextClassifierTraining.from(
            encoder, new Adaptation.LowRank(4, encoder), other, settings(60), null);
    assertThat(low.parameterCount()).isLessThan(whole.parameterCount());
    low.run(other, other, TrainingProgress.SILENT);
    assertThat(low.model().evaluate(other).accuracy()).isEqualTo(1);
    assertThat(weights(low.model(), inner)).isEqualTo(before);
    Path update = folder.resolve("update");
    low.model().save(update);
    assertThat(update.resolve("model.safetensors")).doesNotExist();
    TextClassifier loaded = TextClassifier.load(update);
    assertThat(loaded.classify("A fine film.")).isEqualTo(low.model().classify("A fine film."));
    Lora.merge(loaded.model());
    assertThat(loaded.classify("A fine film.").confidence())
        .isCloseTo(low.model().classify("A fine film.").confidence(), within(1e-5f));

    // Frozen blocks and embeddings stay; the head learns.
    TextClassifierTraining frozen =
        TextClassifierTraining.from(encoder, new Adaptation.Frozen(1), other, settings(5), null);
    frozen.run(other, other, TrainingProgress.SILENT);
    assertThat(weights(frozen.model(), inner)).isEqualTo(before);
    assertThat(weights(frozen.model(), "embedding.weight"))
        .isEqualTo(weights(first.model(), "embedding.weight"));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            TextClassifierTraining.from(
                encoder, new Adaptation.Frozen(2), other, settings(1), null))
        .withMessage("the blocks to freeze must be in 1…1: received 2");
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            TextClassifierTraining.from(
                encoder,
                new Adaptation.Whole(),
                other,
                new TextTrainingSettings(64, 1, 8, 1, 1, 1),
                null))
        .withMessage("the model takes at most 32 tokens: received texts of 64");
  }

  private static float[] weights(TextClassifier classifier, String name) {
    return Objects.requireNonNull(classifier.model().encoder().parameters().get(name), name)
        .toFloatArray();
  }

  @Test
  void whatIsNoClassifierIsRefused() {
    assertThatThrownBy(() ->
            TextClassifier.load(MiniLm.directory(Path.of("target/heed-home").toAbsolutePath())))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("expected a SequenceClassifier: received BertModel");
  }
}
