package dev.heed.tensor;

import static dev.heed.tensor.ReferenceActivations.value;

/// The cells of recurrent layers in double precision, and their gradients.
final class ReferenceCells {
  private ReferenceCells() {}

  static void lstm(Tensor gates, Tensor cellsBefore, Tensor cells, Tensor states) {
    Elements gate = Elements.of(gates);
    Elements before = Elements.of(cellsBefore);
    Elements cell = Elements.of(cells);
    Elements state = Elements.of(states);
    forElements(
        cells,
        4,
        (at, i, f, g, o) -> {
          double in = put(gate, i, value(Activation.SIGMOID, gate.get(i)));
          double forget = put(gate, f, value(Activation.SIGMOID, gate.get(f)));
          double candidate = put(gate, g, value(Activation.TANH, gate.get(g)));
          double out = put(gate, o, value(Activation.SIGMOID, gate.get(o)));
          double now = put(cell, at, forget * before.get(at) + in * candidate);
          state.set(at, out * StrictMath.tanh(now));
        });
  }

  static void lstmBackward(
      Tensor gates,
      Tensor cellsBefore,
      Tensor cells,
      Tensor stateGradient,
      Tensor cellGradient,
      Tensor gateGradients) {
    Elements gate = Elements.of(gates);
    Elements before = Elements.of(cellsBefore);
    Elements cell = Elements.of(cells);
    Elements hidden = Elements.of(stateGradient);
    Elements carried = Elements.of(cellGradient);
    Elements to = Elements.of(gateGradients);
    forElements(
        cells,
        4,
        (at, i, f, g, o) -> {
          double tanh = StrictMath.tanh(cell.get(at));
          double out = gate.get(o);
          double now = carried.get(at) + hidden.get(at) * out * (1 - tanh * tanh);
          to.set(o, hidden.get(at) * tanh * out * (1 - out));
          to.set(f, now * before.get(at) * gate.get(f) * (1 - gate.get(f)));
          to.set(i, now * gate.get(g) * gate.get(i) * (1 - gate.get(i)));
          to.set(g, now * gate.get(i) * (1 - gate.get(g) * gate.get(g)));
          carried.set(at, now * gate.get(f));
        });
  }

  static void gru(Tensor gates, Tensor stateParts, Tensor statesBefore, Tensor states) {
    Elements gate = Elements.of(gates);
    Elements part = Elements.of(stateParts);
    Elements before = Elements.of(statesBefore);
    Elements state = Elements.of(states);
    forElements(
        states,
        3,
        (at, r, z, n, none) -> {
          double reset = put(gate, r, value(Activation.SIGMOID, gate.get(r) + part.get(r)));
          double update = put(gate, z, value(Activation.SIGMOID, gate.get(z) + part.get(z)));
          double candidate = put(gate, n, StrictMath.tanh(gate.get(n) + reset * part.get(n)));
          state.set(at, candidate + update * (before.get(at) - candidate));
        });
  }

  static void gruBackward(
      Tensor gates,
      Tensor stateParts,
      Tensor statesBefore,
      Tensor stateGradient,
      Tensor gateGradients,
      Tensor partGradients) {
    Elements gate = Elements.of(gates);
    Elements part = Elements.of(stateParts);
    Elements before = Elements.of(statesBefore);
    Elements hidden = Elements.of(stateGradient);
    Elements to = Elements.of(gateGradients);
    Elements toParts = Elements.of(partGradients);
    forElements(
        statesBefore,
        3,
        (at, r, z, n, none) -> {
          double slope = hidden.get(at);
          double reset = gate.get(r);
          double update = gate.get(z);
          double candidate = gate.get(n);
          double ofCandidate = slope * (1 - update) * (1 - candidate * candidate);
          double ofUpdate = slope * (before.get(at) - candidate) * update * (1 - update);
          double ofReset = ofCandidate * part.get(n) * reset * (1 - reset);
          to.set(r, ofReset);
          to.set(z, ofUpdate);
          to.set(n, ofCandidate);
          toParts.set(r, ofReset);
          toParts.set(z, ofUpdate);
          toParts.set(n, ofCandidate * reset);
          hidden.set(at, slope * update);
        });
  }

  /// The element of a state, and those of its gates; the fourth is out of use where there are
  /// three.
  private interface Body {
    void run(long at, long first, long second, long third, long fourth);
  }

  private static void forElements(Tensor states, int gates, Body body) {
    int width = states.shape().width();
    for (int row = 0; row < states.shape().rows(); row++) {
      for (int column = 0; column < width; column++) {
        long first = (long) row * gates * width + column;
        long at = (long) row * width + column;
        body.run(at, first, first + width, first + 2L * width, first + 3L * width);
      }
    }
  }

  private static double put(Elements elements, long at, double value) {
    elements.set(at, value);
    return value;
  }
}
