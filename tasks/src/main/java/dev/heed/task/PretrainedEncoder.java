package dev.heed.task;

import dev.heed.model.ModelDirectory;
import dev.heed.model.bert.Bert;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/// An encoder to train further.
///
/// @param encoder the encoder; frozen
/// @param tokenizer its tokenizer
record PretrainedEncoder(Bert encoder, Tokenizer tokenizer) {
  /// Opens the encoder of a directory; a head that it may have is left out.
  ///
  /// @param longest the most tokens of the texts that it will see
  /// @throws IllegalArgumentException if it is of another kind than BERT's, or takes fewer tokens
  static PretrainedEncoder open(Path directory, int longest) {
    if (!(ModelDirectory.openEncoder(directory) instanceof Bert encoder)) {
      throw new IllegalArgumentException(
          directory + " must hold an encoder of BERT's kind to train further");
    }
    if (longest > encoder.maximumLength()) {
      throw new IllegalArgumentException(
          "the model takes at most %d tokens: received texts of %d"
              .formatted(encoder.maximumLength(), longest));
    }
    try {
      return new PretrainedEncoder(encoder, Tokenizer.load(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
