package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.data.LabelledTexts;
import dev.heed.data.LabelledTexts.Example;
import dev.heed.training.TrainingProgress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecurrentTextClassifierTest {
  /// Which of two words comes first decides, so a bag of words cannot know.
  private static LabelledTexts texts() {
    List<Example> examples = new ArrayList<>();
    for (String thing : List.of("film", "story", "actor", "song")) {
      for (String filling : List.of("", " and then", " as we all say")) {
        String one = "not" + filling + " good " + thing;
        String two = "good" + filling + " not " + thing;
        examples.add(new Example(one, null, List.of("not first"), one));
        examples.add(new Example(two, null, List.of("good first"), two));
      }
    }
    return new LabelledTexts(examples, false, List.of());
  }

  @ParameterizedTest
  @EnumSource
  void theOrderOfWordsIsLearned(RecurrentTextClassifier.Kind kind) {
    LabelledTexts texts = texts();
    var classifier =
        new RecurrentTextClassifier(
            kind,
            32,
            0,
            TextClassifierTraining.vocabulary(texts, new EncoderArchitecture(120, 32, 1, 2, 0)),
            texts,
            new TextTrainingSettings(16, 120, 8, 1e-2, 20, 1),
            null);
    classifier.train(texts, texts, TrainingProgress.SILENT);
    assertThat(classifier.evaluate(texts).accuracy()).isEqualTo(1);
    assertThat(classifier.classify("not as we all say good song").label()).isEqualTo("not first");
    assertThat(LinearTextClassifier.train(texts, 1, true, 10).evaluate(texts).accuracy())
        .isEqualTo(0.5);
  }
}
