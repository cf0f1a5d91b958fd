package dev.heed.kernels.vector;

import dev.heed.tensor.Activation;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// The cells of recurrent layers, row by row, by the loops of [Elementwise] and [Activations].
final class Cells {
  private Cells() {}

  static void lstm(Tensor gates, Tensor cellsBefore, Tensor cells, Tensor states) {
    MemorySegment gate = gates.memory();
    MemorySegment before = cellsBefore.memory();
    MemorySegment cell = cells.memory();
    MemorySegment state = states.memory();
    int width = cells.shape().width();
    long next = 4L * width;
    forRows(
        cells,
        (at, t) -> {
          long in = 4 * at;
          long forget = in + next;
          long candidate = forget + next;
          long out = candidate + next;
          Activations.value(Activation.SIGMOID, gate, in, gate, in, 2 * width);
          Activations.value(Activation.TANH, gate, candidate, gate, candidate, width);
          Activations.value(Activation.SIGMOID, gate, out, gate, out, width);
          Elementwise.multiply(gate, forget, before, at, cell, at, width);
          Elementwise.multiply(gate, in, gate, candidate, t, 0, width);
          Elementwise.add(cell, at, t, 0, 1, cell, at, width);
          Activations.value(Activation.TANH, cell, at, t, 0, width);
          Elementwise.multiply(gate, out, t, 0, state, at, width);
        });
  }

  static void lstmBackward(
      Tensor gates,
      Tensor cellsBefore,
      Tensor cells,
      Tensor stateGradient,
      Tensor cellGradient,
      Tensor gateGradients) {
    MemorySegment gate = gates.memory();
    MemorySegment before = cellsBefore.memory();
    MemorySegment cell = cells.memory();
    MemorySegment hidden = stateGradient.memory();
    MemorySegment carried = cellGradient.memory();
    MemorySegment to = gateGradients.memory();
    int width = cells.shape().width();
    long next = 4L * width;
    forRows(
        cells,
        (at, t) -> {
          long in = 4 * at;
          long forget = in + next;
          long candidate = forget + next;
          long out = candidate + next;
          Activations.value(Activation.TANH, cell, at, t, 0, width);
          Elementwise.multiply(hidden, at, t, 0, to, out, width);
          timesSigmoidSlope(gate, out, to, t, next, width);
          timesTanhSlope(hidden, at, t, 0, t, 0, t, next, width);
          Elementwise.multiply(t, 0, gate, out, t, 0, width);
          Elementwise.add(carried, at, t, 0, 1, carried, at, width);
          Elementwise.multiply(carried, at, before, at, to, forget, width);
          timesSigmoidSlope(gate, forget, to, t, next, width);
          Elementwise.multiply(carried, at, gate, candidate, to, in, width);
          timesSigmoidSlope(gate, in, to, t, next, width);
          Elementwise.multiply(carried, at, gate, in, to, candidate, width);
          timesTanhSlope(to, candidate, gate, candidate, to, candidate, t, next, width);
          Elementwise.multiply(carried, at, gate, forget, carried, at, width);
        });
  }

  static void gru(Tensor gates, Tensor stateParts, Tensor statesBefore, Tensor states) {
    MemorySegment gate = gates.memory();
    MemorySegment part = stateParts.memory();
    MemorySegment before = statesBefore.memory();
    MemorySegment state = states.memory();
    int width = states.shape().width();
    long next = 4L * width;
    forRows(
        states,
        (at, t) -> {
          long reset = 3 * at;
          long update = reset + next;
          long candidate = update + next;
          Elementwise.add(gate, reset, part, reset, 1, gate, reset, 2 * width);
          Activations.value(Activation.SIGMOID, gate, reset, gate, reset, 2 * width);
          Elementwise.multiply(gate, reset, part, candidate, t, 0, width);
          Elementwise.add(gate, candidate, t, 0, 1, gate, candidate, width);
          Activations.value(Activation.TANH, gate, candidate, gate, candidate, width);
          Elementwise.add(before, at, gate, candidate, -1, t, 0, width);
          Elementwise.multiply(gate, update, t, 0, t, 0, width);
          Elementwise.add(gate, candidate, t, 0, 1, state, at, width);
        });
  }

  static void gruBackward(
      Tensor gates,
      Tensor stateParts,
      Tensor statesBefore,
      Tensor stateGradient,
      Tensor gateGradients,
      Tensor partGradients) {
    MemorySegment gate = gates.memory();
    MemorySegment part = stateParts.memory();
    MemorySegment before = statesBefore.memory();
    MemorySegment hidden = stateGradient.memory();
    MemorySegment to = gateGradients.memory();
    MemorySegment toParts = partGradients.memory();
    int width = statesBefore.shape().width();
    long next = 4L * width;
    forRows(
        statesBefore,
        (at, t) -> {
          long reset = 3 * at;
          long update = reset + next;
          long candidate = update + next;
          Elementwise.add(before, at, gate, candidate, -1, to, update, width);
          Elementwise.multiply(to, update, hidden, at, to, update, width);
          timesSigmoidSlope(gate, update, to, t, next, width);
          Elementwise.multiply(hidden, at, gate, update, t, 0, width);
          Elementwise.add(hidden, at, t, 0, -1, to, candidate, width);
          MemorySegment.copy(t, 0, hidden, at, next);
          timesTanhSlope(to, candidate, gate, candidate, to, candidate, t, next, width);
          Elementwise.multiply(to, candidate, part, candidate, to, reset, width);
          timesSigmoidSlope(gate, reset, to, t, next, width);
          MemorySegment.copy(to, reset, toParts, reset, 2 * next);
          Elementwise.multiply(to, candidate, gate, reset, toParts, candidate, width);
        });
  }

  /// gradient · (x − x²) at the same place, by way of `t` from `free` on.
  private static void timesSigmoidSlope(
      MemorySegment x, long at, MemorySegment gradient, MemorySegment t, long free, int width) {
    Elementwise.multiply(x, at, x, at, t, free, width);
    Elementwise.add(x, at, t, free, -1, t, free, width);
    Elementwise.multiply(gradient, at, t, free, gradient, at, width);
  }

  /// out = gradient · (1 − x²), by way of `t` from `free` on.
  private static void timesTanhSlope(
      MemorySegment gradient,
      long gradientAt,
      MemorySegment x,
      long at,
      MemorySegment out,
      long to,
      MemorySegment t,
      long free,
      int width) {
    Elementwise.multiply(x, at, x, at, t, free, width);
    Elementwise.multiply(t, free, gradient, gradientAt, t, free, width);
    Elementwise.add(gradient, gradientAt, t, free, -1, out, to, width);
  }

  /// A row of the states, from byte `at` of them on, with room for two rows at `t`.
  private interface Row {
    void run(long at, MemorySegment t);
  }

  private static void forRows(Tensor states, Row body) {
    int width = states.shape().width();
    Rows.forRows(
        states.shape().rows(),
        8L * width,
        (first, end) -> {
          try (Scratch scratch = Scratch.take(2L * width)) {
            for (long row = first; row < end; row++) {
              body.run(4 * row * width, scratch.memory());
            }
          }
        });
  }
}
