package dev.heed.kernels.x86;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A kernel that computes each element of its outputs from the elements of its inputs at the same
/// place, over rows whose strides may differ by operand: a stride of 0 repeats a row.
///
/// Equal ones are emitted once: the name and the counts tell them apart.
///
/// @param name tells apart the kernels that have the same counts
/// @param inputs how many arrays are read
/// @param outputs how many arrays are written; an output may be an input
/// @param scalars how many floats are passed
record MapCode(String name, int inputs, int outputs, int scalars) {
  /// Slots of the argument block: the counts, then address and stride in bytes of each input and
  /// each output, then from [#SCALAR] on the scalars.
  static final int ROWS = 0;

  static final int COLUMNS = 1;
  static final int ARRAY = 2;
  static final int SCALAR = 18;

  /// Emits the computation of one vector.
  interface Body {
    /// Returns registers with the outputs; those of `in` may be overwritten and returned.
    List<Vec> apply(VectorCode code, Vec[] in, Vec[] scalars);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MapCode that
        && name.equals(that.name)
        && inputs == that.inputs
        && outputs == that.outputs
        && scalars == that.scalars;
  }

  @Override
  public int hashCode() {
    int hash = name.hashCode();
    hash = 31 * hash + inputs;
    hash = 31 * hash + outputs;
    hash = 31 * hash + scalars;
    return hash;
  }

  byte[] emit(Level level, Body body) {
    VectorCode code = new VectorCode(level);
    Gpr rows = code.argument(ROWS);
    Gpr columns = code.argument(COLUMNS);
    Gpr[] arrays = new Gpr[inputs + outputs];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = code.argument(ARRAY + 2 * i);
    }
    Vec[] constants = new Vec[scalars];
    for (int i = 0; i < scalars; i++) {
      constants[i] = code.floatArgument(SCALAR + i);
    }
    code.countDown(
        rows,
        () -> {
          code.forVectors(columns, 1, i -> element(code, body, arrays, constants));
          for (int i = 0; i < arrays.length; i++) {
            code.asm.add(arrays[i], VectorCode.slot(ARRAY + 2 * i + 1));
          }
        });
    return code.finish();
  }

  private void element(VectorCode code, Body body, Gpr[] arrays, Vec[] constants) {
    try (var _ = code.scope()) {
      Vec[] in = new Vec[inputs];
      for (int i = 0; i < inputs; i++) {
        in[i] = code.load(code.at(arrays[i], 0));
      }
      List<Vec> out = body.apply(code, in, constants);
      for (int i = 0; i < outputs; i++) {
        code.store(code.at(arrays[inputs + i], 0), out.get(i));
      }
    }
  }
}
