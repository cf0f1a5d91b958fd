package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntConsumer;

/// Makes a text longer, one token at a time.
///
/// @param model the language model
/// @param sampling how each token is chosen
public record TextGenerator(CausalModel model, Sampling sampling) {
  /// Why a text ended.
  public enum Ending {
    /// The model said so.
    END_OF_TEXT,
    /// As many tokens as were asked for.
    MAXIMUM_TOKENS,
    /// The model's longest text.
    MODEL_LENGTH
  }

  /// New tokens.
  ///
  /// @param ids the new tokens, without the end-of-text token
  /// @param logProbabilities the natural logarithm of each one's probability under the model,
  ///   before temperature and the other limits
  public record Generated(int[] ids, double[] logProbabilities, Ending ending) {}

  /// Goes on after `prompt`, at least one token long.
  ///
  /// @param each hears every new token as soon as it is chosen
  /// @throws IllegalArgumentException if the prompt is empty or longer than the model's longest
  ///   text
  public Generated generate(int[] prompt, int maximumTokens, IntConsumer each) {
    if (prompt.length == 0 || prompt.length > model.maximumLength()) {
      throw new IllegalArgumentException(
          "a prompt must have 1…%d tokens: received %d"
              .formatted(model.maximumLength(), prompt.length));
    }
    int[] ids = Arrays.copyOf(prompt, Math.addExact(prompt.length, maximumTokens));
    double[] logProbabilities = new double[maximumTokens];
    int length = prompt.length;
    Ending ending = Ending.MAXIMUM_TOKENS;
    while (length < ids.length) {
      if (length > model.maximumLength()) {
        ending = Ending.MODEL_LENGTH;
        break;
      }
      float[] logits = nextLogits(model, Arrays.copyOf(ids, length));
      int next = sampling.choose(logits, length);
      if (next == model.endOfText()) {
        ending = Ending.END_OF_TEXT;
        break;
      }
      logProbabilities[length - prompt.length] = logits[next] - logSumExp(logits);
      ids[length++] = next;
      each.accept(next);
    }
    return new Generated(
        Arrays.copyOfRange(ids, prompt.length, length),
        Arrays.copyOf(logProbabilities, length - prompt.length),
        ending);
  }

  static double logSumExp(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += StrictMath.exp(logit - max);
    }
    return max + StrictMath.log(sum);
  }

  /// The logits [V] of the token after `ids`.
  static float[] nextLogits(CausalModel model, int[] ids) {
    return Tensor.noGrad(() -> {
      Tensor hidden = model.apply(Tensor.of(ids, ids.length), Sequences.ofLengths(ids.length));
      return model.logits(hidden.rows(ids.length - 1, ids.length)).toFloatArray();
    });
  }
}
