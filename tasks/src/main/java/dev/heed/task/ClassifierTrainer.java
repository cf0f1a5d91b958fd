package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.LengthBuckets;
import dev.heed.data.TokenizedText;
import dev.heed.nn.Layer;
import dev.heed.task.TextClassifierTraining.Settings;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.AdamW;
import dev.heed.training.BestWeights;
import dev.heed.training.LearningRateSchedule;
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
  private final Settings settings;
  private final Layer model;
  private final List<String> labels;
  private final boolean multiLabel;
  private final Tokenizer tokenizer;
  private final Function<List<Sample>, Tensor> logits;
  private final @Nullable Function<TokenizedText.Packed, Tensor> features;
  private final @Nullable Path checkpoints;
  private final Trainer<List<Sample>> trainer;

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
      Settings settings,
      Layer model,
      List<String> labels,
      boolean multiLabel,
      Tokenizer tokenizer,
      Function<List<Sample>, Tensor> logits,
      @Nullable Function<TokenizedText.Packed, Tensor> features,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.model = model;
    this.labels = labels;
    this.multiLabel = multiLabel;
    this.tokenizer = tokenizer;
    this.logits = logits;
    this.features = features;
    this.checkpoints = checkpoints;
    Trainer.Configuration configuration =
        Trainer.Configuration.ofSteps(settings.steps(), settings.seed())
            .evaluatedEvery(settings.evaluateEvery());
    this.trainer =
        new Trainer<>(
            model,
            this::loss,
            new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.01)),
            LearningRateSchedule.linear(
                settings.learningRate(), Math.max(1, settings.steps() / 10), settings.steps(), 0),
            checkpoints == null
                ? configuration
                : configuration.savedTo(checkpoints, settings.evaluateEvery()));
  }

  /// Trains; at the end the model is as it was when it did best on `heldOut`.
  TextClassifierTraining.Outcome run(
      LabelledTexts learned, LabelledTexts heldOut, TrainingProgress progress) {
    List<Sample> samples = samples(learned);
    List<Sample> tried = samples(heldOut);
    BestWeights best = new BestWeights(model, checkpoints, progress);
    Trainer.History history =
        trainer.fit(
            LengthBuckets.shuffled(
                samples, Sample::length, settings.textsPerStep(), settings.seed()),
            LengthBuckets.sorted(tried, Sample::length, settings.textsPerStep()),
            best);
    if (history.finished()) {
      best.restore();
    }
    long cut = samples.stream().filter(sample -> sample.text.cut()).count();
    cut += tried.stream().filter(sample -> sample.text.cut()).count();
    return new TextClassifierTraining.Outcome(history, (int) cut);
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
