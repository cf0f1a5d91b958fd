package dev.heed.model.bert;

import static dev.heed.tensor.Operations.add;
import static dev.heed.tensor.Operations.multiply;
import static dev.heed.tensor.Operations.sum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.Golden;
import dev.heed.model.ModelDirectory;
import dev.heed.model.WeightNames;
import dev.heed.nn.Layer;
import dev.heed.nn.Trace;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Every family, with and without its heads, against what `transformers` computed.
@ParameterizedClass
@ValueSource(
    strings = {
      "bert",
      "bert-judging",
      "bert-tagging",
      "bert-guessing",
      "distilbert",
      "distilbert-judging",
      "distilbert-guessing",
      "roberta",
      "roberta-judging",
      "roberta-tagging",
      "roberta-guessing",
      "xlm-roberta-judging",
      "mpnet",
      "mpnet-judging",
      "mpnet-guessing",
      "electra",
      "electra-judging",
      "electra-guessing",
      "albert",
      "albert-judging",
      "albert-guessing"
    })
class EncoderFamiliesTest {
  private final Golden golden;
  private final Layer model;
  private final Tensor ids;
  private final Tensor types;
  private final Sequences sequences;

  @TempDir Path folder;

  EncoderFamiliesTest(String name) {
    this.golden = new Golden(name);
    this.model = ModelDirectory.open(golden.directory(), Layer.class);
    this.ids = golden.integerTensor("input_ids");
    this.types = golden.integerTensor("token_type_ids");
    this.sequences = golden.sequences();
  }

  private Tensor hidden(Tensor ids, Sequences sequences, Tensor types) {
    return encoder().apply(ids, sequences, types);
  }

  private Bert encoder() {
    return model instanceof EncoderHead head ? (Bert) head.encoder() : (Bert) model;
  }

  @Test
  void whatItComputesIsWhatTransformersComputes() {
    Trace.Traced<Tensor> traced = Trace.of(() -> hidden(ids, sequences, types));
    assertThat(traced.values().keySet())
        .containsExactlyElementsOf(golden.names("hidden_states."))
        .hasSizeGreaterThan(2);
    traced.values().forEach(golden::requireClose);
    if (model instanceof EncoderHead head) {
      golden.requireClose("logits", Tensor.noGrad(() -> head.logits(traced.result(), sequences)));
    } else {
      golden.requireClose("last_hidden_state", traced.result());
      assertThat(encoder().hasPooler()).isEqualTo(golden.has("pooler_output"));
      if (encoder().hasPooler()) {
        golden.requireClose("pooler_output", encoder().pooled(traced.result(), sequences));
      }
    }
  }

  @Test
  void attentionsAreThoseOfTransformers() {
    int first = sequences.length(0);
    Tensor ids = Tensor.of(Arrays.copyOf(this.ids.toIntArray(), first), first);
    Tensor types = Tensor.of(Arrays.copyOf(this.types.toIntArray(), first), first);
    Trace.Traced<Tensor> traced = Trace.of(() -> hidden(ids, Sequences.ofLengths(first), types));
    List<String> names = golden.names("attentions.");
    assertThat(names).hasSizeGreaterThan(1);
    names.forEach(
        name -> golden.requireClose(name, Objects.requireNonNull(traced.values().get(name), name)));
  }

  @Test
  void gradientsOfAllParametersAreThoseOfTransformers() {
    model.setFrozen(false);
    Tensor hidden = hidden(ids, sequences, types);
    Tensor loss;
    if (model instanceof EncoderHead head) {
      loss = sum(multiply(head.logits(hidden, sequences), golden.tensor("cotangent.logits")));
    } else {
      loss = sum(multiply(hidden, golden.tensor("cotangent.last_hidden_state")));
      if (encoder().hasPooler()) {
        Tensor pooled = encoder().pooled(hidden, sequences);
        loss = add(loss, sum(multiply(pooled, golden.tensor("cotangent.pooler_output"))));
      }
    }
    double expected = golden.numbers("loss")[0];
    assertThat(loss.item()).isCloseTo(expected, within(1e-4 * Math.max(10, Math.abs(expected))));
    loss.backward();

    // Gradients have the shapes of their parameters, so they are named as weights are.
    Layer gradients = ModelDirectory.open(golden.directory(), Layer.class);
    Map<String, Parameter> to = gradients.parameters();
    model
        .parameters()
        .forEach((name, parameter) ->
            Objects.requireNonNull(to.get(name))
                .share(Objects.requireNonNull(parameter.gradient(), name)));
    String prefix = encoder().configuration().family().prefix();
    int compared = 0;
    for (StoredTensor stored : names().stored(gradients)) {
      String bare =
          stored.name().startsWith(prefix)
              ? stored.name().substring(prefix.length())
              : stored.name();
      String name = "gradient." + (golden.has("gradient." + stored.name()) ? stored.name() : bare);
      double[] received = stored.toDoubles();
      if (bare.endsWith("word_embeddings.weight") || bare.endsWith("position_embeddings.weight")) {
        leavePaddingOut(name, received, stored.shape().width());
      }
      // A key's bias moves all scores of a row alike: no gradient but rounding.
      if (bare.matches(".*(key|k_lin|attn\\.k)\\.bias")) {
        golden.requireWithin(name, received, 1e-3);
      } else {
        golden.requireClose(name, received);
      }
      compared++;
    }
    assertThat(golden.names("gradient.")).hasSize(compared);
  }

  /// Where padding does not count, the reference gives its row of the table no gradient; Heed's
  /// batches have no padding, and where a text holds it as a token it learns like any other.
  private void leavePaddingOut(String name, double[] received, int width) {
    BertConfiguration configuration = encoder().configuration();
    if (configuration.family().skipsPadding()) {
      int from = configuration.paddingId() * width;
      System.arraycopy(golden.numbers(name), from, received, from, width);
    }
  }

  private WeightNames names() {
    BertConfiguration configuration = encoder().configuration();
    return switch (model) {
      case SequenceClassifier classifier -> EncoderNames.judging(configuration);
      case TokenClassifier classifier -> EncoderNames.tagging(configuration);
      case MaskedLanguageModel guesser -> EncoderNames.guessing(configuration, true);
      default -> EncoderNames.encoder(configuration, "", encoder().hasPooler());
    };
  }

  @Test
  void savedWeightsAreTheOnesThatTransformersWrote() {
    switch (model) {
      case SequenceClassifier classifier -> {
        assertThat(classifier.labels()).containsExactly("low", "middle", "high");
        classifier.save(folder);
      }
      case TokenClassifier classifier -> {
        assertThat(classifier.labels()).containsExactly("low", "middle", "high");
        classifier.save(folder);
      }
      case MaskedLanguageModel guesser -> guesser.save(folder);
      default -> encoder().save(folder);
    }
    Checkpoint saved = Checkpoint.open(folder);
    List<StoredTensor> expected = golden.stored();
    assertThat(saved.names())
        .containsExactlyInAnyOrderElementsOf(expected.stream().map(StoredTensor::name).toList());
    expected.forEach(tensor ->
        assertThat(saved.tensor(tensor.name()).sameAs(tensor)).as(tensor.name()).isTrue());
    Layer again = ModelDirectory.open(folder, Layer.class);
    assertThat(again).hasSameClassAs(model);
    Bert encoder = again instanceof EncoderHead head ? (Bert) head.encoder() : (Bert) again;
    assertThat(encoder.configuration()).isEqualTo(encoder().configuration());
  }
}
