package dev.heed.task;

import dev.heed.model.bert.Bert;
import dev.heed.model.bert.BertConfiguration;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.WordPieceTrainer;
import dev.heed.training.TrainingMemory;
import java.util.regex.Pattern;

/// How a new encoder of BERT's kind looks.
///
/// @param vocabulary the most tokens that are learned from the texts
/// @param width the model width
/// @param layers the number of blocks
/// @param heads the number of attention heads
/// @param dropout the share dropped in training
public record EncoderArchitecture(
    int vocabulary, int width, int layers, int heads, double dropout) {
  private static final Pattern EMBEDDINGS =
      Pattern.compile("encoder\\.(embedding|positions|types)\\..*");

  /// What suits some thousand texts.
  public static EncoderArchitecture small() {
    return new EncoderArchitecture(8192, 128, 2, 4, 0.2);
  }

  /// A WordPiece tokenizer learned from texts.
  public Tokenizer tokenizer(Iterable<String> texts) {
    return WordPieceTrainer.of(vocabulary).train(texts);
  }

  /// A new encoder with a pooler.
  ///
  /// @param tokens the number of the tokenizer's tokens
  /// @param longest the most tokens of a text
  /// @throws IllegalStateException if its training would need more memory than there is
  Bert newEncoder(int tokens, int longest, Initializer initializer) {
    BlockConfiguration block =
        new BlockConfiguration(
            width, heads, 4 * width, Activation.GELU, false, dropout, dropout, 1e-12);
    BertConfiguration shape = BertConfiguration.bert(tokens, longest, 2, layers, block);
    TrainingMemory.requireRoomFor(new Bert(shape, true, Initializer.beforeLoading()));
    return new Bert(shape, true, initializer);
  }

  /// Draws the matrices of a model on such an encoder once more: BERT's deviation of 0.02 suits
  /// rows of 768, narrow ones would hardly see each other at first.
  static void widen(Layer model, Initializer initializer) {
    model
        .parameters()
        .forEach((name, weight) -> {
          if (weight.shape().rank() == 2 && !EMBEDDINGS.matcher(name).matches()) {
            weight.copyFrom(
                initializer.glorotUniform(weight.shape().dimension(0), weight.shape().width()));
          }
        });
  }
}
