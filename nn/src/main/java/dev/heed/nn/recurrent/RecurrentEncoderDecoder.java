package dev.heed.nn.recurrent;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What translated before the Transformer: a recurrent encoder reads the source from both ends, and
/// a recurrent decoder, which begins with what the encoder ends with, makes the target.
///
/// Without attention these last states are all that the decoder knows of the source. With
/// Bahdanau's the state before a step looks at the source and what it sees goes into the step; with
/// Luong's the state after it looks.
///
/// Source: Sutskever et al. 2014, Bahdanau et al. 2015, Luong et al. 2015. Differs: all have gated
/// recurrent units of one layer, one table for both languages and the output, and one layer before
/// the output, so that they differ in their attention alone.
public final class RecurrentEncoderDecoder extends Layer {
  private final Configuration configuration;
  private final TokenEmbedding embedding;
  private final Bidirectional encoder;
  private final Linear bridge;
  private final @Nullable SourceAttention attention;
  private final Gru decoder;
  private final Linear readout;

  /// How the decoder looks at the source.
  public enum Attention {
    NONE,
    /// Bahdanau's.
    ADDITIVE,
    /// Luong's with a matrix between the states.
    GENERAL,
    /// Luong's without one.
    DOT;

    private @Nullable SourceAttention layer(int width, Initializer initializer) {
      return switch (this) {
        case NONE -> null;
        case ADDITIVE -> new AdditiveAttention(width, width, width, initializer);
        case GENERAL -> MultiplicativeAttention.general(width, width, initializer);
        case DOT -> MultiplicativeAttention.dot();
      };
    }
  }

  /// What a model looks like.
  ///
  /// @param vocabulary the number of tokens V of both languages
  /// @param width the width D of their vectors
  /// @param stateWidth the width H of the decoder's state; each direction of the encoder has half
  /// @param dropout the share dropped in training
  public record Configuration(
      int vocabulary, int width, int stateWidth, Attention attention, double dropout) {
    public Configuration {
      if (vocabulary < 1 || width < 1 || stateWidth < 2 || stateWidth % 2 != 0) {
        throw new IllegalArgumentException(
            "vocabulary and width must be 1 or more, stateWidth even: received %d, %d, %d"
                .formatted(vocabulary, width, stateWidth));
      }
      if (!(dropout >= 0 && dropout < 1)) {
        throw new IllegalArgumentException("dropout must be in [0, 1): received " + dropout);
      }
    }
  }

  /// What the decoder knows of sources.
  ///
  /// @param states the encoder's states [M, H]
  /// @param keys what the attention compares with [M, H]
  /// @param first the decoder's states before the first token [B, H]
  public record Source(Tensor states, Tensor keys, Tensor first, Sequences sequences) {
    /// Those of several, one after the other.
    public static Source join(List<Source> sources) {
      return new Source(
          Operations.concatenate(sources.stream().map(Source::states).toList()),
          Operations.concatenate(sources.stream().map(Source::keys).toList()),
          Operations.concatenate(sources.stream().map(Source::first).toList()),
          Sequences.ofLengths(
              sources.stream()
                  .flatMapToInt(source ->
                      IntStream.range(0, source.sequences.count()).map(source.sequences::length))
                  .toArray()));
    }

    /// These sources in another order, or some of them.
    Source select(int... texts) {
      int[] rows =
          Arrays.stream(texts)
              .flatMap(text -> IntStream.range(sequences.start(text), sequences.start(text + 1)))
              .toArray();
      return new Source(
          rows(states, rows),
          rows(keys, rows),
          rows(first, texts),
          Sequences.ofLengths(Arrays.stream(texts).map(sequences::length).toArray()));
    }

    /// Each alone, in memory of its own.
    public List<Source> copies() {
      List<Source> each = new ArrayList<>();
      for (int i = 0; i < sequences.count(); i++) {
        int from = sequences.start(i);
        int to = sequences.start(i + 1);
        each.add(
            new Source(
                states.rows(from, to).copy(),
                keys.rows(from, to).copy(),
                first.rows(i, i + 1).copy(),
                Sequences.ofLengths(to - from)));
      }
      return each;
    }
  }

  /// What a step of the decoder gives.
  ///
  /// @param decoded what logits follow from [B, D]
  /// @param hidden the states after it [B, H]
  public record Step(Tensor decoded, Tensor hidden) {}

  public RecurrentEncoderDecoder(Configuration configuration, Initializer initializer) {
    this.configuration = configuration;
    int width = configuration.width;
    int state = configuration.stateWidth;
    this.embedding =
        layer(
            "embedding",
            new TokenEmbedding(
                configuration.vocabulary, width, 1 / Math.sqrt(width), true, initializer));
    this.encoder =
        layer(
            "encoder",
            new Bidirectional(
                new Gru(width, state / 2, initializer), new Gru(width, state / 2, initializer)));
    this.bridge = layer("bridge", new Linear(state, state, true, initializer));
    SourceAttention looking = configuration.attention.layer(state, initializer);
    this.attention = looking == null ? null : layer("attention", looking);
    int input = configuration.attention == Attention.ADDITIVE ? width + state : width;
    this.decoder = layer("decoder", new Gru(input, state, initializer));
    this.readout =
        layer(
            "readout", new Linear(attention == null ? state : 2 * state, width, true, initializer));
  }

