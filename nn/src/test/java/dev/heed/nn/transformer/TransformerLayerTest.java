package dev.heed.nn.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.nn.Closeness;
import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.nn.Trace;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.Mask;
import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The encoder's and the decoder's layers and their stacks.
class TransformerLayerTest {
  private static final Sequences TARGETS = Sequences.ofLengths(3, 1, 4);
  private static final Sequences SOURCES = Sequences.ofLengths(2, 5, 1);
  private static final Mask VALID = Mask.padding(true, true, false, true, true, false, true, true);

  private static BlockConfiguration block(boolean preNorm) {
    return block(preNorm, 0);
  }

  private static BlockConfiguration block(boolean preNorm, double dropout) {
    Activation activation = preNorm ? Activation.GELU : Activation.RELU;
    return new BlockConfiguration(8, 2, 12, activation, preNorm, dropout, dropout, 1e-5);
  }

  /// Of the stacks' goldens.
  private static BlockConfiguration narrow(boolean preNorm) {
    Activation activation = preNorm ? Activation.GELU : Activation.RELU;
    return new BlockConfiguration(4, 2, 6, activation, preNorm, 0, 0, 1e-5);
  }

  private static String order(boolean preNorm) {
    return preNorm ? "pre-norm" : "post-norm";
  }

  private static TransformerEncoder encoder(BlockConfiguration configuration) {
    return new TransformerEncoder(2, configuration, "", Initializer.seeded(1));
  }

  private static TransformerDecoder decoder(BlockConfiguration configuration) {
    return new TransformerDecoder(2, configuration, Initializer.seeded(1));
  }

  private static Tensor random(long seed, int... shape) {
    return Initializer.seeded(seed).normal(1, shape);
  }

