package dev.heed.task;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// How close translations are to references: the geometric mean of how many of their 1- to 4-grams
/// stand in the reference, lowered where they are shorter than it.
///
/// Source: Papineni et al. 2002; sacreBLEU 2.6 with its defaults (tokenizer 13a, exponential
/// smoothing), whose figures it gives.
///
/// @param score 0 … 100
/// @param precisions of 1- to 4-grams, in percent
/// @param brevityPenalty what the mean is multiplied by, 0 … 1
/// @param length the number of words of all translations
/// @param referenceLength the number of words of all references
/// @param lowercase whether case was ignored
public record Bleu(
    double score,
    List<Double> precisions,
    double brevityPenalty,
    long length,
    long referenceLength,
    boolean lowercase) {
  private static final int ORDER = 4;

  // The regular expressions of mteval-v13a.
  private static final Pattern SYMBOLS = Pattern.compile("([{-~\\[-` -&(-+:-@/])");
  private static final Pattern AFTER_NO_DIGIT = Pattern.compile("([^0-9])([.,])");
  private static final Pattern BEFORE_NO_DIGIT = Pattern.compile("([.,])([^0-9])");
  private static final Pattern DIGIT_DASH = Pattern.compile("([0-9])(-)");

  public Bleu {
    precisions = List.copyOf(precisions);
  }

  /// The figure of a corpus.
  ///
  /// @param references as many as `translations`
  public static Bleu of(List<String> translations, List<String> references, boolean lowercase) {
    requireAsMany(translations, references);
    long[] correct = new long[ORDER];
    long[] total = new long[ORDER];
    long length = 0;
    long referenceLength = 0;
    for (int i = 0; i < translations.size(); i++) {
      List<String> words = words(translations.get(i), lowercase);
      List<String> reference = words(references.get(i), lowercase);
      length += words.size();
      referenceLength += reference.size();
      for (int n = 1; n <= ORDER; n++) {
        total[n - 1] += Math.max(0, words.size() - n + 1);
        Map<List<String>, Integer> there = grams(reference, n);
        for (Map.Entry<List<String>, Integer> gram : grams(words, n).entrySet()) {
          correct[n - 1] += Math.min(gram.getValue(), there.getOrDefault(gram.getKey(), 0));
        }
      }
    }
    double penalty = 1;
    if (length < referenceLength) {
      penalty = length == 0 ? 0 : Math.exp(1 - (double) referenceLength / length);
    }
    double[] precisions = precisions(correct, total);
    double score = 0;
    if (Arrays.stream(precisions).allMatch(precision -> precision > 0)) {
      score = penalty * Math.exp(Arrays.stream(precisions).map(Math::log).sum() / ORDER);
    }
    return new Bleu(
        score,
        Arrays.stream(precisions).boxed().toList(),
        penalty,
        length,
        referenceLength,
        lowercase);
  }

  /// Each precision of 0 is taken for half of what the one match less before it would be.
  private static double[] precisions(long[] correct, long[] total) {
    double[] precisions = new double[ORDER];
    if (Arrays.stream(correct).allMatch(count -> count == 0)) {
      return precisions;
    }
    double divisor = 1;
    for (int n = 0; n < ORDER && total[n] > 0; n++) {
      if (correct[n] == 0) {
        divisor *= 2;
        precisions[n] = 100 / (divisor * total[n]);
      } else {
        precisions[n] = 100.0 * correct[n] / total[n];
      }
    }
    return precisions;
  }

  private static Map<List<String>, Integer> grams(List<String> words, int n) {
    Map<List<String>, Integer> grams = new HashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      grams.merge(words.subList(i, i + n), 1, Integer::sum);
    }
    return grams;
  }

  /// The words of a sentence as mteval-v13a cuts them.
  static List<String> words(String sentence, boolean lowercase) {
    String line = lowercase ? sentence.toLowerCase(Locale.ROOT) : sentence;
    line = PythonText.stripEnd(line);
    line = line.replace("<skipped>", "").replace("-\n", "").replace("\n", " ");
    line =
        line.replace("&quot;", "\"")
            .replace("&amp;", "&")
            .replace("&lt;", "<")
            .replace("&gt;", ">");
    line = " " + line + " ";
    line = SYMBOLS.matcher(line).replaceAll(" $1 ");
    line = AFTER_NO_DIGIT.matcher(line).replaceAll("$1 $2 ");
    line = BEFORE_NO_DIGIT.matcher(line).replaceAll(" $1 $2");
    line = DIGIT_DASH.matcher(line).replaceAll("$1 $2 ");
    return PythonText.split(line);
  }

  static void requireAsMany(List<String> translations, List<String> references) {
    if (translations.size() != references.size()) {
      throw new IllegalArgumentException(
          "there must be as many references as translations: received %d and %d"
              .formatted(references.size(), translations.size()));
    }
  }

  /// How the figure was computed, in sacreBLEU's words.
  public String signature() {
    return "nrefs:1|case:%s|eff:no|tok:13a|smooth:exp".formatted(lowercase ? "lc" : "mixed");
  }
}
