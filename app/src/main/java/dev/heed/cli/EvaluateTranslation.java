package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.data.TextPairs;
import dev.heed.task.NextTokens;
import dev.heed.task.TextTranslator;
import dev.heed.task.Translator;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What `heed evaluate` does with a translation model.
final class EvaluateTranslation {
  private EvaluateTranslation() {}

  /// The figures of the model in a directory.
  ///
  /// @param beams how many; 0 for the model's own number
  static EvaluateCommand.Evaluation of(
      HeedCommand heed, Path directory, List<TextPairs.Pair> pairs, int beams, boolean lowercase) {
    if (beams < 0) {
      throw CommandFailure.usage("--beams must be 1 or more: received " + beams);
    }
    TextTranslator loaded = TextTranslator.load(directory);
    TranslationQuality quality =
        of(heed, beams == 0 ? loaded : loaded.withBeams(beams), pairs, lowercase);
    return new EvaluateCommand.Evaluation(
        List.of(quality.shown()), new LinkedHashMap<>(quality.figures()));
  }

  /// Translates the sources and compares with the targets.
  ///
  /// @throws CommandFailure if a source is longer than the model takes
  static TranslationQuality of(
      HeedCommand heed, TextTranslator translator, List<TextPairs.Pair> pairs, boolean lowercase) {
    List<int[]> sources = pairs.stream().map(pair -> translator.encode(pair.source())).toList();
    int most = translator.maximumLength();
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).length > most) {
        throw CommandFailure.tooLong(
            "the model takes at most %d tokens: received %d in pair %d"
                .formatted(most, sources.get(i).length, i + 1));
      }
    }
    try (ProgressBar bar = heed.progress()) {
      bar.begin("Translating", sources.size(), "text");
      List<String> translations =
          translator.translateIds(sources, done -> bar.update(done, Map.of())).stream()
              .map(Translator.Translation::text)
              .toList();
      bar.end(sources.size(), Map.of());
      bar.begin("Next tokens", pairs.size(), "pair");
      NextTokens next = NextTokens.of(translator, pairs, done -> bar.update(done, Map.of()));
      bar.end(pairs.size(), Map.of());
      return TranslationQuality.of(
          translations, pairs.stream().map(TextPairs.Pair::target).toList(), next, lowercase);
    }
  }
}
