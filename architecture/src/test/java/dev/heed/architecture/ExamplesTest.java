package dev.heed.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.task.LanguageModelTraining;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.training.TrainingProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {
  private static final Path EXAMPLE = Repository.ROOT.resolve("examples/NextWord.java");

  @TempDir private Path folder;

  @Test
  void theJavaInTheReadmeStandsInAnExample() throws IOException {
    String example = withoutIndent(Repository.text(EXAMPLE));
    String readme = Repository.text(Repository.ROOT.resolve("README.md"));
    Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme);
    int blocks = 0;
    while (block.find()) {
      blocks++;
      assertThat(example).contains(withoutIndent(block.group(1)));
    }
    assertThat(blocks).isPositive();
  }

  private static String withoutIndent(String source) {
    return source
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList()
        .toString()
        .replaceAll("^\\[|\\]$", "");
  }

  @Test
  void theExampleOfTheReadmeRuns() throws Exception {
    saveATinyModel();
    String out =
        JavaTool.run("java", "-cp", JavaTool.classPath(), EXAMPLE.toString(), folder.toString());
    assertThat(out).endsWith("1051904 parameters, scores [1, 4, 6, 6]" + System.lineSeparator());
    assertThat(out.lines().limit(5)).allMatch(line -> line.matches(".+ (0|1)\\.\\d+(E-\\d+)?"));
  }

  private void saveATinyModel() throws IOException {
    List<String> texts = List.of("The train left the station.", "The bus left the town on time.");
    var settings = new LanguageModelTraining.Settings(32, 5, 64, 1e-2, 5, 1);
    var small = new LanguageModelTraining.Architecture(16, 1, 2, 32, 0);
    var training =
        LanguageModelTraining.ofNewModel(small, settings, BpeTrainer.of(280).train(texts), null);
    assertThat(training.run(texts, texts, TrainingProgress.SILENT).finished()).isTrue();
    training.model().save(folder);
  }
}
