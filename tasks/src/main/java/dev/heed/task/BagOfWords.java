package dev.heed.task;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Turns texts into sparse vectors that know which words are there, and nothing of their order
/// beyond `longest` words in a row. Vectors have the length 1.
///
/// Source: the definitions of scikit-learn's `TfidfVectorizer`: words are two letters, digits or
/// underscores or more, in lower case; idf = ln((1 + texts) / (1 + texts with the word)) + 1.
public final class BagOfWords {
  private static final Pattern WORD = Pattern.compile("(?U)\\b\\w\\w+\\b");

  private final Settings settings;
  private final Map<String, Integer> indices = new LinkedHashMap<>();
  private final float[] weights;

  /// What counts.
  ///
  /// @param longest the most words in a row that count as one feature: 1 for words, 2 for pairs too
  /// @param tfIdf whether a feature counts by 1 + ln of how often it is there, times its idf;
  ///   otherwise it is there or not
  /// @param minTexts in how many texts a feature must be
  /// @param maxFeatures how many features at most: the most frequent
  public record Settings(int longest, boolean tfIdf, int minTexts, int maxFeatures) {
    public Settings {
      if (longest < 1 || minTexts < 1 || maxFeatures < 1) {
        throw new IllegalArgumentException(
            "longest, minTexts and maxFeatures must be 1 or more: received %d, %d, %d"
                .formatted(longest, minTexts, maxFeatures));
      }
    }
  }

  /// A vector whose other elements are 0.
  ///
  /// @param indices which features, in ascending order
  /// @param values their values
  public record SparseVector(int[] indices, float[] values) {}

  /// Learns the features of texts.
  public BagOfWords(List<String> texts, Settings settings) {
    this.settings = settings;
    Map<String, Integer> counts = new HashMap<>();
    for (String text : texts) {
      new HashSet<>(features(text)).forEach(feature -> counts.merge(feature, 1, Integer::sum));
    }
    counts.entrySet().stream()
        .filter(entry -> entry.getValue() >= settings.minTexts)
        .sorted(
            Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(settings.maxFeatures)
        .forEach(entry -> indices.put(entry.getKey(), indices.size()));
    this.weights = new float[indices.size()];
    indices.forEach((feature, index) ->
        weights[index] =
            settings.tfIdf
                ? (float)
                    (Math.log((1.0 + texts.size()) / (1 + counts.getOrDefault(feature, 0))) + 1)
                : 1);
  }

  /// The number of features.
  public int size() {
    return weights.length;
  }

  /// The features, each with its place in the vectors.
  public Map<String, Integer> features() {
    return java.util.Collections.unmodifiableMap(indices);
  }

  /// The vector of a text: of length 1, or without elements where no feature is known.
  public SparseVector vector(String text) {
    TreeMap<Integer, Integer> counts = new TreeMap<>();
    for (String feature : features(text)) {
      Integer index = indices.get(feature);
      if (index != null) {
        counts.merge(index, 1, Integer::sum);
      }
    }
    int[] places = counts.keySet().stream().mapToInt(Integer::intValue).toArray();
    float[] values = new float[places.length];
    double squares = 0;
    for (int i = 0; i < places.length; i++) {
      double often = settings.tfIdf ? 1 + Math.log(counts.getOrDefault(places[i], 1)) : 1;
      values[i] = (float) (often * weights[places[i]]);
      squares += (double) values[i] * values[i];
    }
    for (int i = 0; i < values.length; i++) {
      values[i] /= (float) Math.sqrt(squares);
    }
    return new SparseVector(places, values);
  }

  private List<String> features(String text) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
    while (matcher.find()) {
      words.add(matcher.group());
    }
    List<String> features = new ArrayList<>(words);
    for (int length = 2; length <= settings.longest; length++) {
      for (int i = 0; i + length <= words.size(); i++) {
        features.add(String.join(" ", words.subList(i, i + length)));
      }
    }
    return features;
  }
}
