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
    return read(x, sequences).states();
  }

  /// The states after each token [N, 2·H], and after each text's last one [B, 2·H], which for the
  /// layer that reads from the end is its first: x [N, I].
  public Recurrent.Reading read(Tensor x, Sequences sequences) {
    int count = sequences.count();
    Recurrent.Reading there = forward.read(x, sequences, forward.begin(count, x.dtype()));
    Recurrent.Reading back = backward.readReversed(x, sequences, backward.begin(count, x.dtype()));
    return new Recurrent.Reading(
        Operations.sideBySide(there.states(), back.states()),
        new Recurrent.State(
            Operations.sideBySide(there.last().hidden(), back.last().hidden()),
            Operations.sideBySide(there.last().memory(), back.last().memory())));
  }
}
