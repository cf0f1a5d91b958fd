package dev.heed.task;

import java.util.ArrayList;
import java.util.List;

/// How good a classifier is on labelled texts.
///
/// Source: the definitions of scikit-learn (`accuracy_score`, `f1_score`, `confusion_matrix`), a
/// quotient with nothing below it counting as 0; Guo et al. 2017 for the calibration error, with 15
/// bins.
///
/// @param texts how many were tried
/// @param accuracy the share whose labels are all right
/// @param macroF1 the mean of the labels' F1
/// @param microF1 the F1 of all decisions together; with one label a text it is the accuracy
/// @param perLabel the figures of each label
/// @param confusion `[true][predicted]` counts of texts; empty where a text may have several labels
/// @param calibrationError how far, on average, the probability of what is predicted is from the
///   share that is right; NaN where a text may have several labels
public record ClassificationFigures(
    int texts,
    double accuracy,
    double macroF1,
    double microF1,
    List<LabelFigures> perLabel,
    int[][] confusion,
    double calibrationError) {
  private static final int BINS = 15;

  /// The figures of one label.
  ///
  /// @param precision the share of those predicted that are right
  /// @param recall the share of those there are that were found
  /// @param f1 their harmonic mean
  /// @param support how many texts have the label
  public record LabelFigures(
      String label, double precision, double recall, double f1, int support) {}

  /// Compares predictions with the truth.
  ///
  /// @param labels all labels of the model
  /// @param truth the labels of each text
  public static ClassificationFigures of(
      List<String> labels,
      boolean multiLabel,
      List<Prediction> predictions,
      List<List<String>> truth) {
    if (predictions.isEmpty() || predictions.size() != truth.size()) {
      throw new IllegalArgumentException(
          "there must be a prediction for each of one or more texts: received %d for %d"
              .formatted(predictions.size(), truth.size()));
    }
    int[] right = new int[labels.size()];
    int[] predicted = new int[labels.size()];
    int[] there = new int[labels.size()];
    int[][] confusion = new int[multiLabel ? 0 : labels.size()][labels.size()];
    int exact = 0;
    for (int i = 0; i < predictions.size(); i++) {
      List<String> said = predictions.get(i).labels();
      List<String> is = truth.get(i);
      for (String label : is) {
        there[index(labels, label)]++;
      }
      for (String label : said) {
        predicted[index(labels, label)]++;
        right[index(labels, label)] += is.contains(label) ? 1 : 0;
      }
      exact += said.size() == is.size() && said.containsAll(is) ? 1 : 0;
      if (!multiLabel) {
        confusion[index(labels, is.getFirst())][index(labels, said.getFirst())]++;
      }
    }
    List<LabelFigures> perLabel = new ArrayList<>();
    int allRight = 0;
    int all = 0;
    double macro = 0;
    for (int c = 0; c < labels.size(); c++) {
      double f1 = quotient(2.0 * right[c], predicted[c] + there[c]);
      perLabel.add(
          new LabelFigures(
              labels.get(c),
              quotient(right[c], predicted[c]),
              quotient(right[c], there[c]),
              f1,
              there[c]));
      macro += f1 / labels.size();
      allRight += right[c];
      all += predicted[c] + there[c];
    }
    return new ClassificationFigures(
        truth.size(),
        (double) exact / truth.size(),
        macro,
        quotient(2.0 * allRight, all),
        List.copyOf(perLabel),
        confusion,
        multiLabel ? Double.NaN : calibrationError(predictions, truth));
  }

  private static int index(List<String> labels, String label) {
    int index = labels.indexOf(label);
    if (index < 0) {
      throw new IllegalArgumentException(
          "a label must be one that the model knows, of %s: received %s".formatted(labels, label));
    }
    return index;
  }

  private static double quotient(double above, double below) {
    return below == 0 ? 0 : above / below;
  }

  private static double calibrationError(List<Prediction> predictions, List<List<String>> truth) {
    double[] confidence = new double[BINS];
    double[] right = new double[BINS];
    for (int i = 0; i < predictions.size(); i++) {
      Prediction prediction = predictions.get(i);
      // (0, 1/15], (1/15, 2/15], …
      int bin = Math.clamp((int) Math.ceil(prediction.confidence() * BINS) - 1, 0, BINS - 1);
      confidence[bin] += prediction.confidence();
      right[bin] += truth.get(i).contains(prediction.label()) ? 1 : 0;
    }
    double error = 0;
    for (int bin = 0; bin < BINS; bin++) {
      error += Math.abs(confidence[bin] - right[bin]) / predictions.size();
    }
    return error;
  }
}
