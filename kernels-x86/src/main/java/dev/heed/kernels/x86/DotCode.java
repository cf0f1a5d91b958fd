package dev.heed.kernels.x86;

import org.jspecify.annotations.Nullable;

/// Products of few rows of A with rows of B, where packing B would cost more than it saves:
/// `c[r][j] = Σ a[r][k]·b[j][k]`, a vector of k at a time.
///
/// The lanes' partial sums are added by halves at the end. Where a turn takes several rows of B,
/// those of the next are fetched meanwhile: memory limits these products.
///
/// @param rows the rows of A
/// @param columns the rows of B that one turn of the loop takes
/// @param kind of the elements
record DotCode(int rows, int columns, Kind kind) {
  /// What an element of both is.
  enum Kind {
    FLOATS,
    /// Those of B are bfloat16.
    HALVES,
    /// Two bfloat16 each, whose products are both added.
    PAIRS
  }

  /// Slots of the argument block. Strides are in bytes.
  static final int A = 0;

  static final int A_ROW = 1;
  static final int B = 2;
  static final int B_ROW = 3;
  static final int K = 4;
  static final int C = 5;
  static final int C_ROW = 6;

  /// How many times `columns` rows of B are taken.
  static final int TURNS = 7;

  /// 1 to add to C, 0 to overwrite it.
  static final int ACCUMULATE = 8;

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof DotCode that
        && rows == that.rows
        && columns == that.columns
        && kind == that.kind;
  }

  @Override
  public int hashCode() {
    int hash = rows;
    hash = 31 * hash + columns;
    hash = 31 * hash + kind.ordinal();
    return hash;
  }

  byte[] emit(Level level) {
    VectorCode code = new VectorCode(level);
    Assembler asm = code.asm;
    Gpr b = code.argument(B);
    Gpr c = code.argument(C);
    Gpr k = code.argument(K);
    Gpr turns = code.argument(TURNS);
    Gpr[] aRows = new Gpr[rows];
    for (int r = 0; r < rows; r++) {
      aRows[r] = code.gpr();
      if (r == 0) {
        asm.mov(aRows[r], VectorCode.slot(A));
      } else {
        asm.mov(aRows[r], aRows[r - 1]);
        asm.add(aRows[r], VectorCode.slot(A_ROW));
      }
    }
    code.countDown(
        turns,
        () -> {
          try (var _ = code.scope()) {
            turn(code, aRows, b, c, k);
          }
        });
    return code.finish();
  }

  private void turn(VectorCode code, Gpr[] aRows, Gpr b, Gpr c, Gpr k) {
    Assembler asm = code.asm;
    Vec[][] sums = new Vec[rows][columns];
    for (Vec[] row : sums) {
      for (int j = 0; j < columns; j++) {
        row[j] = code.zero();
      }
    }
    Gpr bAt = code.gpr();
    Vec[] a = new Vec[rows];
    for (int r = 0; r < rows; r++) {
      a[r] = code.vec();
    }
    Vec element = code.vec();
    Gpr half = code.gpr();
    Gpr later = code.gpr();
    if (columns > 1) {
      asm.mov(later, b);
      for (int j = 0; j < columns; j++) {
        asm.add(later, VectorCode.slot(B_ROW));
      }
    }
    int step = columns * code.bytes / (kind == Kind.HALVES ? 2 : 1);
    code.forVectors(
        k,
        1,
        i -> {
          for (int r = 0; r < rows; r++) {
            code.load(a[r], code.at(aRows[r], 0));
          }
          if (columns > 1) {
            for (int line = 0; line < step; line += 64) {
              asm.prefetch(Address.at(later, line));
            }
            asm.add(later, step);
          }
          asm.mov(bAt, b);
          if (kind == Kind.HALVES) {
            code.halveIndex(half);
          }
          for (int j = 0; j < columns; j++) {
            if (kind == Kind.HALVES) {
              code.loadHalves(element, Address.at(bAt, half, 1));
            } else {
              code.load(element, code.at(bAt, 0));
            }
            for (int r = 0; r < rows; r++) {
              if (kind == Kind.PAIRS) {
                asm.emit(VectorOp.VDPBF16PS, sums[r][j], a[r], element);
              } else {
                code.addProduct(sums[r][j], a[r], element);
              }
            }
            if (j + 1 < columns) {
              asm.add(bAt, VectorCode.slot(B_ROW));
            }
          }
        });
    store(code, sums, c, element);
    for (int j = 0; j < columns; j++) {
      asm.add(b, VectorCode.slot(B_ROW));
    }
    asm.add(c, 4 * columns);
  }

  private void store(VectorCode code, Vec[][] sums, Gpr c, Vec scratch) {
    Assembler asm = code.asm;
    Gpr at = code.gpr();
    for (Vec[] row : sums) {
      for (Vec sum : row) {
        code.sumLanes(sum);
      }
    }
    Label overwrite = new Label();
    asm.mov(at, VectorCode.slot(ACCUMULATE));
    asm.test(at, at);
    asm.jump(Condition.ZERO, overwrite);
    asm.mov(at, c);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        asm.emit(VectorOp.VMOVSS, scratch.as(16), Address.at(at, 4 * j));
        code.add(sums[r][j], sums[r][j], scratch);
      }
      asm.add(at, VectorCode.slot(C_ROW));
    }
    asm.bind(overwrite);
    asm.mov(at, c);
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < columns; j++) {
        asm.emit(VectorOp.VMOVSS_STORE, Address.at(at, 4 * j), sums[r][j].as(16));
      }
      asm.add(at, VectorCode.slot(C_ROW));
    }
  }
}
