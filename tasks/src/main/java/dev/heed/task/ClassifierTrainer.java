package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.TokenizedText;
import dev.heed.nn.Layer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.Objective;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Trains any model that gives a logit for each label of a text.
final class ClassifierTrainer {
  private final List<String> labels;
  private final boolean multiLabel;
  private final Tokenizer tokenizer;
  private final Function<List<Sample>, Tensor> logits;
  private final @Nullable Function<TokenizedText.Packed, Tensor> features;
  private final SampleTrainer<Sample> trainer;

  /// A text to learn from.
  ///
  /// @param targets the number of its label, or for several a 0 or 1 for each label
  /// @param features what is known of the text and does not change; null where there is no such
  record Sample(TokenizedText text, int[] targets, float @Nullable [] features) {
    int length() {
      return text.length();
    }
  }

  /// @param logits texts → a logit for each label of each text [B, C]
  /// @param features texts → what is known of each and does not change [B, W]; null for nothing
  ClassifierTrainer(
      TextTrainingSettings settings,
      Layer model,
      List<String> labels,
      boolean multiLabel,
      Tokenizer tokenizer,
      Function<List<Sample>, Tensor> logits,
      @Nullable Function<TokenizedText.Packed, Tensor> features,
      @Nullable Path checkpoints) {
    this.labels = labels;
    this.multiLabel = multiLabel;
    this.tokenizer = tokenizer;
    this.logits = logits;
    this.features = features;
    this.trainer = new SampleTrainer<>(settings, model, Sample::length, this::loss, checkpoints);
  }

  /// Trains; at the end the model is as it was when it did best on `heldOut`.
  TrainingOutcome run(LabelledTexts learned, LabelledTexts heldOut, TrainingProgress progress) {
    List<Sample> samples = samples(learned);
    List<Sample> tried = samples(heldOut);
    Trainer.History history = trainer.run(samples, tried, progress);
    long cut = samples.stream().filter(sample -> sample.text.cut()).count();
    cut += tried.stream().filter(sample -> sample.text.cut()).count();
    return new TrainingOutcome(history, (int) cut);
  }

  void stop() {
    trainer.stop();
  }

  private List<Sample> samples(LabelledTexts texts) {
    List<TokenizedText> encoded =
        texts.examples().stream()
            .map(example -> TokenizedText.of(tokenizer, example.text(), example.second()))
            .toList();
    List<float[]> known =
        features == null ? List.of() : EncodedBatch.rows(encoded, features, done -> {});
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < encoded.size(); i++) {
      LabelledTexts.Example example = texts.examples().get(i);
      int[] targets =
          multiLabel
              ? labels.stream().mapToInt(each -> example.labels().contains(each) ? 1 : 0).toArray()
              : new int[] {labels.indexOf(example.label())};
      samples.add(new Sample(encoded.get(i), targets, features == null ? null : known.get(i)));
    }
    return samples;
  }

  private Objective.Loss loss(List<Sample> batch) {
    Tensor all = logits.apply(batch); // (B, C)
    int[] targets = batch.stream().flatMapToInt(each -> Arrays.stream(each.targets)).toArray();
    if (multiLabel) {
      // The sigmoid of x is the softmax of (0, x): each logit is a choice of two of its own.
      all =
          Operations.matmul(
              Operations.reshape(all, targets.length, 1),
              Tensor.of(new float[] {0, 1}, 1, 2)); // (B·C, 2)
    }
    Tensor sum = FusedOperations.crossEntropy(all, Tensor.of(targets, targets.length), 0);
    return new Objective.Loss(sum, targets.length);
  }
}
