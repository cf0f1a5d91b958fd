package dev.heed.model.modernbert;

import static dev.heed.tensor.Operations.multiply;
import static dev.heed.tensor.Operations.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.Golden;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.Recomputed;
import dev.heed.nn.Layer;
import dev.heed.nn.Trace;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// The encoder and its heads, with and without biases, against what `transformers` computed.
@ParameterizedClass
@ValueSource(
    strings = {
      "modernbert",
      "modernbert-judging",
      "modernbert-mean",
      "modernbert-tagging",
      "modernbert-guessing"
    })
class ModernBertTest {
  private final Golden golden;
  private final Layer model;
  private final ModernBert encoder;
  private final Tensor ids;
  private final Sequences sequences;

  @TempDir Path folder;

  ModernBertTest(String name) {
    this.golden = new Golden(name);
    this.model = ModelDirectory.open(golden.directory(), Layer.class);
    this.encoder = model instanceof ModernBertHead head ? head.encoder() : (ModernBert) model;
    this.ids = golden.integerTensor("input_ids");
    this.sequences = golden.sequences();
  }

  @Test
  void whatItComputesIsWhatTransformersComputes() {
    Trace.Traced<Tensor> traced = Trace.of(() -> encoder.apply(ids, sequences));
    assertThat(traced.values().keySet())
        .containsExactlyElementsOf(golden.names("hidden_states."))
        .hasSize(5);
    traced.values().forEach(golden::requireClose);
    if (model instanceof ModernBertHead head) {
      golden.requireClose("logits", Tensor.noGrad(() -> head.logits(traced.result(), sequences)));
    } else {
      golden.requireClose("last_hidden_state", traced.result());
    }
  }

  @Test
  void attentionsAreThoseOfTransformers() {
    int first = sequences.length(0);
    Tensor one = Tensor.of(Arrays.copyOf(ids.toIntArray(), first), first);
    Trace.Traced<Tensor> traced = Trace.of(() -> encoder.apply(one, Sequences.ofLengths(first)));
    List<String> names = golden.names("attentions.");
    assertThat(names).hasSize(4);
    names.forEach(
        name -> golden.requireClose(name, Objects.requireNonNull(traced.values().get(name), name)));
  }

  private Tensor loss() {
    Tensor hidden = encoder.apply(ids, sequences);
    return model instanceof ModernBertHead head
        ? sum(multiply(head.logits(hidden, sequences), golden.tensor("cotangent.logits")))
        : sum(multiply(hidden, golden.tensor("cotangent.last_hidden_state")));
  }

  @Test
  void gradientsOfAllParametersAreThoseOfTransformers() {
    model.setFrozen(false);
    Recomputed.requireSameGradients(model, this::loss);
    loss().backward();
    golden.requireGradients(
        model,
        model instanceof ModernBertHead head
            ? head.names()
            : ModernBertNames.encoder(encoder.configuration(), ""),
        ModernBertNames.PREFIX,
        (name, received) -> {});
  }

  @Test
  void savedWeightsAreTheOnesThatTransformersWrote() {
    if (model instanceof ModernBertHead head) {
      head.save(folder);
    } else {
      encoder.save(folder);
    }
    Checkpoint saved = Checkpoint.open(folder);
    List<StoredTensor> expected = golden.stored();
    assertThat(saved.names())
        .containsExactlyInAnyOrderElementsOf(expected.stream().map(StoredTensor::name).toList());
    expected.forEach(tensor ->
        assertThat(saved.tensor(tensor.name()).sameAs(tensor)).as(tensor.name()).isTrue());
    Layer again = ModelDirectory.open(folder, Layer.class);
    assertThat(again).hasSameClassAs(model);
    ModernBert reopened =
        again instanceof ModernBertHead head ? head.encoder() : (ModernBert) again;
    assertThat(reopened.configuration()).isEqualTo(encoder.configuration());
  }

  @Test
  void whatHeedLacksIsNamed() throws IOException {
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(golden.directory().resolve(file), folder.resolve(file));
    }
    String text = Files.readString(folder.resolve("config.json"));
    assertThat(text).contains("\"rope_type\": \"default\"");
    Files.writeString(
        folder.resolve("config.json"),
        text.replace("\"rope_type\": \"default\"", "\"rope_type\": \"dynamic\""));
    assertThatThrownBy(() -> ModernBert.load(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("rope_type")
        .hasMessageContaining("dynamic");
  }
}
