package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.LabelledTexts.Example;
import dev.heed.task.BagOfWords.SparseVector;
import java.util.List;
import java.util.function.DoublePredicate;

/// A classifier as there were before the Transformer: which words a text has, whatever their order,
/// and a linear model of them.
public final class LinearTextClassifier {
  /// Weights of all classes together, so that training fits into memory.
  private static final int MOST_WEIGHTS = 4_000_000;

  private final BagOfWords words;
  private final LogisticRegression model;
  private final List<String> labels;

  private LinearTextClassifier(BagOfWords words, LogisticRegression model, List<String> labels) {
    this.words = words;
    this.model = model;
    this.labels = labels;
  }

  /// Trains on texts that have one label each.
  ///
  /// @param longest the most words in a row that count as one feature
  /// @param tfIdf whether features count by how often and how rare they are, or only as there
  /// @param strength how much the data counts against small weights: scikit-learn's C
  public static LinearTextClassifier train(
      LabelledTexts texts, int longest, boolean tfIdf, double strength) {
    return train(texts, longest, tfIdf, strength, loss -> true);
  }

  /// The same, as long as `goesOn` says so of the mean loss after a step.
  static LinearTextClassifier train(
      LabelledTexts texts, int longest, boolean tfIdf, double strength, DoublePredicate goesOn) {
    if (texts.multiLabel()) {
      throw new IllegalArgumentException(
          "a linear model gives each text one label: received several");
    }
    List<String> labels = texts.labels();
    int most = MOST_WEIGHTS / labels.size();
    BagOfWords words =
        new BagOfWords(
            texts.examples().stream().map(LinearTextClassifier::whole).toList(),
            new BagOfWords.Settings(longest, tfIdf, longest > 1 ? 2 : 1, most));
    List<SparseVector> vectors =
        texts.examples().stream().map(example -> words.vector(whole(example))).toList();
    int[] targets =
        texts.examples().stream().mapToInt(example -> labels.indexOf(example.label())).toArray();
    return new LinearTextClassifier(
        words,
        LogisticRegression.train(vectors, targets, words.size(), labels.size(), strength, goesOn),
        labels);
  }

  private static String whole(Example example) {
    return example.second() == null ? example.text() : example.text() + "\n" + example.second();
  }

  /// The number of features.
  public int features() {
    return words.size();
  }

  /// What it says of a text.
  public Prediction classify(String text) {
    return Prediction.of(labels, model.probabilities(words.vector(text)), false);
  }

  /// How good it is on labelled texts.
  public ClassificationFigures evaluate(LabelledTexts texts) {
    return ClassificationFigures.of(
        labels,
        false,
        texts.examples().stream().map(example -> classify(whole(example))).toList(),
        texts.examples().stream().map(Example::labels).toList());
  }
}
