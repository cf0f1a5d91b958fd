package dev.heed.generation;

import dev.heed.model.SequenceToSequenceModel;
import dev.heed.nn.attention.DecoderCache;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Makes targets from sources with an encoder-decoder model.
///
/// @param model the model
/// @param settings how the most probable target is looked for
/// @param rules which tokens may come
public record TargetGenerator(
    SequenceToSequenceModel model, BeamSettings settings, GenerationRules rules) {

  /// The targets found for each source, as many as there are beams or fewer, the best first.
  ///
  /// @param sources their token ids, with the end that the model expects
  /// @param maximumTokens the most new tokens of a target, the one that ends it included
  /// @throws IllegalArgumentException if a source is empty or longer than the model's longest text
  public List<List<BeamSearch.Found>> generate(List<int[]> sources, int maximumTokens) {
    for (int[] source : sources) {
      if (source.length == 0 || source.length > model.maximumLength()) {
        throw new IllegalArgumentException(
            "a source must have 1…%d tokens: received %d"
                .formatted(model.maximumLength(), source.length));
      }
    }
    // The start token takes one place.
    int most = Math.min(maximumTokens, model.maximumLength() - 1);
    int[] start = {model.startToken()};
    List<BeamSearch.Start<DecoderCache>> starts = new ArrayList<>();
    for (DecoderCache cache : encoded(sources)) {
      starts.add(new BeamSearch.Start<>(cache, start, most));
    }
    return new BeamSearch<>(new Beams(model), settings, rules).search(starts);
  }

  private List<DecoderCache> encoded(List<int[]> sources) {
    Sequences sequences =
        Sequences.ofLengths(sources.stream().mapToInt(source -> source.length).toArray());
    int[] ids = sources.stream().flatMapToInt(Arrays::stream).toArray();
    return Inference.run(
        () -> model.newCaches(model.encode(Tensor.of(ids, ids.length), sequences), sequences));
  }

  private record Beams(SequenceToSequenceModel model) implements BeamModel<DecoderCache> {
    @Override
    public int vocabulary() {
      return model.vocabulary();
    }

    @Override
    public float[] next(List<DecoderCache> texts, int[] tokens) {
      int[] ones = new int[tokens.length];
      Arrays.fill(ones, 1);
      return Inference.run(() ->
          model
              .logits(
                  model.decode(Tensor.of(tokens, tokens.length), Sequences.ofLengths(ones), texts))
              .toFloatArray());
    }

    @Override
    public DecoderCache copy(DecoderCache text, @Nullable DecoderCache spare) {
      if (spare == null) {
        return text.copy();
      }
      KeyValueCache target = spare.target();
      target.copyFrom(text.target());
      return new DecoderCache(target, text.source());
    }
  }
}
