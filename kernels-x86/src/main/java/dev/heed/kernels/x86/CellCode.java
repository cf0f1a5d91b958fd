package dev.heed.kernels.x86;

import dev.heed.tensor.Tensor;
import java.util.function.IntFunction;

/// The cells of recurrent layers, forward and backward: all that a step computes element by
/// element, in one pass over its rows.
///
/// @param kind which cell, and in which direction
/// @param width the width H of a state; the gates of a row stand beside each other
record CellCode(Kind kind, int width) {
  /// The argument block: the rows, then the addresses of the arrays.
  static final int ROWS = 0;

  static final int ARRAY = 1;

  /// A cell: how many gates it has, and which of its arrays have a number for each of them.
  enum Kind {
    LSTM(4, true, false, false, false),
    LSTM_BACKWARD(4, true, false, false, false, false, true),
    GRU(3, true, true, false, false),
    GRU_BACKWARD(3, true, true, false, false, true, true);

    private final int gates;
    private final boolean[] perGate;

    Kind(int gates, boolean... perGate) {
      this.gates = gates;
      this.perGate = perGate;
    }
  }

  /// Runs the kernel over all rows of the arrays, in tasks of about equal work.
  static void run(KernelCache kernels, Kind kind, Tensor... arrays) {
    int last = arrays.length - 1;
    long rows = arrays[last].shape().rows();
    int width = arrays[last].shape().width() / (kind.perGate[last] ? kind.gates : 1);
    CellCode code = new CellCode(kind, width);
    Kernel kernel = kernels.get(code, code::emit);
    Rows.forRows(
        rows,
        8L * width,
        (first, end) ->
            Rows.call(
                kernel,
                arguments -> {
                  arguments.set(ROWS, end - first);
                  for (int i = 0; i < arrays.length; i++) {
                    arguments.set(
                        ARRAY + i, arrays[i].memory().address() + first * code.rowBytes(i));
                  }
                }));
    Rows.keep(arrays);
  }

