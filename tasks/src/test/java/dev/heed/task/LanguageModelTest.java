package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.heed.generation.NextWords;
import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.model.ModelException;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LanguageModelTest {
  private static final String PROMPT = "The train";

  private final LanguageModel model = Sentences.training(1, 0, 7, null).model();

  @TempDir Path folder;

  @Test
  void aSavedModelGoesOnWithATextAsBefore() {
    model.save(folder);
    LanguageModel loaded = LanguageModel.load(folder);
    for (Sampling sampling : List.of(Sampling.greedy(), Sampling.temperature(1, 3))) {
      LanguageModel.Completion before = model.complete(PROMPT, 12, sampling);
      LanguageModel.Completion after = loaded.complete(PROMPT, 12, sampling);
      assertThat(after.text()).isEqualTo(before.text()).isNotEmpty();
      assertThat(after.generated().ids()).isEqualTo(before.generated().ids());
      assertThat(after.generated().logProbabilities())
          .isEqualTo(before.generated().logProbabilities());
    }
    assertThat(loaded.nextWords(PROMPT, 5)).isEqualTo(model.nextWords(PROMPT, 5));
  }

  @Test
  void thePiecesOfAStreamAreTheText() {
    List<String> pieces = new ArrayList<>();
    // Any bytes may come out of a model without training, also halves of characters.
    LanguageModel.Completion completion =
        model.stream(PROMPT, 20, Sampling.temperature(1, 4), pieces::add);
    assertThat(pieces).hasSizeGreaterThan(5).doesNotContain("");
    assertThat(String.join("", pieces)).isEqualTo(completion.text());
    assertThat(completion.text())
        .isEqualTo(Sentences.TOKENIZER.decode(completion.generated().ids()));
  }

  @Test
  void severalTextsAtOnceAreWhatTheyAreAlone() {
    List<int[]> prompts =
        List.of("The train", "A", "She left the house", "The train").stream()
            .map(model::encode)
            .toList();
    for (Sampling sampling : List.of(Sampling.greedy(), Sampling.temperature(1, 3))) {
      LanguageModel.Request request = LanguageModel.Request.of(9, sampling).withStop(List.of("q"));
      List<LanguageModel.Completion> together = model.completeAll(prompts, request);
      for (int i = 0; i < prompts.size(); i++) {
        LanguageModel.Completion alone = model.stream(prompts.get(i), request, piece -> {});
        assertThat(together.get(i).text()).isEqualTo(alone.text());
        assertThat(together.get(i).generated().ids()).isEqualTo(alone.generated().ids());
        assertThat(together.get(i).generated().ending()).isEqualTo(alone.generated().ending());
        assertThat(together.get(i).generated().logProbabilities())
            .containsExactly(alone.generated().logProbabilities(), offset(1e-4));
      }
    }
    assertThatThrownBy(() ->
            model.completeAll(List.of(new int[0]), LanguageModel.Request.of(1, Sampling.greedy())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void severalConversationsAtOnceGoOnAsEachAlone() throws IOException {
    Path saved = folder.resolve("talking");
    model.save(saved);
    Path config = saved.resolve("tokenizer_config.json");
    String template = "{% for m in messages %}{{ m.role[0] }}:{{ m.content }} {% endfor %}a:";
    Files.writeString(
        config, "{\"chat_template\":\"" + template + "\"," + Files.readString(config).substring(1));
    LanguageModel talking = LanguageModel.load(saved);
    LanguageModel.Request request = LanguageModel.Request.of(4, Sampling.greedy());
    List<Conversation> together = List.of(talking.conversation(), talking.conversation());
    List<Conversation> alone = List.of(talking.conversation(), talking.conversation());
    for (List<String> texts : List.of(List.of("hi", "A"), List.of("on", "The train"))) {
      List<LanguageModel.Completion> answers = Conversation.sayAll(together, texts, request);
      for (int i = 0; i < texts.size(); i++) {
        LanguageModel.Completion one = alone.get(i).say(texts.get(i), request, piece -> {});
        assertThat(answers.get(i).generated().ids()).isEqualTo(one.generated().ids());
        assertThat(together.get(i).messages()).isEqualTo(alone.get(i).messages());
      }
    }
    assertThatThrownBy(() -> Conversation.sayAll(together, List.of("hi"), request))
        .isInstanceOf(IllegalArgumentException.class);
    Conversation same = together.getFirst();
    assertThatThrownBy(() -> Conversation.sayAll(List.of(same, same), List.of("hi", "hi"), request))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aSpaceAfterThePromptChangesNoNextWord() {
    List<NextWords.Word> words = model.nextWords(PROMPT, 4);
    assertThat(words).hasSize(4);
    assertThat(model.nextWords(PROMPT + " ", 4)).isEqualTo(words);
    assertThat(model.nextWords("A song", 4)).isNotEqualTo(words);
  }

  @Test
  void aTraceHasTheNamesAndShapesOfTransformers() {
    LanguageModel.Traced traced = model.trace(PROMPT);
    int length = Sentences.TOKENIZER.encode(PROMPT).ids().length;
    assertThat(traced.tokens()).hasSize(length);
    assertThat(String.join("", traced.tokens())).endsWith(PROMPT);
    Map<String, Tensor> values = traced.values();
    assertThat(values).containsOnlyKeys("hidden_states.0", "hidden_states.1", "attentions.0");
    assertThat(value(values, "hidden_states.0").shape()).isEqualTo(Shape.of(length, 16));
    assertThat(value(values, "hidden_states.1").shape()).isEqualTo(Shape.of(length, 16));
    Tensor attention = value(values, "attentions.0");
    assertThat(attention.shape()).isEqualTo(Shape.of(2, length, length));
    for (int head = 0; head < 2; head++) {
      // Recomputed from the row's rounded logarithm: a unit in the last place may be missing.
      assertThat(attention.get(head, 0, 0)).isCloseTo(1, offset(1e-6));
      assertThat(attention.get(head, 0, 1)).as("the future").isZero();
    }
  }

  @Test
  void aPromptThatIsTooLongIsRefused() {
    assertThatThrownBy(() -> model.complete("song ".repeat(100), 3, Sampling.greedy()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("32");
    assertThatThrownBy(() -> model.nextWords("song ".repeat(100), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("32");
  }

  @Test
  void aModelThatMayNotGoOnSaysSo() {
    TextGenerator.Generated generated =
        model.complete(PROMPT, 100, new Sampling(1, 0, 1, 0, 4)).generated();
    assertThat(generated.ids().length).isLessThan(100);
    assertThat(generated.ending()).isNotEqualTo(TextGenerator.Ending.MAXIMUM_TOKENS);
  }

  @Test
  void anotherArchitectureIsRefusedByName() throws IOException {
    model.save(folder);
    Path config = folder.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("GPT2LMHeadModel", "MambaForCausalLM"));
    assertThatThrownBy(() -> LanguageModel.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("architectures must name one of [")
        .hasMessageContaining("BertModel, ")
        .hasMessageContaining("received MambaForCausalLM");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    assertThatThrownBy(() -> LanguageModel.load(folder))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("config.json");
    model.save(folder);
    Files.delete(folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> LanguageModel.load(folder))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("model.safetensors");
  }

  private static Tensor value(Map<String, Tensor> values, String name) {
    return Objects.requireNonNull(values.get(name), name);
  }
}
