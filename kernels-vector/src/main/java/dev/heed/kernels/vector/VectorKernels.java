package dev.heed.kernels.vector;

import dev.heed.kernels.vector.Packing.Matrix;
import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The operations over F32 tensors by the Vector API; other types, and what is not overridden, are
/// the reference's.
public final class VectorKernels extends ReferenceKernels {
  @Override
  public String name() {
    return "vector " + 8 * Lanes.BYTES;
  }

  private static boolean isF32(@Nullable Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor != null && tensor.dtype() != DType.F32) {
        return false;
      }
    }
    return true;
  }

  private static @Nullable MemorySegment memory(@Nullable Tensor tensor) {
    return tensor == null ? null : tensor.memory();
  }

  // Products

  @Override
  public void matmul(
      Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor out, boolean addToOut) {
    if (!isF32(a, b, out)) {
      super.matmul(a, transposeA, b, transposeB, out, addToOut);
      return;
    }
    Matmul.multiply(
        out.shape().dimension(0),
        out.shape().dimension(1),
        a.shape().dimension(transposeA ? 0 : 1),
        new Matrix(a.memory(), 0, a.shape().width(), transposeA),
        new Matrix(b.memory(), 0, b.shape().width(), transposeB),
        out.memory(),
        addToOut,
        null);
  }

  @Override
  public void linear(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual,
      @Nullable Tensor beforeActivation,
      Tensor out) {
    if (!isF32(x, weight, bias, residual, beforeActivation, out)) {
      super.linear(x, weight, bias, activation, residual, beforeActivation, out);
      return;
    }
    int n = weight.shape().dimension(0);
    int k = weight.shape().dimension(1);
    boolean plain =
        bias == null
            && residual == null
            && beforeActivation == null
            && activation == Activation.NONE;
    Matmul.multiply(
        x.shape().rows(),
        n,
        k,
        new Matrix(x.memory(), 0, k, false),
        new Matrix(weight.memory(), 0, k, true),
        out.memory(),
        false,
        plain
            ? null
            : new Epilogue(activation, memory(bias), memory(residual), memory(beforeActivation)));
  }
}
