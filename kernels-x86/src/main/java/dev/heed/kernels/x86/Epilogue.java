package dev.heed.kernels.x86;

import dev.heed.tensor.Activation;
import java.util.List;

/// What happens to a product while it is still in the cache: out = activation(product + bias) +
/// residual. Addresses are 0 for what is absent.
///
/// @param activation applied to each element
/// @param bias one row, added to each row
/// @param residual a matrix as wide as the product, without gaps
/// @param before receives the values before the activation, a matrix as wide as the product
record Epilogue(Activation activation, long bias, long residual, long before) {
  /// Whether there is anything to do.
  boolean isEmpty() {
    return activation == Activation.NONE && bias == 0 && residual == 0 && before == 0;
  }

  /// Whether bias and residual are all of it.
  boolean isLinear() {
    return activation == Activation.NONE && before == 0;
  }

  private MapCode code() {
    String name = "epilogue " + activation + (bias != 0) + (residual != 0) + (before != 0);
    int inputs = 1 + (bias != 0 ? 1 : 0) + (residual != 0 ? 1 : 0);
    return new MapCode(name, inputs, before != 0 ? 2 : 1, 0);
  }

  private List<Vec> emit(VectorCode code, Vec[] in) {
    Vec x = in[0];
    if (bias != 0) {
      code.add(x, x, in[1]);
    }
    Vec stored = x;
    if (before != 0) {
      stored = code.vec();
      code.move(stored, x);
    }
    Activations.value(code, activation, x);
    if (residual != 0) {
      code.add(x, x, in[in.length - 1]);
    }
    return before != 0 ? List.of(stored, x) : List.of(x);
  }

  /// The kernel that does this.
  Kernel kernel(KernelCache kernels) {
    MapCode code = code();
    return kernels.get(code, level -> code.emit(level, (c, in, scalars) -> emit(c, in)));
  }

  /// Applies it to `rows` × `columns` elements of the product at `c`, whose first is in the
  /// product's row `row` and column `column`; the product is `width` wide.
  void apply(
      Kernel kernel,
      Arguments arguments,
      long c,
      long row,
      long column,
      int rows,
      int columns,
      long width) {
    long offset = 4 * (row * width + column);
    arguments.set(MapCode.ROWS, rows).set(MapCode.COLUMNS, columns);
    int slot = MapCode.ARRAY;
    slot = array(arguments, slot, c + offset, 4 * width);
    if (bias != 0) {
      slot = array(arguments, slot, bias + 4 * column, 0);
    }
    if (residual != 0) {
      slot = array(arguments, slot, residual + offset, 4 * width);
    }
    if (before != 0) {
      slot = array(arguments, slot, before + offset, 4 * width);
    }
    array(arguments, slot, c + offset, 4 * width);
    kernel.call(arguments.address());
  }

  private static int array(Arguments arguments, int slot, long address, long stride) {
    arguments.set(slot, address).set(slot + 1, stride);
    return slot + 2;
  }
}