  public Configuration configuration() {
    return configuration;
  }

  /// Source ids I32 [M] → what the decoder knows of them.
  public Source encode(Tensor ids, Sequences sources) {
    Recurrent.Reading read = encoder.read(embedded(ids), sources);
    return new Source(
        read.states(),
        attention == null ? read.states() : attention.keys(read.states()),
        bridge.apply(read.last().hidden(), Activation.TANH, null),
        sources);
  }

  /// Target ids I32 [N], each after the ones before it → [N, D].
  public Tensor decode(Tensor ids, Sequences targets, Source source) {
    Tensor x = embedded(ids);
    if (attention instanceof AdditiveAttention additive) {
      return decodeStepwise(x, targets, source, additive);
    }
    var before = new Recurrent.State(source.first, source.first);
    Tensor states = decoder.read(x, targets, before).states();
    return readOut(states, attention == null ? null : seen(attention, states, targets, source));
  }

  /// The next token of each target: ids I32 [B] and the states before [B, H].
  public Step step(Tensor ids, Tensor hidden, Source source) {
    Tensor x = embedded(ids);
    int[] ones = new int[source.sequences.count()];
    Arrays.fill(ones, 1);
    Sequences each = Sequences.ofLengths(ones);
    if (attention instanceof AdditiveAttention additive) {
      Tensor seen = seen(additive, hidden, each, source);
      Tensor after = step(Operations.sideBySide(x, seen), hidden);
      return new Step(readOut(after, seen), after);
    }
    Tensor after = step(x, hidden);
    Tensor seen = attention == null ? null : seen(attention, after, each, source);
    return new Step(readOut(after, seen), after);
  }

  /// What the decoder gave [N, D] → logits [N, V].
  public Tensor logits(Tensor decoded) {
    return embedding.logits(decoded);
  }

  /// The sum over all targets of the cross-entropy in nats.
  ///
  /// @param inputs the target shifted right: it begins with a start token
  /// @param targets I32 [N]; negative ones are skipped
  /// @param smoothing the share of a target's probability that is spread over all tokens
  public Tensor loss(
      Tensor source,
      Sequences sources,
      Tensor inputs,
      Sequences targetSequences,
      Tensor targets,
      double smoothing) {
    Tensor decoded = decode(inputs, targetSequences, encode(source, sources));
    return FusedOperations.linearCrossEntropy(
        decoded, embedding.weight(), null, targets, smoothing);
  }

  /// Bahdanau's decoder, whose every step wants the state before it.
  private Tensor decodeStepwise(
      Tensor x, Sequences targets, Source source, AdditiveAttention additive) {
    ReadingOrder order = ReadingOrder.of(targets, false);
    Source ordered = source.select(order.texts());
    Tensor inputs = rows(x, order.tokens());
    Tensor hidden = ordered.first;
    int count = targets.count();
    List<Tensor> states = new ArrayList<>();
    List<Tensor> seen = new ArrayList<>();
    int from = 0;
    for (int active : order.active()) {
      hidden = rows(hidden, IntStream.range(0, active).toArray());
      int[] lengths = new int[count];
      Arrays.fill(lengths, 0, active, 1); // the other targets have ended
      Tensor context = seen(additive, hidden, Sequences.ofLengths(lengths), ordered);
      Tensor input = rows(inputs, IntStream.range(from, from + active).toArray());
      hidden = step(Operations.sideBySide(input, context), hidden);
      states.add(hidden);
      seen.add(context);
      from += active;
    }
    Tensor read = readOut(Operations.concatenate(states), Operations.concatenate(seen));
    return rows(read, order.places());
  }

  private Tensor step(Tensor x, Tensor hidden) {
    return decoder.step(x, new Recurrent.State(hidden, hidden)).hidden();
  }

  private Tensor embedded(Tensor ids) {
    return TrainingMode.dropout(embedding.apply(ids), configuration.dropout);
  }

  /// What states of the decoder [N, H] see of their sources [N, H].
  private static Tensor seen(
      SourceAttention attention, Tensor states, Sequences targets, Source source) {
    return attention.apply(states, targets, source.keys, source.states, source.sequences);
  }

  /// States of the decoder and what they saw of their sources → [N, D].
  private Tensor readOut(Tensor states, @Nullable Tensor seen) {
    Tensor all = seen == null ? states : Operations.sideBySide(states, seen);
    return TrainingMode.dropout(
        readout.apply(TrainingMode.dropout(all, configuration.dropout), Activation.TANH, null),
        configuration.dropout);
  }

  private static Tensor rows(Tensor x, int... rows) {
    return Operations.selectRows(x, Tensor.of(rows, rows.length));
  }
}
