package dev.heed.task;

import dev.heed.model.CausalModel;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.TextEncoder;
import dev.heed.model.bert.Bert;
import dev.heed.model.bert.EncoderHead;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.nn.Layer;
import dev.heed.nn.Trace;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.weights.StoredTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/// Everything that a model computes for one text, under Hugging Face's output names and without a
/// batch dimension: `input_ids` [T], `hidden_states.0` … `.L` [T, D] (0 is the embedding),
/// `attentions.0` … `.L−1` [H, T, T], `last_hidden_state` [T, D], and, where the model has it,
/// `logits` [T, V] (or [labels], or [T, labels]), `pooler_output` [D] and `sentence_embedding` [D].
public final class ModelTrace {
  private final Path directory;
  private final Layer model;

  private ModelTrace(Path directory, Layer model) {
    this.directory = directory;
    this.model = model;
  }

  /// Opens the model in a directory.
  ///
  /// @throws ModelException if its architecture is not known, or the files do not fit together
  public static ModelTrace open(Path directory) {
    return new ModelTrace(directory, ModelDirectory.open(directory, Layer.class));
  }

  /// The most tokens of a text.
  public int maximumLength() {
    return switch (model) {
      case CausalModel causal -> causal.maximumLength();
      case TextEncoder encoder -> encoder.maximumLength();
      case EncoderHead head -> head.encoder().maximumLength();
      default -> throw unknown();
    };
  }

  /// The number of tokens V.
  public int vocabulary() {
    return switch (model) {
      case CausalModel causal -> causal.vocabulary();
      case TextEncoder encoder -> encoder.vocabulary();
      case EncoderHead head -> head.encoder().vocabulary();
      default -> throw unknown();
    };
  }

  /// Runs the model on these token ids.
  public List<StoredTensor> of(int... ids) {
    Tensor input = Tensor.of(ids, ids.length);
    Sequences one = Sequences.ofLengths(ids.length);
    List<StoredTensor> all = new ArrayList<>();
    all.add(
        StoredTensor.of(
            "input_ids", Shape.of(ids.length), Arrays.stream(ids).asLongStream().toArray()));
    switch (model) {
      case CausalModel causal -> {
        Tensor last = traced(() -> causal.apply(input, one), all);
        all.add(stored("logits", Tensor.noGrad(() -> causal.logits(last))));
      }
      case TextEncoder encoder -> {
        Tensor last = traced(() -> encoder.apply(input, one), all);
        if (encoder instanceof Bert bert && bert.hasPooler()) {
          Tensor pooled = Tensor.noGrad(() -> bert.pooled(last, one));
          all.add(stored("pooler_output", pooled.withShape(Shape.of(pooled.shape().width()))));
        }
        if (Files.exists(directory.resolve("modules.json"))) {
          float[] embedding = SentenceEmbedder.load(directory).embed(ids);
          all.add(StoredTensor.of("sentence_embedding", Shape.of(embedding.length), embedding));
        }
      }
      case EncoderHead head -> {
        Tensor last = traced(() -> head.encoder().apply(input, one), all);
        Tensor logits = Tensor.noGrad(() -> head.logits(last, one));
        boolean ofText = head instanceof SequenceClassifier;
        all.add(
            stored("logits", ofText ? logits.withShape(Shape.of(logits.shape().width())) : logits));
      }
      default -> throw unknown();
    }
    return all;
  }

  private static Tensor traced(Supplier<Tensor> body, List<StoredTensor> all) {
    Trace.Traced<Tensor> traced = Trace.of(body);
    traced.values().forEach((name, value) -> all.add(stored(name, value)));
    all.add(stored("last_hidden_state", traced.result()));
    return traced.result();
  }

  private static StoredTensor stored(String name, Tensor value) {
    return StoredTensor.of(name, value.shape(), value.toFloatArray());
  }

  private ModelException unknown() {
    return new ModelException(
        directory + ": expected a language model or an encoder: received " + model.getClass());
  }
}
