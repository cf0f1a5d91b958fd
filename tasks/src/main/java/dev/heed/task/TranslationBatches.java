package dev.heed.task;

import dev.heed.generation.BeamSearch;
import dev.heed.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/// Translates many texts, those of alike lengths together: they end at about the same step.
///
/// @param beams how many translations of each are followed at once
record TranslationBatches(Tokenizer tokenizer, int beams) {
  /// Sources that are computed together, times their beams.
  private static final int TEXTS_AT_ONCE = 128;

  /// The best translation of each source; a source of no tokens gives an empty one.
  ///
  /// @param search finds translations of sources, the best first
  /// @param progress hears now and then how many are done
  List<Translator.Translation> translate(
      List<int[]> sources,
      Function<List<int[]>, List<List<BeamSearch.Found>>> search,
      IntConsumer progress) {
    List<Integer> order =
        IntStream.range(0, sources.size())
            .filter(i -> sources.get(i).length > 0)
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -sources.get(i).length))
            .toList();
    List<Translator.Translation> all = new ArrayList<>();
    sources.forEach(source -> all.add(new Translator.Translation("", 0)));
    int atOnce = Math.max(1, TEXTS_AT_ONCE / beams);
    for (int from = 0; from < order.size(); from += atOnce) {
      List<Integer> batch = order.subList(from, Math.min(order.size(), from + atOnce));
      List<List<BeamSearch.Found>> found = search.apply(batch.stream().map(sources::get).toList());
      for (int i = 0; i < batch.size(); i++) {
        if (!found.get(i).isEmpty()) {
          BeamSearch.Found best = found.get(i).getFirst();
          all.set(
              batch.get(i), new Translator.Translation(tokenizer.decode(best.ids()), best.score()));
        }
      }
      progress.accept(from + batch.size());
    }
    return all;
  }
}
