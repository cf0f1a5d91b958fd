package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Beam search with a decoder-only language model.
///
/// @param model the language model
public record CausalBeams(CausalModel model) implements BeamModel<KeyValueCache> {
  /// The most probable ways to go on after `prompt`, as many as there are beams or fewer, the best
  /// first.
  ///
  /// @param maximumTokens the most new tokens, the one that ends the text included
  /// @throws IllegalArgumentException if the prompt is empty or leaves the model no room for a
  ///   token
  public List<BeamSearch.Found> generate(
      int[] prompt, int maximumTokens, BeamSettings settings, GenerationRules rules) {
    if (prompt.length == 0 || prompt.length > model.maximumLength()) {
      throw new IllegalArgumentException(
          "a prompt must have 1…%d tokens: received %d"
              .formatted(model.maximumLength(), prompt.length));
    }
    KeyValueCache known = model.newCache();
    int[] before = Arrays.copyOf(prompt, prompt.length - 1);
    if (before.length > 0) {
      // The first token that is looked for needs the prompt's last one, which the search adds.
      new KnownText(model, known).nextLogits(before, before.length);
    }
    int most = Math.min(maximumTokens, model.maximumLength() + 1 - prompt.length);
    return new BeamSearch<>(this, settings, rules)
        .search(List.of(new BeamSearch.Start<>(known, prompt, most)))
        .getFirst();
  }

  @Override
  public int vocabulary() {
    return model.vocabulary();
  }

  @Override
  public float[] next(List<KeyValueCache> texts, int[] tokens) {
    int[] ones = new int[tokens.length];
    Arrays.fill(ones, 1);
    return Inference.run(() ->
        model
            .logits(model.apply(Tensor.of(tokens, tokens.length), Sequences.ofLengths(ones), texts))
            .toFloatArray());
  }

  @Override
  public KeyValueCache copy(KeyValueCache text, @Nullable KeyValueCache spare) {
    if (spare == null) {
      return text.copy();
    }
    spare.copyFrom(text);
    return spare;
  }
}
