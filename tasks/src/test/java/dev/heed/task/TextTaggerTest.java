package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.TaggedTexts;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTaggerTest {
  private static final EncoderArchitecture TINY = new EncoderArchitecture(90, 32, 1, 2, 0);
  private static final TextTrainingSettings SETTINGS =
      new TextTrainingSettings(16, 60, 8, 5e-3, 20, 3);

  @TempDir Path folder;

  /// 24 sentences: somebody lives in some town.
  private static TaggedTexts sentences() {
    List<TaggedTexts.Sentence> all = new ArrayList<>();
    for (String person : List.of("Anna", "Peter", "Yuki", "Maria")) {
      for (String town : List.of("Paris", "Oslo", "Lima")) {
        all.add(
            new TaggedTexts.Sentence(
                List.of(person, "lives", "in", "New", town, "."),
                List.of("B-PER", "O", "O", "B-LOC", "I-LOC", "O")));
        all.add(
            new TaggedTexts.Sentence(
                List.of("The", "train", "to", town, "waits", "for", person),
                List.of("O", "O", "O", "B-LOC", "O", "O", "B-PER")));
      }
    }
    return new TaggedTexts(all, List.of());
  }

  private static TextTagger tagger(TaggedTexts texts) {
    TextTaggerTraining training =
        TextTaggerTraining.ofNewModel(
            TINY, TextTaggerTraining.vocabulary(texts, TINY), texts.labels(), SETTINGS, null);
    training.run(texts, texts, TrainingProgress.SILENT);
    return training.model();
  }

  @Test
  void itLearnsWhoIsWhereAndSaysTheSameAfterSaving() {
    TaggedTexts texts = sentences();
    TextTagger tagger = tagger(texts);
    TaggingFigures figures = tagger.evaluate(texts);
    assertThat(figures.f1()).isEqualTo(1);
    assertThat(figures.words()).isEqualTo(texts.words());
    String text = "Anna  lives in New Oslo. 🚂";
    List<TextTagger.Word> words = tagger.tag(text);
    assertThat(words)
        .extracting(TextTagger.Word::text)
        .containsExactly("Anna", "lives", "in", "New", "Oslo", ".", "🚂");
    assertThat(words)
        .extracting(TextTagger.Word::label)
        .startsWith("B-PER", "O", "O", "B-LOC", "I-LOC", "O");
    assertThat(words)
        .allSatisfy(
            word -> assertThat(text.substring(word.start(), word.end())).isEqualTo(word.text()));
    tagger.save(folder);
    TextTagger loaded = TextTagger.load(folder);
    assertThat(loaded.tag(text)).isEqualTo(words);
    assertThat(ConfigFile.read(folder.resolve("config.json")).strings("architectures"))
        .containsExactly("BertForTokenClassification");
    assertThatThrownBy(() -> TextClassifier.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("expected a SequenceClassifier: received BertForTokenClassification");

    // 60 sentences in one text are far more than 16 tokens: every word has its label all the same.
    List<String> many = new ArrayList<>();
    for (TaggedTexts.Sentence sentence : texts.sentences()) {
      many.addAll(sentence.words());
    }
    assertThat(loaded.tagWords(many)).extracting(TextTagger.Word::text).isEqualTo(many);
    assertThat(loaded.tagWords(many))
        .allSatisfy(word -> assertThat(word.probability()).isPositive());
    assertThat(loaded.tag(" ")).isEmpty();
    assertThat(loaded.tag("Anna".repeat(40))).hasSize(1);
  }
}
