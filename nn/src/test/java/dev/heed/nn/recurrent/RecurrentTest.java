package dev.heed.nn.recurrent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The goldens are PyTorch's, from `tools/goldens/recurrent.py`: texts of 4, 2 and 5 tokens.
class RecurrentTest {
  private static final Sequences TEXTS = Sequences.ofLengths(4, 2, 5);

  private static Initializer seeded() {
    return Initializer.seeded(1);
  }

  private static void check(String name, Recurrent layer) {
    Golden.check(name, layer, Golden.BLOCK, in -> layer.apply(in.input("x"), TEXTS));
  }

  private static void check(String name, Bidirectional layer) {
    Golden.check(name, layer, Golden.BLOCK, in -> layer.apply(in.input("x"), TEXTS));
  }

  @Test
  void thePlainLayerAgreesWithPyTorch() {
    check("recurrent-rnn", new Rnn(3, 4, seeded()));
    check(
        "recurrent-rnn-both", new Bidirectional(new Rnn(3, 4, seeded()), new Rnn(3, 4, seeded())));
  }

  @Test
  void theGruAgreesWithPyTorch() {
    check("recurrent-gru", new Gru(3, 4, seeded()));
    check(
        "recurrent-gru-both", new Bidirectional(new Gru(3, 4, seeded()), new Gru(3, 4, seeded())));
  }

  @Test
  void theLstmAgreesWithPyTorch() {
    check("recurrent-lstm", new Lstm(3, 4, seeded()));
    check(
        "recurrent-lstm-both",
        new Bidirectional(new Lstm(3, 4, seeded()), new Lstm(3, 4, seeded())));
  }

  @Test
  void aStateBeforeAndTheLastOneAgreeWithPyTorch() {
    Lstm layer = new Lstm(3, 4, seeded());
    Golden.check(
        "recurrent-lstm-state",
        layer,
        Golden.BLOCK,
        in -> {
          var before = new Recurrent.State(in.input("hidden"), in.input("memory"));
          Recurrent.Reading reading = layer.read(in.input("x"), TEXTS, before);
          return Operations.concatenate(
              List.of(reading.states(), reading.last().hidden(), reading.last().memory()));
        });
  }

  @Test
  void stepByStepIsTheSameAsAtOnce() {
    Gru layer = new Gru(3, 4, seeded());
    Tensor x = Initializer.seeded(2).normal(1, 5, 3);
    Tensor whole = layer.apply(x, Sequences.ofLengths(5));
    Recurrent.State state = layer.begin(1, DType.F32);
    for (int t = 0; t < 5; t++) {
      state = layer.step(x.rows(t, t + 1), state);
      assertThat(state.hidden().toFloatArray())
          .containsExactly(
              whole.rows(t, t + 1).toFloatArray(), org.assertj.core.api.Assertions.within(1e-6f));
    }
  }

  @Test
  void atextAloneIsReadAsAmongOthersAndAnEmptyOneKeepsItsState() {
    Lstm layer = new Lstm(3, 4, seeded());
    Tensor x = Initializer.seeded(2).normal(1, 6, 3);
    Tensor hidden = Initializer.seeded(3).normal(1, 3, 4);
    var before = new Recurrent.State(hidden, Initializer.seeded(4).normal(1, 3, 4));
    Recurrent.Reading reading = layer.read(x, Sequences.ofLengths(2, 0, 4), before);
    assertThat(reading.last().hidden().rows(1, 2).toFloatArray())
        .isEqualTo(hidden.rows(1, 2).toFloatArray());
    assertThat(reading.last().hidden().rows(2, 3).toFloatArray())
        .isEqualTo(reading.states().rows(5, 6).toFloatArray());
    var alone = new Recurrent.State(hidden.rows(0, 1), before.memory().rows(0, 1));
    assertThat(layer.read(x.rows(0, 2), Sequences.ofLengths(2), alone).states().toFloatArray())
        .containsExactly(
            reading.states().rows(0, 2).toFloatArray(),
            org.assertj.core.api.Assertions.within(1e-6f));
  }
}
