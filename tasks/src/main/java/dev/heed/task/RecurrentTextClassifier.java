package dev.heed.task;

import dev.heed.data.LabelledTexts;
import dev.heed.data.TokenizedText;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.embedding.TokenEmbedding;
import dev.heed.nn.head.Pooling;
import dev.heed.nn.recurrent.Bidirectional;
import dev.heed.nn.recurrent.Gru;
import dev.heed.nn.recurrent.Lstm;
import dev.heed.nn.recurrent.Recurrent;
import dev.heed.nn.recurrent.Rnn;
import dev.heed.task.ClassifierTrainer.Sample;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A classifier as there were before the Transformer: token embeddings, a recurrent layer that
/// reads the text from both ends, the largest of each number over the text, and a linear layer.
///
/// Source: Chollet, *Deep Learning with Python*, chapter 11, whose masking is here the ragged
/// batch; Conneau et al. 2017 for the maximum over the text.
public final class RecurrentTextClassifier {
  private final Network network;
  private final TextTrainingSettings settings;
  private final ClassifierTrainer trainer;
  private final BatchClassifier classifier;

  /// Which recurrent layer reads.
  public enum Kind {
    RNN,
    GRU,
    LSTM;

    private Recurrent layer(int in, int width, Initializer initializer) {
      return switch (this) {
        case RNN -> new Rnn(in, width, initializer);
        case GRU -> new Gru(in, width, initializer);
        case LSTM -> new Lstm(in, width, initializer);
      };
    }
  }

  private static final class Network extends Layer {
    private final TokenEmbedding embedding;
    private final Bidirectional reader;
    private final Linear output;
    private final double dropout;

    Network(
        Kind kind, int vocabulary, int width, int labels, double dropout, Initializer initializer) {
      this.embedding =
          layer("embedding", new TokenEmbedding(vocabulary, width, 1, false, initializer));
      int half = width / 2;
      this.reader =
          layer(
              "reader",
              new Bidirectional(
                  kind.layer(width, half, initializer), kind.layer(width, half, initializer)));
      this.output = layer("output", new Linear(2 * half, labels, true, initializer));
      this.dropout = dropout;
    }

    Tensor logits(TokenizedText.Packed texts) {
      Tensor x = TrainingMode.dropout(embedding.apply(texts.ids()), dropout); // (N, D)
      Tensor read = reader.apply(x, texts.sequences());
      Tensor pooled = Pooling.MAX.apply(read, texts.sequences()); // (B, D)
      return output.apply(TrainingMode.dropout(pooled, dropout));
    }
  }

  /// A new classifier for the labels of `texts`.
  ///
  /// @param tokenizer what its tokens are
  /// @param width of the embeddings and of both states together
  /// @param checkpoints where the state of the training is kept; null for nowhere
  public RecurrentTextClassifier(
      Kind kind,
      int width,
      double dropout,
      Tokenizer tokenizer,
      LabelledTexts texts,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    List<String> labels = texts.labels();
    Tokenizer cutting = tokenizer.withTruncation(Truncation.to(settings.longest()));
    this.settings = settings;
    this.network =
        new Network(
            kind,
            tokenizer.vocabularySize(),
            width,
            labels.size(),
            dropout,
            Initializer.seeded(settings.seed()));
    this.trainer =
        new ClassifierTrainer(
            settings,
            network,
            labels,
            texts.multiLabel(),
            cutting,
            batch -> network.logits(TokenizedText.pack(batch.stream().map(Sample::text).toList())),
            null,
            checkpoints);
    this.classifier = new BatchClassifier(labels, texts.multiLabel(), cutting, network::logits);
  }

  /// How long and how it learns.
  public TextTrainingSettings settings() {
    return settings;
  }

  /// The number of parameters.
  public long parameterCount() {
    return network.parameterCount();
  }

  /// Trains on `learned`, from the last checkpoint on if there is one; at the end it is as it was
  /// when it did best on `heldOut`.
  public TrainingOutcome train(
      LabelledTexts learned, LabelledTexts heldOut, TrainingProgress progress) {
    return trainer.run(learned, heldOut, progress);
  }

  /// Ends [#train] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  /// What it says of a text.
  public Prediction classify(String text) {
    return classifier
        .classify(List.of(new TextClassifier.Text(text, null)))
        .predictions()
        .getFirst();
  }

  /// How good it is on labelled texts.
  public ClassificationFigures evaluate(LabelledTexts texts) {
    return classifier.evaluate(texts);
  }
}
