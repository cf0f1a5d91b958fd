package dev.heed.cli;

import dev.heed.task.Bleu;
import dev.heed.task.ChrF;
import dev.heed.task.NextTokens;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How good translations are, in figures.
///
/// @param exact how many are the reference, letter for letter
/// @param pairs how many were tried
/// @param next how well the references' tokens are foreseen; null where all are too long
record TranslationQuality(Bleu bleu, ChrF chrF, int exact, int pairs, @Nullable NextTokens next) {
  static TranslationQuality of(
      List<String> translations,
      List<String> references,
      @Nullable NextTokens next,
      boolean lowercase) {
    return new TranslationQuality(
        Bleu.of(translations, references, lowercase),
        ChrF.of(translations, references, lowercase),
        (int)
            IntStream.range(0, translations.size())
                .filter(i -> isSame(translations.get(i), references.get(i), lowercase))
                .count(),
        translations.size(),
        next);
  }

  private static boolean isSame(String translation, String reference, boolean lowercase) {
    return lowercase
        ? translation.strip().equalsIgnoreCase(reference.strip())
        : translation.strip().equals(reference.strip());
  }

  private double exactMatch() {
    return (double) exact / Math.max(1, pairs);
  }

  /// For JSON and `run.json`.
  Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("bleu", bleu.score());
    figures.put("chrf", chrF.score());
    figures.put("exact_match", exactMatch());
    if (next != null) {
      figures.put("next_token_accuracy", next.accuracy());
      figures.put("nll", next.nll());
    }
    figures.put("precisions", bleu.precisions());
    figures.put("brevity_penalty", bleu.brevityPenalty());
    figures.put("pairs", pairs);
    figures.put("signature", bleu.signature());
    figures.put("chrf_signature", chrF.signature());
    return figures;
  }

  /// For people, on one line.
  String shown() {
    return String.format(
        Locale.ROOT,
        "BLEU %.2f (%s), chrF2 %.2f (%s), exact match %.4f,%s %,d pairs",
        bleu.score(),
        bleu.signature(),
        chrF.score(),
        chrF.signature(),
        exactMatch(),
        next == null
            ? ""
            : String.format(
                Locale.ROOT, " next-token accuracy %.4f, nll %.4f,", next.accuracy(), next.nll()),
        pairs);
  }
}
