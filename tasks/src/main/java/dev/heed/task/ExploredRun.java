package dev.heed.task;

import dev.heed.tensor.Tensor;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All that a model computed for a text.
///
/// @param source the text
/// @param target of an encoder-decoder model, what its decoder was given; else null
/// @param attentions by kind: `attentions` of an encoder or a decoder alone; `encoder_attentions`,
///   `decoder_attentions` and `cross_attentions` of an encoder-decoder model
/// @param hidden by kind, such as `hidden_states`: [T, D] before the first block and behind each
/// @param vector the mean of the last hidden states (of the encoder), [D]
/// @param logits of a language model, of the token that comes next [V]; else empty
/// @param outcomes what the model says, by place; empty for an encoder without a head
/// @param layers of a language model, what each layer would already say of the next token
public record ExploredRun(
    ExploredText source,
    @Nullable ExploredText target,
    Map<String, List<CapturedAttention>> attentions,
    Map<String, List<Tensor>> hidden,
    float[] vector,
    float[] logits,
    List<Outcome> outcomes,
    List<Outcome> layers) {
  /// What may stand in a place.
  ///
  /// @param place what it is about: a token, the text, a layer
  /// @param best the most probable, first
  public record Outcome(String place, List<Choice> best) {}

  /// A token or label with its probability.
  ///
  /// @param id the token's id, or the label's number
  public record Choice(int id, String text, double probability) {}

  /// The tokens that ask in attentions of a kind.
  public ExploredText queries(String kind) {
    return target != null && !kind.startsWith("encoder") ? target : source;
  }

  /// The tokens that are looked at in attentions of a kind.
  public ExploredText keys(String kind) {
    return target != null && kind.startsWith("decoder") ? target : source;
  }
}