  private int rowBytes(int array) {
    return 4 * width * (kind.perGate[array] ? kind.gates : 1);
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Gpr rows = code.argument(ROWS);
    Gpr[] arrays = new Gpr[kind.perGate.length];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = code.argument(ARRAY + i);
    }
    Gpr columns = code.gpr();
    code.asm.mov(columns, width);
    code.countDown(
        rows,
        () -> {
          code.forVectors(
              columns,
              1,
              i -> {
                try (var _ = code.scope()) {
                  element(code, arrays);
                }
              });
          for (int i = 0; i < arrays.length; i++) {
            code.asm.add(arrays[i], rowBytes(i));
          }
        });
    return code.finish();
  }

  private void element(VectorCode code, Gpr[] arrays) {
    switch (kind) {
      case LSTM -> lstm(code, gate(code, arrays[0]), arrays);
      case LSTM_BACKWARD ->
          lstmBackward(code, gate(code, arrays[0]), gate(code, arrays[5]), arrays);
      case GRU -> gru(code, gate(code, arrays[0]), gate(code, arrays[1]), arrays);
      case GRU_BACKWARD ->
          gruBackward(
              code,
              gate(code, arrays[0]),
              gate(code, arrays[1]),
              gate(code, arrays[4]),
              gate(code, arrays[5]),
              arrays);
    }
  }

  /// Where a row has the numbers of each gate.
  private IntFunction<Address> gate(VectorCode code, Gpr row) {
    return gate -> code.at(row, 0, 4 * gate * width);
  }

  /// Arrays: gates, cells before, cells, states.
  private static void lstm(VectorCode code, IntFunction<Address> gates, Gpr[] arrays) {
    Vec[] gate = new Vec[4];
    for (int i = 0; i < gate.length; i++) {
      gate[i] = code.load(gates.apply(i));
      if (i == 2) {
        Functions.tanh(code, gate[i]);
      } else {
        Functions.sigmoid(code, gate[i]);
      }
      code.store(gates.apply(i), gate[i]);
    }
    Vec cell = code.load(code.at(arrays[1], 0));
    code.mul(cell, cell, gate[1]);
    code.addProduct(cell, gate[0], gate[2]);
    code.store(code.at(arrays[2], 0), cell);
    Functions.tanh(code, cell);
    code.mul(cell, cell, gate[3]);
    code.store(code.at(arrays[3], 0), cell);
  }

  /// Arrays: gates, cells before, cells, the states' gradient, the cells', the gates'.
  private static void lstmBackward(
      VectorCode code, IntFunction<Address> gates, IntFunction<Address> to, Gpr[] arrays) {
    Vec tanh = code.load(code.at(arrays[2], 0));
    Functions.tanh(code, tanh);
    Vec hidden = code.load(code.at(arrays[3], 0));
    Vec out = code.load(gates.apply(3));
    Vec product = code.vec();
    Vec slope = code.vec();
    code.mul(product, hidden, tanh);
    sigmoidSlope(code, slope, out);
    code.mul(product, product, slope);
    code.store(to.apply(3), product);
    Vec carried = code.load(code.at(arrays[4], 0));
    code.mul(hidden, hidden, out);
    tanhSlope(code, slope, tanh);
    code.addProduct(carried, hidden, slope);
    code.free(tanh, hidden, out);
    Vec forget = code.load(gates.apply(1));
    Vec before = code.load(code.at(arrays[1], 0));
    sigmoidSlope(code, slope, forget);
    code.mul(product, carried, before);
    code.mul(product, product, slope);
    code.store(to.apply(1), product);
    Vec in = code.load(gates.apply(0));
    Vec candidate = code.load(gates.apply(2));
    sigmoidSlope(code, slope, in);
    code.mul(product, carried, candidate);
    code.mul(product, product, slope);
    code.store(to.apply(0), product);
    tanhSlope(code, slope, candidate);
    code.mul(product, carried, in);
    code.mul(product, product, slope);
    code.store(to.apply(2), product);
    code.mul(carried, carried, forget);
    code.store(code.at(arrays[4], 0), carried);
  }

  /// Arrays: gates, the parts from the state, states before, states.
  private static void gru(
      VectorCode code, IntFunction<Address> gates, IntFunction<Address> parts, Gpr[] arrays) {
    Vec reset = code.load(gates.apply(0));
    Vec part = code.load(parts.apply(0));
    code.add(reset, reset, part);
    Functions.sigmoid(code, reset);
    code.store(gates.apply(0), reset);
    Vec update = code.load(gates.apply(1));
    code.load(part, parts.apply(1));
    code.add(update, update, part);
    Functions.sigmoid(code, update);
    code.store(gates.apply(1), update);
    Vec candidate = code.load(gates.apply(2));
    code.load(part, parts.apply(2));
    code.addProduct(candidate, reset, part);
    Functions.tanh(code, candidate);
    code.store(gates.apply(2), candidate);
    Vec state = code.load(code.at(arrays[2], 0));
    code.sub(state, state, candidate);
    code.addProduct(candidate, update, state);
    code.store(code.at(arrays[3], 0), candidate);
  }

  /// Arrays: gates, the parts from the state, states before, the states' gradient, the gates', the
  /// parts'.
  private static void gruBackward(
      VectorCode code,
      IntFunction<Address> gates,
      IntFunction<Address> parts,
      IntFunction<Address> to,
      IntFunction<Address> toParts,
      Gpr[] arrays) {
    Vec hidden = code.load(code.at(arrays[3], 0));
    Vec update = code.load(gates.apply(1));
    Vec candidate = code.load(gates.apply(2));
    Vec before = code.load(code.at(arrays[2], 0));
    Vec slope = code.vec();
    sigmoidSlope(code, slope, update);
    code.sub(before, before, candidate);
    code.mul(before, before, hidden);
    code.mul(before, before, slope);
    code.store(to.apply(1), before);
    code.store(toParts.apply(1), before);
    Vec kept = code.vec();
    code.mul(kept, hidden, update);
    code.store(code.at(arrays[3], 0), kept);
    code.sub(hidden, hidden, kept);
    tanhSlope(code, slope, candidate);
    code.mul(hidden, hidden, slope); // of the candidate from here on
    code.store(to.apply(2), hidden);
    Vec reset = code.load(gates.apply(0));
    code.mul(kept, hidden, reset);
    code.store(toParts.apply(2), kept);
    Vec part = code.load(parts.apply(2));
    sigmoidSlope(code, slope, reset);
    code.mul(part, part, hidden);
    code.mul(part, part, slope);
    code.store(to.apply(0), part);
    code.store(toParts.apply(0), part);
  }

  /// `slope = x − x²`, of the sigmoid from its value.
  private static void sigmoidSlope(VectorCode code, Vec slope, Vec x) {
    code.move(slope, x);
    code.subProduct(slope, x, x);
  }

  /// `slope = 1 − x²`, of the tangent from its value.
  private static void tanhSlope(VectorCode code, Vec slope, Vec x) {
    code.broadcastConstant(slope, 1);
    code.subProduct(slope, x, x);
  }
}
