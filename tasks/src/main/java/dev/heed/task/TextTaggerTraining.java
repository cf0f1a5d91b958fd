package dev.heed.task;

import dev.heed.data.TaggedTexts;
import dev.heed.data.TokenizedText;
import dev.heed.model.Lora;
import dev.heed.model.bert.TokenClassifier;
import dev.heed.nn.Initializer;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.training.Objective;
import dev.heed.training.Trainer;
import dev.heed.training.TrainingProgress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Trains a tagger: from nothing, or from a pretrained encoder.
///
/// The state with the lowest loss on the held-out sentences is what comes out. [#run] may be
/// stopped by [#stop] from another thread, and where `checkpoints` is given, a later run goes on
/// from there.
public final class TextTaggerTraining {
  private final TextTrainingSettings settings;
  private final TokenClassifier model;
  private final @Nullable Lora lora;
  private final Tokenizer tokenizer;
  private final SampleTrainer<TaggedInput> trainer;

  private TextTaggerTraining(
      TextTrainingSettings settings,
      TokenClassifier model,
      @Nullable Lora lora,
      Tokenizer tokenizer,
      @Nullable Path checkpoints) {
    this.settings = settings;
    this.model = model;
    this.lora = lora;
    this.tokenizer = tokenizer.withTruncation(null);
    this.trainer =
        new SampleTrainer<>(settings, model, TaggedInput::length, this::loss, checkpoints);
  }

  /// A training of a new, small BERT with a WordPiece vocabulary learned from the sentences.
  ///
  /// @param labels all labels that there may be
  public static TextTaggerTraining ofNewModel(
      List<String> labels, TaggedTexts texts, TextTrainingSettings settings) {
    EncoderArchitecture architecture = EncoderArchitecture.small();
    return ofNewModel(architecture, vocabulary(texts, architecture), labels, settings, null);
  }

  /// The same with a model and tokenizer of one's choice.
  ///
  /// @param checkpoints where the state of the run is kept; null for nowhere
  public static TextTaggerTraining ofNewModel(
      EncoderArchitecture architecture,
      Tokenizer tokenizer,
      List<String> labels,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    Initializer initializer = Initializer.seeded(settings.seed());
    var encoder =
        architecture.newEncoder(tokenizer.vocabularySize(), settings.longest(), initializer);
    TokenClassifier model = new TokenClassifier(encoder, labels, initializer);
    EncoderArchitecture.widen(model, initializer);
    return new TextTaggerTraining(settings, model, null, tokenizer, checkpoints);
  }

  /// A WordPiece tokenizer learned from the sentences.
  public static Tokenizer vocabulary(TaggedTexts texts, EncoderArchitecture architecture) {
    return architecture.tokenizer(
        texts.sentences().stream().map(one -> String.join(" ", one.words())).toList());
  }

  /// A training that goes on with a pretrained encoder.
  ///
  /// @param encoder the encoder's directory; a head that it may have is left out
  /// @param adaptation how much of it learns, beside the new head
  /// @throws IllegalArgumentException if the texts may be longer than the encoder's longest
  public static TextTaggerTraining from(
      Path encoder,
      Adaptation adaptation,
      List<String> labels,
      TextTrainingSettings settings,
      @Nullable Path checkpoints) {
    PretrainedEncoder pretrained = PretrainedEncoder.open(encoder, settings.longest());
    TokenClassifier model =
        new TokenClassifier(pretrained.encoder(), labels, Initializer.seeded(settings.seed()));
    Lora lora = adaptation.prepare(model, model.encoder(), "TOKEN_CLS", settings.seed());
    return new TextTaggerTraining(settings, model, lora, pretrained.tokenizer(), checkpoints);
  }

  /// The number of the parameters that learn.
  public long parameterCount() {
    return new LearningParameters(model).parameterCount();
  }

  /// The model as it is now.
  public TextTagger model() {
    return new TextTagger(
        model,
        lora,
        tokenizer.withConfig(tokenizer.config().withMaxLength(settings.longest())),
        settings.longest());
  }

  /// Trains on `learned`; at the end the model is as it was when it did best on `heldOut`.
  public Trainer.History run(TaggedTexts learned, TaggedTexts heldOut, TrainingProgress progress) {
    return trainer.run(samples(learned), samples(heldOut), progress);
  }

  /// Ends [#run] after the step that runs now. Any thread may call this.
  public void stop() {
    trainer.stop();
  }

  private List<TaggedInput> samples(TaggedTexts texts) {
    List<TaggedInput> samples = new ArrayList<>();
    for (TaggedTexts.Sentence sentence : texts.sentences()) {
      samples.addAll(TaggedInput.of(tokenizer, sentence, model.labels(), settings.longest()));
    }
    return samples;
  }

  private Objective.Loss loss(List<TaggedInput> batch) {
    var packed = TokenizedText.pack(batch.stream().map(TaggedInput::text).toList());
    int[] targets =
        batch.stream()
            .flatMapToInt(each -> IntStream.of(Objects.requireNonNull(each.targets())))
            .toArray();
    Tensor logits = model.logits(packed.ids(), packed.sequences(), packed.types()); // (N, C)
    Tensor sum = FusedOperations.crossEntropy(logits, Tensor.of(targets, targets.length), 0);
    long counted = IntStream.of(targets).filter(target -> target >= 0).count();
    return new Objective.Loss(sum, Math.toIntExact(counted));
  }
}
