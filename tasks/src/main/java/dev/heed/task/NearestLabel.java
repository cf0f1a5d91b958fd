package dev.heed.task;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// Says which of some labels a text is nearest to in meaning, without any training: label and text
/// are turned into vectors by one model.
///
/// The probabilities are the softmax of 20 · the similarities: the scale with which
/// all-MiniLM-L6-v2 was trained to find the text that belongs to another one.
///
/// Source: Reimers and Gurevych 2019; the model card of `sentence-transformers/all-MiniLM-L6-v2`.
public final class NearestLabel {
  private static final double SCALE = 20;

  private final SentenceEmbedder embedder;
  private final List<String> labels;
  private final Embeddings vectors;

  /// Labels as words or sentences that say what the texts are about.
  ///
  /// @throws IllegalArgumentException if there are not two different labels or more
  public NearestLabel(SentenceEmbedder embedder, List<String> labels) {
    if (labels.size() < 2 || new HashSet<>(labels).size() < labels.size()) {
      throw new IllegalArgumentException(
          "labels must be two or more different ones: received " + labels);
    }
    this.embedder = embedder;
    this.labels = List.copyOf(labels);
    this.vectors = embedder.embed(labels);
  }

  /// What each text is nearest to.
  public TextClassifier.Predictions classify(List<String> texts) {
    Embeddings embedded = embedder.embed(texts);
    List<Prediction> predictions = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      float[] probabilities = new float[labels.size()];
      double sum = 0;
      for (int c = 0; c < probabilities.length; c++) {
        double similarity = embedder.similarity().of(embedded.vector(i), vectors.vector(c));
        probabilities[c] = (float) Math.exp(SCALE * (similarity - 1));
        sum += probabilities[c];
      }
      for (int c = 0; c < probabilities.length; c++) {
        probabilities[c] /= (float) sum;
      }
      predictions.add(Prediction.of(labels, probabilities, false));
    }
    return new TextClassifier.Predictions(predictions, embedded.cut());
  }
}
