package dev.heed.model.llama;

import dev.heed.tensor.Activation;
import java.util.List;

/// The shape of a decoder of Llama's kind: all in which the families differ.
///
/// @param family which family it is, by Hugging Face's `model_type`
/// @param vocabulary the number of tokens V
/// @param maximumLength the most tokens of a text
/// @param width the model width D
/// @param heads the number of query heads H
/// @param keyValueHeads the number of key and value heads K, a divisor of `heads`
/// @param headWidth the width Dh of a head, whatever `width` is
/// @param feedForwardWidth the inner width F of the gated feed-forward
/// @param activation the feed-forward's gate
/// @param epsilon what the norms add to the mean of squares
/// @param onePlusNorm whether a norm's parameter is what its gain is above one
/// @param queryKeyNorm whether each head's query and key are normalised
/// @param afterNorms whether the outputs of attention and feed-forward are normalised too
/// @param queryBias whether the projections to queries, keys and values have a bias
/// @param outputBias whether the projection of the heads' outputs has one
/// @param feedForwardBias whether the feed-forward's layers have one
/// @param embeddingScale what token vectors are multiplied with
/// @param attentionScale what query–key products are multiplied with
/// @param layers one entry a block
/// @param window how many tokens a sliding layer sees, its own included
/// @param theta the base of the rotary angles of full layers
/// @param scaling how those are changed
/// @param slidingTheta the base of the rotary angles of sliding layers
/// @param slidingScaling how those are changed
/// @param tied whether the output layer is the token embedding's table
/// @param beginOfText the token that begins a text, −1 for none
/// @param endTokens the tokens that end a text, the usual one first
public record LlamaConfiguration(
    Family family,
    int vocabulary,
    int maximumLength,
    int width,
    int heads,
    int keyValueHeads,
    int headWidth,
    int feedForwardWidth,
    Activation activation,
    double epsilon,
    boolean onePlusNorm,
    boolean queryKeyNorm,
    boolean afterNorms,
    boolean queryBias,
    boolean outputBias,
    boolean feedForwardBias,
    double embeddingScale,
    double attentionScale,
    List<Sight> layers,
    int window,
    double theta,
    RotaryScaling scaling,
    double slidingTheta,
    RotaryScaling slidingScaling,
    boolean tied,
    int beginOfText,
    List<Integer> endTokens) {
  /// Which tokens a block's attention sees.
  public enum Sight {
    /// All before.
    FULL,
    /// The last ones.
    SLIDING
  }

  /// The families, with Hugging Face's names for them.
  public enum Family {
    LLAMA("llama", "LlamaForCausalLM"),
    MISTRAL("mistral", "MistralForCausalLM"),
    QWEN2("qwen2", "Qwen2ForCausalLM"),
    QWEN3("qwen3", "Qwen3ForCausalLM"),
    GEMMA3("gemma3_text", "Gemma3ForCausalLM");

    private final String type;
    private final String architecture;

    Family(String type, String architecture) {
      this.type = type;
      this.architecture = architecture;
    }

    /// The `model_type`.
    public String type() {
      return type;
    }

    /// The class of transformers.
    public String architecture() {
      return architecture;
    }
  }

  public LlamaConfiguration {
    layers = List.copyOf(layers);
    endTokens = List.copyOf(endTokens);
    if (vocabulary < 1 || maximumLength < 1 || width < 1 || feedForwardWidth < 1) {
      throw new IllegalArgumentException(
          "vocabulary, maximumLength, width and feedForwardWidth must be 1 or more: received %d,"
                  .formatted(vocabulary)
              + " %d, %d, %d".formatted(maximumLength, width, feedForwardWidth));
    }
    if (heads < 1 || keyValueHeads < 1 || heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "keyValueHeads must divide heads: received keyValueHeads=%d, heads=%d"
              .formatted(keyValueHeads, heads));
    }
    if (headWidth < 2 || headWidth % 2 != 0) {
      throw new IllegalArgumentException("headWidth must be even: received " + headWidth);
    }
    if (layers.contains(Sight.SLIDING) && window < 1) {
      throw new IllegalArgumentException("a sliding window must be 1 or more: received " + window);
    }
    if (!(theta > 1) || !(slidingTheta > 1)) {
      throw new IllegalArgumentException(
          "rope_theta must be above 1: received %s and %s".formatted(theta, slidingTheta));
    }
    for (int token : endTokens) {
      if (token < 0) {
        throw new IllegalArgumentException("an end token must be 0 or more: received " + token);
      }
    }
  }

  /// How many positions back the block sees.
  int left(int layer) {
    return layers.get(layer) == Sight.SLIDING ? window - 1 : Integer.MAX_VALUE;
  }

  /// The same, as the checkpoint has the output layer.
  LlamaConfiguration withTied(boolean tied) {
    return new LlamaConfiguration(
        family,
        vocabulary,
        maximumLength,
        width,
        heads,
        keyValueHeads,
        headWidth,
        feedForwardWidth,
        activation,
        epsilon,
        onePlusNorm,
        queryKeyNorm,
        afterNorms,
        queryBias,
        outputBias,
        feedForwardBias,
        embeddingScale,
        attentionScale,
        layers,
        window,
        theta,
        scaling,
        slidingTheta,
        slidingScaling,
        tied,
        beginOfText,
        endTokens);
  }
}
