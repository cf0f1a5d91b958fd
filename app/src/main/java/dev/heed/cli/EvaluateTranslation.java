package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.data.TextPairs;
import dev.heed.task.Translator;
import java.util.List;
import java.util.Map;

/// What `heed evaluate` does with a translation model.
final class EvaluateTranslation {
  private EvaluateTranslation() {}

  /// Translates the sources and compares with the targets.
  ///
  /// @throws CommandFailure if a source is longer than the model takes
  static TranslationQuality of(
      HeedCommand heed, Translator translator, List<TextPairs.Pair> pairs, boolean lowercase) {
    List<int[]> sources = pairs.stream().map(pair -> translator.encode(pair.source())).toList();
    int most = translator.model().maximumLength();
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
      return TranslationQuality.of(
          translations, pairs.stream().map(TextPairs.Pair::target).toList(), lowercase);
    }
  }
}
