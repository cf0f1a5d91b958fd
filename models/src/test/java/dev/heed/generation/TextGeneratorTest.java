package dev.heed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.generation.TextGenerator.Ending;
import dev.heed.generation.TextGenerator.Generated;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Golden;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextGeneratorTest {
  /// After 1 comes 2 with 0.9, after 2 comes 3 with 0.6, after 3 the end with 0.7.
  private static final BigramModel CHAIN =
      new BigramModel(
          new double[][] {
            {0.25, 0.25, 0.25, 0.25},
            {0.02, 0.03, 0.9, 0.05},
            {0.2, 0.1, 0.1, 0.6},
            {0.7, 0.1, 0.1, 0.1}
          },
          8);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void greedyTokensAreThoseOfTransformers(int prompt) {
    Gpt2 model = Gpt2.load(Gpt2Golden.directory());
    String name = "greedy." + prompt + ".";
    int[] expected = Gpt2Golden.ids(name + "new");
    List<Integer> heard = new ArrayList<>();
    Generated generated =
        new TextGenerator(model, Sampling.greedy())
            .generate(Gpt2Golden.ids(name + "prompt"), expected.length, heard::add);
    assertThat(generated.ids()).isEqualTo(expected);
    assertThat(heard).containsExactlyElementsOf(Arrays.stream(expected).boxed().toList());
    assertThat(generated.ending()).isEqualTo(Ending.MAXIMUM_TOKENS);
    double[] logProbabilities = Gpt2Golden.numbers(name + "log_probabilities");
    assertThat(generated.logProbabilities()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(generated.logProbabilities()[i]).isCloseTo(logProbabilities[i], within(1e-4));
    }
  }

  @Test
  void cachedDecodingGivesTheLogitsOfTheWholeText() {
    Gpt2 model = Gpt2.load(Gpt2Golden.directory());
    int[] ids = Gpt2Golden.ids("input_ids");
    float[] all =
        Tensor.noGrad(() ->
                model.logits(
                    model.apply(Tensor.of(ids, ids.length), Sequences.ofLengths(ids.length))))
            .toFloatArray();
    KnownText known = new KnownText(model);
    // Forwards, back to an earlier token, and on with several at once.
    for (int length : new int[] {1, 2, 3, 9, 17, 4, 5, 17}) {
      float[] expected =
          Arrays.copyOfRange(all, (length - 1) * model.vocabulary(), length * model.vocabulary());
      assertThat(known.nextLogits(ids, length)).containsExactly(expected, within(1e-4f));
      assertThat(known.length()).isEqualTo(length);
    }
    int[] other = ids.clone();
    other[2] = (other[2] + 1) % model.vocabulary();
    assertThat(known.nextLogits(other, 17))
        .containsExactly(new KnownText(model).nextLogits(other, 17), within(1e-5f));
  }

  @Test
  void theEndOfTheTextEndsItAndIsNoToken() {
    Generated generated = generate(CHAIN, Sampling.greedy(), 6, 1);
    assertThat(generated.ids()).containsExactly(2, 3);
    assertThat(generated.ending()).isEqualTo(Ending.END_OF_TEXT);
  }

  @Test
  void logProbabilitiesAreThoseOfTheModelBeforeTheLimits() {
    for (Sampling sampling : List.of(Sampling.greedy(), new Sampling(0.01, 1, 0.5, 0.5, 1))) {
      Generated generated = generate(CHAIN, sampling, 6, 1);
      assertThat(generated.logProbabilities()).hasSize(2);
      assertThat(generated.logProbabilities()[0]).isCloseTo(Math.log(0.9), within(1e-6));
      assertThat(generated.logProbabilities()[1]).isCloseTo(Math.log(0.6), within(1e-6));
    }
  }

  @Test
  void asManyTokensComeAsWereAskedFor() {
    Generated generated = generate(CHAIN, Sampling.greedy(), 1, 1);
    assertThat(generated.ids()).containsExactly(2);
    assertThat(generated.ending()).isEqualTo(Ending.MAXIMUM_TOKENS);
    assertThat(generate(CHAIN, Sampling.greedy(), 0, 1).ids()).isEmpty();
  }

  @Test
  void theModelsLongestTextEndsIt() {
    // Each token comes again for ever; the token after the last position still is told.
    BigramModel same = new BigramModel(new double[][] {{1, 0}, {0, 1}}, 5);
    Generated generated = generate(same, Sampling.greedy(), 20, 1, 1);
    assertThat(generated.ids()).containsExactly(1, 1, 1, 1);
    assertThat(generated.ending()).isEqualTo(Ending.MODEL_LENGTH);
    assertThat(generate(same, Sampling.greedy(), 20, 1, 1, 1, 1, 1).ids()).containsExactly(1);
  }

  @Test
  void aSeedRepeatsItsText() {
    BigramModel even = new BigramModel(new double[][] {{0, 1, 1}, {0, 1, 1}, {0, 1, 1}}, 100);
    int[] first = generate(even, Sampling.temperature(1, 3), 60, 1).ids();
    assertThat(first).hasSize(60).contains(1, 2);
    assertThat(generate(even, Sampling.temperature(1, 3), 60, 1).ids()).isEqualTo(first);
    assertThat(generate(even, Sampling.temperature(1, 4), 60, 1).ids()).isNotEqualTo(first);
  }

  @Test
  void aPromptThatIsEmptyOrTooLongIsRefusedWithItsLength() {
    assertThatThrownBy(() -> generate(CHAIN, Sampling.greedy(), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a prompt must have 1…8 tokens: received 0");
    assertThatThrownBy(() -> generate(CHAIN, Sampling.greedy(), 3, new int[9]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a prompt must have 1…8 tokens: received 9");
  }

  private static Generated generate(
      BigramModel model, Sampling sampling, int maximumTokens, int... prompt) {
    return new TextGenerator(model, sampling).generate(prompt, maximumTokens, id -> true);
  }
}
