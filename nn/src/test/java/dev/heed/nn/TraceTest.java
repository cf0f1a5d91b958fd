package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import dev.heed.nn.Trace.Traced;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.nn.transformer.TransformerEncoder;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class TraceTest {
  private static final BlockConfiguration BLOCK =
      new BlockConfiguration(8, 2, 12, Activation.GELU, true, 0, 0, 1e-5);

  private final TransformerEncoder encoder =
      new TransformerEncoder(2, BLOCK, "", Initializer.seeded(1));
  private final Tensor x = Initializer.seeded(2).normal(1, 5, 8);

  private Tensor encode() {
    return encoder.apply(x, Sequences.of(x), Mask.causal());
  }

  @Test
  void changesNoBitOfTheResult() {
    float[] alone = encode().toFloatArray();
    Traced<Tensor> traced = Trace.of(this::encode);
    assertThat(traced.result().toFloatArray()).isEqualTo(alone);
    assertThat(encode().toFloatArray()).isEqualTo(alone);
  }

  @Test
  void listsHiddenStatesAndAttentionsOfAnEncoderInOrder() {
    Traced<Tensor> traced = Trace.of(this::encode);
    assertThat(traced.values().keySet())
        .containsExactly(
            "hidden_states.0",
            "attentions.0",
            "hidden_states.1",
            "attentions.1",
            "hidden_states.2");
    assertThat(traced.values().get("attentions.1"))
        .extracting(Tensor::shape)
        .isEqualTo(Shape.of(2, 5, 5));
    assertThat(bits(traced.values(), "hidden_states.0")).isEqualTo(x.toFloatArray());
    assertThat(bits(traced.values(), "hidden_states.2")).isEqualTo(traced.result().toFloatArray());
  }

  private static float[] bits(Map<String, Tensor> values, String name) {
    Tensor value = values.get(name);
    assertThat(value).isNotNull();
    return value.toFloatArray();
  }

  @Test
  void listsEncoderDecoderAndCrossAttentionsApart() {
    EncoderDecoder model =
        new EncoderDecoder(
            EncoderDecoderConfiguration.of2017(9, 1, 8, BLOCK), Initializer.seeded(1));
    Sequences sources = Sequences.ofLengths(3);
    Traced<Tensor> traced =
        Trace.of(() ->
            model.decode(
                Tensor.of(new int[] {0, 4}, 2),
                Sequences.ofLengths(2),
                model.encode(Tensor.of(new int[] {1, 2, 3}, 3), sources),
                sources));
    assertThat(traced.values().keySet())
        .containsExactly(
            "encoder_hidden_states.0",
            "encoder_attentions.0",
            "encoder_hidden_states.1",
            "decoder_hidden_states.0",
            "decoder_attentions.0",
            "cross_attentions.0",
            "decoder_hidden_states.1");
    assertThat(traced.values().get("cross_attentions.0"))
        .extracting(Tensor::shape)
        .isEqualTo(Shape.of(2, 2, 3));
    assertThat(traced.values().get("decoder_attentions.0"))
        .extracting(Tensor::shape)
        .isEqualTo(Shape.of(2, 2, 2));
  }

  @Test
  void tracedAttentionsAreWeights() {
    Map<String, Tensor> values = Trace.of(this::encode).values();
    Tensor weights = values.get("attentions.0");
    assertThat(weights).isNotNull();
    for (int t = 0; t < 5; t++) {
      double sum = 0;
      for (int s = 0; s < 5; s++) {
        assertThat(weights.get(1, t, s) > 0).isEqualTo(s <= t);
        sum += weights.get(1, t, s);
      }
      assertThat(sum).isCloseTo(1, within(1e-5));
    }
  }

  @Test
  void itsValuesOutliveTheStepThatMadeThem() {
    Map<String, Tensor> values =
        new StepMemory().step(() -> Trace.of(() -> encode().shape()).values());
    assertThat(bits(values, "hidden_states.1")).hasSize(40);
  }

  @Test
  void nothingIsAskedForWhenNoTraceRuns() {
    Trace.add("kind", () -> fail("no trace runs"));
    Trace.of(() -> "done");
    Trace.add("kind", () -> fail("the trace is over"));
    assertThat(Trace.of(() -> "done").values()).isEmpty();
  }

  @Test
  void costsNoMemoryWhenOff() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Supplier<Tensor> value = () -> x;
    Trace.add("kind", value);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) {
      Trace.add("kind", value);
    }
    // The measurement itself may take a little.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
  }
}
