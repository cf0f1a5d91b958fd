package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.LengthBuckets;
import dev.heed.data.TokenizedText;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// What any model that gives logits says of many texts: those of like length together.
///
/// @param logits packed texts → a logit for each label of each text [B, C]
record BatchClassifier(
    List<String> labels,
    boolean multiLabel,
    Tokenizer tokenizer,
    Function<TokenizedText.Packed, Tensor> logits) {
  /// Texts that are computed at once.
  private static final int AT_ONCE = 16;

  private record Place(int place, TokenizedText text) {
    int length() {
      return text.length();
    }
  }

  TextClassifier.Predictions classify(List<TextClassifier.Text> texts) {
    List<Place> places = new ArrayList<>();
    int cut = 0;
    for (int i = 0; i < texts.size(); i++) {
      TokenizedText tokens =
          TokenizedText.of(tokenizer, texts.get(i).text(), texts.get(i).second());
      places.add(new Place(i, tokens));
      cut += tokens.cut() ? 1 : 0;
    }
    Prediction[] predictions = new Prediction[texts.size()];
    if (!texts.isEmpty()) {
      LengthBuckets<Place> batches = LengthBuckets.sorted(places, Place::length, AT_ONCE);
      for (long b = 0; b < batches.batchesPerEpoch(); b++) {
        List<Place> batch = batches.batch(b);
        List<float[]> rows = probabilities(batch.stream().map(Place::text).toList());
        for (int i = 0; i < batch.size(); i++) {
          predictions[batch.get(i).place] = Prediction.of(labels, rows.get(i), multiLabel);
        }
      }
    }
    return new TextClassifier.Predictions(List.of(predictions), cut);
  }

  private List<float[]> probabilities(List<TokenizedText> texts) {
    return Inference.run(() -> {
      Tensor all = logits.apply(TokenizedText.pack(texts));
      Tensor shown = multiLabel ? all : Operations.softmax(all);
      List<float[]> rows = new ArrayList<>();
      for (int i = 0; i < texts.size(); i++) {
        float[] row = shown.rows(i, i + 1).toFloatArray();
        for (int c = 0; multiLabel && c < row.length; c++) {
          row[c] = (float) (1 / (1 + Math.exp(-row[c])));
        }
        rows.add(row);
      }
      return rows;
    });
  }

  ClassificationFigures evaluate(LabelledTexts texts) {
    List<Prediction> predictions =
        classify(
                texts.examples().stream()
                    .map(example -> new TextClassifier.Text(example.text(), example.second()))
                    .toList())
            .predictions();
    return ClassificationFigures.of(
        labels,
        multiLabel,
        predictions,
        texts.examples().stream().map(LabelledTexts.Example::labels).toList());
  }
}