  // Against PyTorch

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void encoderLayerAgreesWithPyTorch(boolean preNorm) {
    TransformerEncoderLayer layer =
        new TransformerEncoderLayer(block(preNorm), "attentions", Initializer.seeded(1));
    Golden.check(
        "encoder-layer-" + order(preNorm),
        layer,
        Golden.BLOCK,
        in -> layer.apply(in.input("x"), TARGETS, VALID, null));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void causalEncoderAgreesWithPyTorch(boolean preNorm) {
    TransformerEncoder encoder = encoder(narrow(preNorm));
    Golden.check(
        "encoder-" + order(preNorm),
        encoder,
        Golden.BLOCK,
        in -> encoder.apply(in.input("x"), TARGETS, Mask.causal()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void decoderLayerAgreesWithPyTorch(boolean preNorm) {
    TransformerDecoderLayer layer =
        new TransformerDecoderLayer(block(preNorm), Initializer.seeded(1));
    Golden.check(
        "decoder-layer-" + order(preNorm),
        layer,
        Golden.BLOCK,
        in -> layer.apply(in.input("x"), TARGETS, in.input("encoded"), SOURCES, VALID));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void decoderAgreesWithPyTorch(boolean preNorm) {
    TransformerDecoder decoder = decoder(narrow(preNorm));
    Golden.check(
        "decoder-" + order(preNorm),
        decoder,
        Golden.BLOCK,
        in -> decoder.apply(in.input("x"), TARGETS, in.input("encoded"), SOURCES, Mask.none()));
  }

  // No leaks

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void nothingOfTheFutureLeaksThroughACausalStack(boolean preNorm) {
    TransformerEncoder encoder = encoder(block(preNorm));
    Tensor x = random(1, 6, 8);
    Sequences one = Sequences.of(x);
    float[] before = encoder.apply(x, one, Mask.causal()).toFloatArray();
    for (int changed = 1; changed < 6; changed++) {
      Tensor other = x.copy();
      other.rows(changed, changed + 1).copyFrom(random(9, 1, 8));
      float[] after = encoder.apply(other, one, Mask.causal()).toFloatArray();
      assertThat(Arrays.copyOf(after, changed * 8)).isEqualTo(Arrays.copyOf(before, changed * 8));
      assertThat(after).isNotEqualTo(before);
    }
  }

  @Test
  void nothingOfTheTargetsFutureLeaksThroughADecoder() {
    TransformerDecoder decoder = decoder(block(true));
    Tensor x = random(1, 5, 8);
    Tensor encoded = random(2, 3, 8);
    Sequences targets = Sequences.of(x);
    Sequences sources = Sequences.of(encoded);
    float[] before = decoder.apply(x, targets, encoded, sources, Mask.none()).toFloatArray();
    Tensor other = x.copy();
    other.rows(3, 4).copyFrom(random(9, 1, 8));
    float[] after = decoder.apply(other, targets, encoded, sources, Mask.none()).toFloatArray();
    assertThat(Arrays.copyOf(after, 24)).isEqualTo(Arrays.copyOf(before, 24));
    assertThat(Arrays.copyOfRange(after, 24, 40)).isNotEqualTo(Arrays.copyOfRange(before, 24, 40));
  }

  @Test
  void crossAttentionUsesTheSourcesMask() {
    TransformerDecoder decoder = decoder(block(true));
    Tensor x = random(1, 2, 8);
    Tensor encoded = random(2, 4, 8);
    Tensor spoilt = encoded.copy();
    spoilt.rows(1, 2).copyFrom(random(9, 1, 8));
    Mask mask = Mask.padding(true, false, true, true);
    Sequences targets = Sequences.of(x);
    Sequences sources = Sequences.of(encoded);
    assertThat(decoder.apply(x, targets, spoilt, sources, mask).toFloatArray())
        .isEqualTo(decoder.apply(x, targets, encoded, sources, mask).toFloatArray());
    assertThat(decoder.apply(x, targets, spoilt, sources, Mask.none()).toFloatArray())
        .isNotEqualTo(decoder.apply(x, targets, encoded, sources, Mask.none()).toFloatArray());
  }

  // Ragged

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRaggedBatchGivesWhatEachSequenceGivesAlone(boolean preNorm) {
    int[] lengths = {4, 1, 0, 7};
    int[] sourceLengths = {2, 5, 1, 3};
    Sequences targets = Sequences.ofLengths(lengths);
    Sequences sources = Sequences.ofLengths(sourceLengths);
    Tensor x = random(1, 12, 8);
    Tensor encoded = random(2, 11, 8);
    TransformerEncoder encoder = encoder(block(preNorm));
    TransformerDecoder decoder = decoder(block(preNorm));
    Tensor encodedTogether = encoder.apply(encoded, sources, Mask.none());
    Tensor together = decoder.apply(x, targets, encodedTogether, sources, Mask.none());
    for (int i = 0; i < lengths.length; i++) {
      int from = targets.start(i);
      int to = from + lengths[i];
      Tensor source = encoded.rows(sources.start(i), sources.start(i) + sourceLengths[i]).copy();
      Sequences oneSource = Sequences.of(source);
      Tensor alone =
          decoder.apply(
              x.rows(from, to).copy(),
              Sequences.ofLengths(lengths[i]),
              encoder.apply(source, oneSource, Mask.none()),
              oneSource,
              Mask.none());
      Closeness.requireClose("sequence " + i, together.rows(from, to), alone, 1e-5);
    }
  }

  @Test
  void paddingTakesNoWork() {
    TransformerEncoder encoder = encoder(block(true));
    Sequences ragged = Sequences.ofLengths(12, 1, 1, 2);
    Sequences padded = Sequences.ofLengths(12, 12, 12, 12);
    Map<String, Tensor> values =
        Trace.of(() -> encoder.apply(random(1, 16, 8), ragged, Mask.causal())).values();
    assertThat(values.values()).extracting(Tensor::shape).containsOnly(Shape.of(16, 8));
    assertThat(2 * bytes(encoder, ragged)).isLessThan(bytes(encoder, padded));
  }

  /// The memory of a forward pass: three quarters of the padded rows would be padding.
  private static long bytes(TransformerEncoder encoder, Sequences sequences) {
    StepMemory memory = new StepMemory();
    Tensor x = random(1, sequences.rows(), 8);
    memory.step(() -> encoder.apply(x, sequences, Mask.causal()));
    return memory.peakBytes();
  }

  @Test
  void anEmptyBatchGivesNothing() {
    Tensor none = Tensor.zeros(Shape.of(0, 8), DType.F32);
    Tensor out = encoder(block(true)).apply(none, Sequences.ofLengths(), Mask.causal());
    assertThat(out.shape()).isEqualTo(Shape.of(0, 8));
  }

  // Dropout

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void dropoutWorksInTrainingOnlyAndFollowsTheSeed(boolean preNorm) {
    TransformerEncoder encoder = encoder(block(preNorm, 0.3));
    TransformerEncoder without = encoder(block(preNorm, 0));
    Tensor x = random(1, 6, 8);
    float[] predicted = encoder.apply(x, Sequences.of(x), Mask.none()).toFloatArray();
    assertThat(predicted).isEqualTo(without.apply(x, Sequences.of(x), Mask.none()).toFloatArray());
    assertThat(train(encoder, x, 1)).isNotEqualTo(predicted).isEqualTo(train(encoder, x, 1));
    assertThat(train(encoder, x, 2)).isNotEqualTo(train(encoder, x, 1));
    assertThat(train(without, x, 1)).isEqualTo(predicted);
  }

  private static float[] train(TransformerEncoder encoder, Tensor x, long step) {
    return TrainingMode.run(
        5, step, () -> encoder.apply(x, Sequences.of(x), Mask.none()).toFloatArray());
  }

  // Names and refusals

  @Test
  void onlyPreNormStacksEndWithANorm() {
    assertThat(encoder(block(true)).parameters()).containsKey("final_norm.weight");
    assertThat(encoder(block(false)).parameters().keySet())
        .noneMatch(name -> name.startsWith("final_norm"));
    assertThat(decoder(block(true)).parameters())
        .containsKeys("layers.1.cross_attention.key.weight", "layers.0.feed_forward.inner.bias");
  }

  @Test
  void refusesImpossibleConfigurations() {
    assertThatThrownBy(() -> new BlockConfiguration(10, 3, 8, Activation.RELU, true, 0, 0, 1e-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("heads must divide width: received heads=3, width=10");
    assertThatThrownBy(() -> new BlockConfiguration(10, 2, 0, Activation.RELU, true, 0, 0, 1e-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("feedForwardWidth and keyWidth must be 1 or more: received 0 and 5");
    assertThatThrownBy(() -> new BlockConfiguration(10, 2, 8, Activation.RELU, true, 1, 0, 1e-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dropout must be in [0, 1): received dropout=1.0, attentionDropout=0.0");
  }
}
