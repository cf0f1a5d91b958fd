package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.data.TextPairs;
import dev.heed.model.ModelException;
import dev.heed.nn.recurrent.RecurrentEncoderDecoder.Attention;
import dev.heed.task.Translator.Translation;
import dev.heed.tensor.Precision;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecurrentTranslatorTest {
  @TempDir private Path folder;

  private static final TranslationTraining.Settings SETTINGS =
      new TranslationTraining.Settings(150, 200, 1e-2, 150, 1);

  private static List<TextPairs.Pair> pairs() {
    List<TextPairs.Pair> pairs = new ArrayList<>();
    String[][] things = {{"dog", "Hund"}, {"man", "Mann"}, {"hat", "Hut"}};
    String[][] doings = {{"sleeps", "schläft"}, {"falls", "fällt"}};
    for (String[] thing : things) {
      for (String[] doing : doings) {
        pairs.add(
            new TextPairs.Pair(
                "Der " + thing[1] + " " + doing[1] + ".",
                "The " + thing[0] + " " + doing[0] + "."));
      }
    }
    return pairs;
  }

  private static RecurrentTranslator translator(Attention attention, Tokenizer tokenizer) {
    return new RecurrentTranslator(
        attention, new RecurrentTranslator.Architecture(32, 64, 32, 0), tokenizer, 1);
  }

  @ParameterizedTest
  @EnumSource
  void fewPairsAreLearnedByHeartAndTranslatedAloneAsTogether(Attention attention) {
    List<TextPairs.Pair> pairs = pairs();
    Tokenizer tokenizer = TranslationTraining.tokenizer(pairs, 300);
    RecurrentTranslator translator = translator(attention, tokenizer);
    assertThat(translator.train(SETTINGS, pairs, List.of(), TrainingProgress.SILENT).finished())
        .isTrue();
    List<String> sources = pairs.stream().map(TextPairs.Pair::source).toList();
    List<Translation> translations = translator.translate(sources);
    assertThat(translations.stream().map(Translation::text).toList())
        .isEqualTo(pairs.stream().map(TextPairs.Pair::target).toList());
    assertThat(translator.translate(List.of("", sources.get(4))).stream().map(Translation::text))
        .containsExactly("", pairs.get(4).target());

    translator.save(folder);
    TextTranslator opened = TextTranslator.load(folder);
    assertThatThrownBy(() -> Precision.INT8.compute(() -> TextTranslator.load(folder)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("computes in fp32 or bf16: received int8");
    assertThat(opened.translate(sources)).isEqualTo(translations);
    assertThat(opened.maximumLength()).isEqualTo(32);
    NextTokens foreseen = Objects.requireNonNull(NextTokens.of(opened, pairs, done -> {}));
    assertThat(foreseen).isEqualTo(NextTokens.of(translator, pairs, done -> {}));
    assertThat(foreseen.accuracy()).isGreaterThan(0.95);
    assertThat(opened.withBeams(1).translate(sources.getFirst()).text())
        .isEqualTo(pairs.getFirst().target());
  }

  @Test
  void aDamagedDirectorySaysWhatIsWrong() throws IOException {
    translator(Attention.DOT, TranslationTraining.tokenizer(pairs(), 300)).save(folder);
    Path config = folder.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"DOT\"", "\"NEAR\""));
    assertThatThrownBy(() -> TextTranslator.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("NEAR");
    Files.writeString(config, Files.readString(config).replace("\"NEAR\"", "\"GENERAL\""));
    assertThatThrownBy(() -> TextTranslator.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("attention");
  }

  @Test
  void aSourceThatIsTooLongIsRefused() {
    RecurrentTranslator translator =
        translator(Attention.DOT, TranslationTraining.tokenizer(pairs(), 300));
    assertThatThrownBy(() -> translator.translate(List.of("Hund ".repeat(40))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a source must have 1…32 tokens: received ");
  }
}
