package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.TokenizedText;
import dev.heed.tensor.Activation;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
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
  TextClassifier.Predictions classify(List<TextClassifier.Text> texts) {
    List<TokenizedText> encoded =
        texts.stream()
            .map(text -> TokenizedText.of(tokenizer, text.text(), text.second()))
            .toList();
    List<Prediction> predictions =
        EncodedBatch.rows(encoded, this::probabilities, done -> {}).stream()
            .map(row -> Prediction.of(labels, row, multiLabel))
            .toList();
    int cut = (int) encoded.stream().filter(TokenizedText::cut).count();
    return new TextClassifier.Predictions(predictions, cut);
  }

  private Tensor probabilities(TokenizedText.Packed texts) {
    Tensor all = logits.apply(texts);
    return multiLabel ? Operations.activation(Activation.SIGMOID, all) : Operations.softmax(all);
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
