package dev.heed.kernels.x86;

import dev.heed.tensor.Activation;

/// A product of matrices: C [m, n] = op(A) [m, k] · op(B) [k, n], then the epilogue.
///
/// @param c the address of C's first element, F32
/// @param stride elements between rows of C, n where there is an epilogue
/// @param accumulate whether the product is added to what C holds
record Product(
    int m,
    int n,
    int k,
    Matrix a,
    Matrix b,
    long c,
    long stride,
    boolean accumulate,
    Epilogue epilogue) {
  /// No epilogue.
  static final Epilogue NOTHING = new Epilogue(Activation.NONE, 0, 0, 0);

  /// A matrix in memory.
  ///
  /// @param address of its first element
  /// @param stride elements between rows as stored
  /// @param transposed whether the product uses the transposed matrix
  /// @param halves whether the elements are bfloat16: of a transposed B only
  record Matrix(long address, long stride, boolean transposed, boolean halves) {
    Matrix(long address, long stride, boolean transposed) {
      this(address, stride, transposed, false);
    }

    /// The bytes of so many elements.
    long bytes(long elements) {
      return (halves ? 2 : 4) * elements;
    }
  }
}
