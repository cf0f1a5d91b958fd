package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.task.LanguageModelTraining;
import dev.heed.tensor.Shape;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.TrainingProgress;
import dev.heed.weights.GgufValue;
import dev.heed.weights.GgufWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
  @TempDir private Path home;

  private Heed.Result heed(String... arguments) {
    return new Heed(home).run(arguments);
  }

  /// A language model saved as `tiny`: 280 tokens, width 16, one layer.
  private Path tiny() {
    List<String> texts = List.of("The train left the station.", "The bus left the town.");
    var settings = new LanguageModelTraining.Settings(64, 1, 64, 1e-2, 1, 1);
    var small = new LanguageModelTraining.Architecture(16, 1, 2, 64, 0);
    Tokenizer tokenizer = BpeTrainer.of(280).train(texts);
    var training = LanguageModelTraining.ofNewModel(small, settings, tokenizer, null);
    training.run(texts, texts, TrainingProgress.SILENT);
    Path place = home.resolve(".heed/models/tiny");
    training.model().save(place);
    return place;
  }

  @Test
  void aModelIsShownWithItsArchitectureTokenizerAndTensors() {
    tiny();
    String text = heed("inspect", "tiny").out();
    assertThat(text)
        .containsPattern("architecture +GPT2LMHeadModel")
        .containsPattern("weights +model.safetensors")
        .containsPattern("n_embd +16")
        .containsPattern("algorithm +BPE")
        .containsPattern("vocabulary +" + "2[67][0-9]")
        .containsPattern("special_tokens +<\\|endoftext\\|> 0")
        .containsPattern("transformer.wte.weight +F32 +\\[2[67][0-9], 16]")
        .containsPattern("config.json +[0-9]+");
  }

  @Test
  void jsonHasThePlainNumbersAndTheSumOfTheTensors() {
    tiny();
    String json = heed("inspect", "--model", "tiny", "--format", "jsonl").out();
    assertThat(json).hasLineCount(1).contains("\"n_embd\":16", "\"algorithm\":\"BPE\"");
    String parameters = json.replaceAll(".*\"parameters\":(\\d+),\"bytes\":(\\d+).*\\R", "$1 $2");
    String[] two = parameters.split(" ");
    assertThat(Long.parseLong(two[1])).isEqualTo(4 * Long.parseLong(two[0])).isGreaterThan(16_000);
    assertThat(json)
        .contains(
            "{\"name\":\"transformer.ln_f.bias\",\"type\":\"F32\",\"shape\":[16],\"bytes\":64}");
  }

  @Test
  void aGgufFileIsShownWithItsMetadata() {
    Path file = home.resolve("small.gguf");
    GgufWriter.write(
        file,
        Map.of("general.architecture", new GgufValue.Text("llama")),
        List.of(StoredTensor.of("output.weight", Shape.of(2, 3), new float[6])));
    assertThat(heed("inspect", file.toString()).out())
        .containsPattern("architecture +llama")
        .containsPattern("parameters +6")
        .containsPattern("general.architecture +llama")
        .containsPattern("output.weight +F32 +\\[2, 3]");
  }

  @Test
  void aTokenizerFileIsShownAlone() throws IOException {
    Path file = home.resolve("t.json");
    Files.write(file, BpeTrainer.of(257).train(List.of("a")).toJson());
    assertThat(heed("inspect", file.toString()).out())
        .contains("tokenizer")
        .containsPattern("vocabulary +257")
        .doesNotContain("tensors");
  }

  @Test
  void modelsListsWhatIsSavedAndWhatTheHubsCacheHolds() throws IOException {
    assertThat(heed("models").out()).isEmpty();
    assertThat(heed("models").messages()).contains("no models yet");
    Path place = tiny();
    Path hub = home.resolve(".cache/huggingface/hub/models--owner--name");
    Path snapshot = Files.createDirectories(hub.resolve("snapshots/abc123"));
    Files.copy(place.resolve("config.json"), snapshot.resolve("config.json"));
    Files.createDirectories(hub.resolve("refs"));
    Files.writeString(hub.resolve("refs/main"), "abc123");
    assertThat(heed("models").out())
        .containsPattern("tiny +saved +gpt2 +[0-9.]+ kB +.*tiny\\R")
        .containsPattern("owner/name +hub main +gpt2 +");
    assertThat(heed("models", "--format", "jsonl").out().lines())
        .hasSize(2)
        .last()
        .asString()
        .contains("\"name\":\"owner/name\"", "\"from\":\"hub main\"", "\"type\":\"gpt2\"");
    assertThat(heed("inspect", "owner/name").out()).containsPattern("n_embd +16");
  }

  @Test
  void whatIsMissingOrDamagedIsOneLine() throws IOException {
    Heed.Result none = heed("inspect", "owner/none", "--offline");
    assertThat(none.code()).isEqualTo(ExitCode.MISSING);
    assertThat(none.messages()).contains("no model owner/none").hasLineCount(1);
    Path empty = Files.createDirectory(home.resolve("empty"));
    Heed.Result nothing = heed("inspect", empty.toString());
    assertThat(nothing.code()).isEqualTo(ExitCode.MISSING);
    assertThat(nothing.messages()).contains("expected a model or tokenizer").hasLineCount(1);
    Path broken = Files.writeString(home.resolve("model.safetensors"), "not weights");
    Heed.Result damaged = heed("inspect", broken.toString());
    assertThat(damaged.code()).isEqualTo(ExitCode.FAILED);
    assertThat(damaged.messages()).contains("model.safetensors").hasLineCount(1);
  }
}
