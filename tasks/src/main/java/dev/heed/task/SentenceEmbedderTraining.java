package dev.heed.task;

import dev.heed.data.RatedPairs;
import dev.heed.data.TokenizedText;
import dev.heed.model.bert.Bert;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import dev.heed.training.Objective;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Trains an embedder further on pairs of texts. Pairs without scores mean alike, and each first
/// text has to find its second one among those of its batch; pairs with scores have to come in the
/// scores' order.
///
/// The state with the lowest loss on the held-out pairs is what comes out. [#run] may be stopped by
/// [#stop] from another thread, and where `checkpoints` is given, a later run goes on from there.
public final class SentenceEmbedderTraining {
  private final SentenceEmbedder embedder;
  private final Bert encoder;
  private final boolean scored;
  private final SampleTrainer<Sample> trainer;

  private record Sample(TokenizedText first, TokenizedText second, float score) {
    int length() {
      return first.length() + second.length();
    }
  }

  private SentenceEmbedderTraining(
      SentenceEmbedder embedder,
      Bert encoder,
      boolean scored,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    this.embedder = embedder;
    this.encoder = encoder;
    this.scored = scored;
    this.trainer = new SampleTrainer<>(settings, encoder, Sample::length, this::loss, checkpoints);
  }

  /// A training that goes on with an embedder, the whole of its encoder.
  ///
  /// @param directory of `sentence_transformers`, or any encoder of BERT's kind
  /// @param scored whether the pairs will have scores
  /// @param settings what is longer than `longest` or than the embedder takes is cut
  /// @param checkpoints where the state of the run is kept; null for nowhere
  /// @throws IllegalArgumentException if the encoder is of another kind
  public static SentenceEmbedderTraining from(
      Path directory, boolean scored, TextTrainingSettings settings, @Nullable Path checkpoints) {
    SentenceEmbedder embedder =
        SentenceEmbedder.load(directory).withMaximumLength(settings.longest());
    if (!(embedder.encoder() instanceof Bert encoder)) {
      throw new IllegalArgumentException(
          directory + " must hold an encoder of BERT's kind to train further");
    }
    encoder.setFrozen(false);
    return new SentenceEmbedderTraining(embedder, encoder, scored, settings, checkpoints);
  }

  /// The number of the parameters that learn.
  public long parameterCount() {
    return new LearningParameters(encoder).parameterCount();
  }

  /// The embedder as it is now.
  public SentenceEmbedder model() {
    return embedder;
  }

  /// Trains on `learned`; at the end the embedder is as it was when it did best on `heldOut`.
  public TrainingOutcome run(RatedPairs learned, RatedPairs heldOut, TrainingProgress progress) {
    List<Sample> samples = samples(learned);
    List<Sample> tried = samples(heldOut);
    var history = trainer.run(samples, tried, progress);
    List<Sample> all = new ArrayList<>(samples);
    all.addAll(tried);
    long cut = all.stream().mapToInt(s -> (s.first.cut() ? 1 : 0) + (s.second.cut() ? 1 : 0)).sum();
    return new TrainingOutcome(history, (int) cut);
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  private List<Sample> samples(RatedPairs pairs) {
    return pairs.pairs().stream()
        .map(pair ->
            new Sample(embedder.encode(pair.first()), embedder.encode(pair.second()), pair.score()))
        .toList();
  }

  private Objective.Loss loss(List<Sample> batch) {
    List<TokenizedText> texts = new ArrayList<>(batch.stream().map(Sample::first).toList());
    batch.forEach(sample -> texts.add(sample.second));
    Tensor vectors = embedder.compute(TokenizedText.pack(texts)); // (2B, W)
    int count = batch.size();
    Tensor a = rows(vectors, 0, count);
    Tensor b = rows(vectors, count, count);
    if (!scored) {
      return new Objective.Loss(EmbeddingLosses.multipleNegativesRanking(a, b), count);
    }
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = batch.get(i).score;
    }
    Tensor loss = EmbeddingLosses.cosineSentences(a, b, scores); // one of the whole batch
    return new Objective.Loss(Operations.scale(loss, count), count);
  }

  private static Tensor rows(Tensor x, int from, int count) {
    return Operations.selectRows(
        x, Tensor.of(IntStream.range(from, from + count).toArray(), count));
  }
}
