package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Layer;
import dev.heed.nn.Trace;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.StoredTensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// Holds an encoder-decoder family against what `transformers` computed
/// (`tools/goldens/sequence_to_sequence.py`).
public final class SequenceToSequenceGolden {
  private static final List<String> HIDDEN =
      List.of("encoder_hidden_states.", "decoder_hidden_states.");
  private static final List<String> ATTENTIONS =
      List.of("encoder_attentions.", "decoder_attentions.", "cross_attentions.");

  private final Golden golden;
  private final Tensor source;
  private final Sequences sources;
  private final Tensor target;
  private final Sequences targets;

  public SequenceToSequenceGolden(String name) {
    this.golden = new Golden(name);
    this.source = golden.integerTensor("input_ids");
    this.sources = golden.sequences("source_lengths");
    this.target = golden.integerTensor("decoder_input_ids");
    this.targets = golden.sequences("target_lengths");
  }

  /// The directory as `save_pretrained` wrote it, and its weights.
  public Golden golden() {
    return golden;
  }

  /// Hidden states and logits of a ragged batch.
  public void requireForward(SequenceToSequenceModel model) {
    Trace.Traced<Tensor> traced =
        Trace.of(() -> model.decode(target, targets, model.encode(source, sources), sources));
    requireAll(HIDDEN, traced.values());
    golden.requireClose("logits", Tensor.noGrad(() -> model.logits(traced.result())));
  }

  /// The three kinds of attention of the first pair.
  public void requireAttentions(SequenceToSequenceModel model) {
    Sequences one = Sequences.ofLengths(sources.length(0));
    Sequences other = Sequences.ofLengths(targets.length(0));
    Tensor firstSource = first(source, one);
    Tensor firstTarget = first(target, other);
    Trace.Traced<Tensor> traced =
        Trace.of(() -> model.decode(firstTarget, other, model.encode(firstSource, one), one));
    requireAll(ATTENTIONS, traced.values());
  }

  private static Tensor first(Tensor ids, Sequences sequences) {
    return Tensor.of(Arrays.copyOf(ids.toIntArray(), sequences.rows()), sequences.rows());
  }

  private void requireAll(List<String> kinds, Map<String, Tensor> received) {
    List<String> names = kinds.stream().flatMap(kind -> golden.names(kind).stream()).toList();
    assertThat(names).hasSizeGreaterThanOrEqualTo(kinds.size());
    for (String name : names) {
      golden.requireClose(name, Objects.requireNonNull(received.get(name), name));
    }
    for (String kind : kinds) {
      assertThat(received.keySet().stream().filter(name -> name.startsWith(kind)))
          .hasSameSizeAs(golden.names(kind));
    }
  }

  /// The loss and the gradients of all parameters.
  ///
  /// @param gradients a model of the same shape, to take the gradients, which have the shapes of
  ///   the parameters
  /// @param names how the family stores its parameters
  /// @param withoutGradient tensors that have none at Hugging Face
  public <M extends Layer & SequenceToSequenceModel> void requireGradients(
      M model, M gradients, WeightNames names, List<String> withoutGradient) {
    model.setFrozen(false);
    Supplier<Tensor> computed =
        () -> model.loss(source, sources, target, targets, golden.integerTensor("labels"), 0.1);
    Recomputed.requireSameGradients(model, computed);
    Tensor loss = computed.get();
    loss.backward();
    assertThat(loss.item() / golden.numbers("loss")[0]).isCloseTo(1, within(1e-5));
    Map<String, Parameter> to = gradients.parameters();
    model
        .parameters()
        .forEach((name, parameter) ->
            Objects.requireNonNull(to.get(name))
                .copyFrom(Objects.requireNonNull(parameter.gradient(), name)));
    for (StoredTensor stored : names.stored(gradients)) {
      String name = "gradient." + stored.name();
      if (withoutGradient.contains(stored.name())) {
        assertThat(golden.has(name)).as(name).isFalse();
      } else if (name.endsWith("k_proj.bias")) {
        // A key's bias moves all scores of a row alike: no gradient but rounding.
        golden.requireWithin(name, stored.toDoubles(), 1e-3);
      } else {
        golden.requireClose(name, stored.toDoubles());
      }
    }
    Stream<String> expected = golden.names("gradient.").stream();
    assertThat(expected.count()).isEqualTo(names.stored(gradients).size() - withoutGradient.size());
  }

  /// Targets made a token at a time, all sources at once, have the logits of targets made whole.
  public void requireCachedEqualsWhole(SequenceToSequenceModel model) {
    double[] expected = golden.numbers("logits");
    int width = model.vocabulary();
    Tensor encoded = Tensor.noGrad(() -> model.encode(source, sources));
    List<DecoderCache> texts = Tensor.noGrad(() -> model.newCaches(encoded, sources));
    int[] ids = target.toIntArray();
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < targets.count(); i++) {
      for (int row = targets.start(i); row < targets.start(i + 1); row++) {
        int[] next = {ids[row]};
        DecoderCache text = texts.get(i);
        double[] logits =
            Tensor.noGrad(() ->
                    model.logits(
                        model.decode(Tensor.of(next, 1), Sequences.ofLengths(1), List.of(text))))
                .toDoubleArray();
        for (int v = 0; v < width; v++) {
          assertThat(logits[v])
              .as("target %d, row %d, token %d", i, row, v)
              .isCloseTo(expected[row * width + v], within(1e-4 * largest));
        }
      }
    }
  }
}
