package dev.heed.kernels.x86;

import java.util.List;

/// The calling convention of kernels: one pointer comes in, nothing goes out.
///
/// Between [#enter] and [#leave] the pointer is in [#ARGUMENTS] and every other register is free,
/// on Linux and macOS (System V) as on Windows, where more registers belong to the caller.
final class Frame {
  /// Holds the pointer to the argument block.
  static final Gpr ARGUMENTS = Gpr.RDI;

  private static final List<Gpr> SYSTEM_V_SAVED =
      List.of(Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15);
  private static final List<Gpr> WINDOWS_SAVED = List.of(Gpr.RDI, Gpr.RSI);
  private static final int FIRST_SAVED_XMM = 6;
  private static final int LAST_SAVED_XMM = 15;

  private Frame() {}

  static void enter(Assembler asm, boolean windows) {
    SYSTEM_V_SAVED.forEach(asm::push);
    if (windows) {
      WINDOWS_SAVED.forEach(asm::push);
      asm.sub(Gpr.RSP, 16 * (LAST_SAVED_XMM - FIRST_SAVED_XMM + 1));
      for (int i = FIRST_SAVED_XMM; i <= LAST_SAVED_XMM; i++) {
        asm.emit(VectorOp.VMOVUPS_STORE, saved(i), Vec.xmm(i));
      }
      asm.mov(ARGUMENTS, Gpr.RCX);
    }
  }

  static void leave(Assembler asm, boolean windows) {
    asm.vzeroupper();
    if (windows) {
      for (int i = FIRST_SAVED_XMM; i <= LAST_SAVED_XMM; i++) {
        asm.emit(VectorOp.VMOVUPS, Vec.xmm(i), saved(i));
      }
      asm.add(Gpr.RSP, 16 * (LAST_SAVED_XMM - FIRST_SAVED_XMM + 1));
      WINDOWS_SAVED.reversed().forEach(asm::pop);
    }
    SYSTEM_V_SAVED.reversed().forEach(asm::pop);
    asm.ret();
  }

  private static Address saved(int xmm) {
    return Address.at(Gpr.RSP, 16 * (xmm - FIRST_SAVED_XMM));
  }
}
