package dev.heed.nn.recurrent;

import dev.heed.nn.Layer;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;

/// Two recurrent layers, of which one reads each text from the end.
///
/// Source: Schuster and Paliwal 1997; PyTorch's `bidirectional=True`.
public final class Bidirectional extends Layer {
  private final Recurrent forward;
  private final Recurrent backward;

  /// Both layers have weights of their own.
  public Bidirectional(Recurrent forward, Recurrent backward) {
    this.forward = layer("forward", forward);
    this.backward = layer("backward", backward);
  }

  /// The width of what it gives: both states'.
  public int width() {
    return forward.width() + backward.width();
  }

  /// The states after each token, from both sides: x [N, I] → [N, 2·H].
  public Tensor apply(Tensor x, Sequences sequences) {
    int count = sequences.count();
    return Operations.sideBySide(
        forward.apply(x, sequences),
        backward.readReversed(x, sequences, backward.begin(count, x.dtype())).states());
  }

  /// The states after each text's last token, from both sides: x [N, I] → [B, 2·H].
  public Tensor last(Tensor x, Sequences sequences) {
    int count = sequences.count();
    return Operations.sideBySide(
        forward.read(x, sequences, forward.begin(count, x.dtype())).last().hidden(),
        backward.readReversed(x, sequences, backward.begin(count, x.dtype())).last().hidden());
  }
}
