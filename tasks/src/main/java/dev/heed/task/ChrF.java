package dev.heed.task;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How close translations are to references, by runs of 1 to 6 characters without spaces: the
/// F-score of precision and recall in which recall counts twice.
///
/// Source: Popović 2015; sacreBLEU 2.6 with its defaults (chrF2), whose figures it gives.
///
/// @param score 0 … 100
/// @param lowercase whether case was ignored
public record ChrF(double score, boolean lowercase) {
  private static final int ORDER = 6;
  private static final double BETA_SQUARED = 4;

  /// The figure of a corpus.
  ///
  /// @param references as many as `translations`
  public static ChrF of(List<String> translations, List<String> references, boolean lowercase) {
    Bleu.requireAsMany(translations, references);
    long[] made = new long[ORDER];
    long[] expected = new long[ORDER];
    long[] matched = new long[ORDER];
    for (int i = 0; i < translations.size(); i++) {
      int[] translation = characters(translations.get(i), lowercase);
      int[] reference = characters(references.get(i), lowercase);
      for (int n = 1; n <= ORDER; n++) {
        Map<String, Integer> there = grams(reference, n);
        if (!there.isEmpty()) { // else runs of this length are no mistake
          made[n - 1] += Math.max(0, translation.length - n + 1);
        }
        expected[n - 1] += Math.max(0, reference.length - n + 1);
        for (Map.Entry<String, Integer> gram : grams(translation, n).entrySet()) {
          matched[n - 1] += Math.min(gram.getValue(), there.getOrDefault(gram.getKey(), 0));
        }
      }
    }
    return new ChrF(score(made, expected, matched), lowercase);
  }

  private static double score(long[] made, long[] expected, long[] matched) {
    double precision = 0;
    double recall = 0;
    int orders = 0;
    for (int n = 0; n < ORDER; n++) {
      if (made[n] > 0 && expected[n] > 0) {
        precision += (double) matched[n] / made[n];
        recall += (double) matched[n] / expected[n];
        orders++;
      }
    }
    if (precision + recall == 0) {
      return 0;
    }
    precision /= orders;
    recall /= orders;
    return 100 * (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall);
  }

  private static int[] characters(String sentence, boolean lowercase) {
    String text = lowercase ? sentence.toLowerCase(Locale.ROOT) : sentence;
    return String.join("", PythonText.split(text)).codePoints().toArray();
  }

  private static Map<String, Integer> grams(int[] characters, int n) {
    Map<String, Integer> grams = new HashMap<>();
    for (int i = 0; i + n <= characters.length; i++) {
      grams.merge(new String(characters, i, n), 1, Integer::sum);
    }
    return grams;
  }

  /// How the figure was computed, in sacreBLEU's words.
  public String signature() {
    return "nrefs:1|case:%s|eff:yes|nc:6|nw:0|space:no".formatted(lowercase ? "lc" : "mixed");
  }
}
