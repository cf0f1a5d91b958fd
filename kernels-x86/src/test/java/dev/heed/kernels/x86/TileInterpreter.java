package dev.heed.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.SplittableRandom;

/// Runs kernels that consist of AMX and integer instructions where the processor has no AMX: reads
/// the emitted bytes one instruction after the other and does what each says, on the memory that
/// the kernel would use. An instruction that such kernels do not have is an error.
///
/// The calling convention is System V's; that registers, stack and tiles are left as the caller
/// expects is checked.
final class TileInterpreter extends Kernel {
  /// More than any kernel takes, whose call is over after about a millisecond.
  private static final int MOST_INSTRUCTIONS = 10_000_000;

  private static final int RSP = 4;
  private static final int RDI = 7;
  private static final int[] CALLERS = {3, 5, 12, 13, 14, 15};

  private final byte[] code;

  TileInterpreter(byte[] code) {
    super(MemorySegment.NULL);
    this.code = code;
  }

  /// Whether there are the bytes of an `ldtilecfg`, without which no tile can be used. They may be
  /// other instructions' by accident, which is an error when it runs.
  static boolean hasTiles(byte[] code) {
    for (int i = 0; i + 4 < code.length; i++) {
      boolean vex = code[i] == (byte) 0xC4 && (code[i + 1] & 0x9F) == 0x82;
      if (vex && code[i + 2] == 0x78 && code[i + 3] == 0x49 && (code[i + 4] & 0xC0) != 0xC0) {
        return true;
      }
    }
    return false;
  }

  @Override
  void call(long arguments) {
    new Run(arguments).run();
  }

  private final class Run {
    private final long[] registers = new SplittableRandom(1).longs(16).toArray();
    private final long[] before;
    private final ArrayDeque<Long> stack = new ArrayDeque<>();
    private final Flags flags = new Flags();
    private final TileRegisters tiles = new TileRegisters();
    private int start;
    private int next;

    // What prefixes and ModRM of the current instruction say; the first three are 0 or 8.
    private int regBit;
    private int indexBit;
    private int baseBit;
    private boolean wide;
    private int reg;
    private int rm;
    private boolean inMemory;
    private boolean hasSib;
    private long base;
    private long offset;

    Run(long arguments) {
      registers[RDI] = arguments;
      before = registers.clone();
    }

    void run() {
      try {
        for (int i = 0; i < MOST_INSTRUCTIONS; i++) {
          start = next;
          if (!step()) {
            requireLeftAsFound();
            return;
          }
        }
        throw new IllegalArgumentException("the kernel does not end");
      } catch (IllegalArgumentException wrong) {
        int end = Math.min(code.length, start + 15);
        String bytes = HexFormat.ofDelimiter(" ").formatHex(code, start, end);
        throw new IllegalStateException(
            "%s, at byte %d: %s".formatted(wrong.getMessage(), start, bytes), wrong);
      }
    }

    private void requireLeftAsFound() {
      for (int register : CALLERS) {
        if (registers[register] != before[register]) {
          throw new IllegalArgumentException("the caller's register " + register + " is changed");
        }
      }
      if (!stack.isEmpty() || tiles.isConfigured()) {
        throw new IllegalArgumentException(
            stack.isEmpty() ? "the tiles are not released" : "the stack is not empty");
      }
    }

    /// Runs one instruction; false where it returns to the caller.
    private boolean step() {
      int opcode = u8();
      if (opcode == 0xC4) {
        tileInstruction();
        return true;
      }
      boolean longer = opcode == 0x66; // of a no-operation
      opcode = longer ? u8() : opcode;
      int rex = (opcode & 0xF0) == 0x40 ? opcode : 0;
      opcode = rex != 0 ? u8() : opcode;
      wide = (rex & 8) != 0;
      regBit = (rex & 4) << 1;
      indexBit = (rex & 2) << 2;
      baseBit = (rex & 1) << 3;
      if (opcode == 0x0F) {
        twoBytes(u8(), longer);
      } else if (opcode >> 4 == 5) {
        pushOrPop((opcode & 8) != 0, opcode & 7 | baseBit);
      } else if (opcode >> 4 == 7) {
        jump(flags.holds(opcode & 15), s8());
      } else if (opcode >> 3 == 0xB8 >> 3) {
        set(opcode & 7 | baseBit, wide ? s64() : s32() & 0xFFFF_FFFFL);
      } else if (opcode == 0x90) {
        return true;
      } else if (longer) {
        throw unknown();
      } else if (opcode == 0xC5 && u8() == 0xF8 && u8() == 0x77) {
        return true; // vzeroupper
      } else if (opcode == 0xC3) {
        return false;
      } else if (opcode == 0xEB || opcode == 0xE9) {
        jump(true, opcode == 0xEB ? s8() : s32());
      } else {
        integers(opcode);
      }
      return true;
    }

    private void integers(int opcode) {
      if (!wide) {
        throw unknown(); // which leaves those of 64 bits
      }
      operands();
      switch (opcode) {
        case 0x03, 0x0B, 0x23, 0x2B, 0x33, 0x3B -> calculate(opcode >> 3, reg, operand());
        case 0x81 -> calculate(reg & 7, inRegister(), s32());
        case 0x83 -> calculate(reg & 7, inRegister(), s8());
        case 0x85 -> flags.result(Flags.AND, get(inRegister()), get(reg));
        case 0x89 -> {
          if (inMemory) {
            TileRegisters.MEMORY.set(ValueLayout.JAVA_LONG_UNALIGNED, address(), get(reg));
          } else {
            set(rm, get(reg));
          }
        }
        case 0x8B -> set(reg, operand());
        case 0x8D -> set(reg, address());
        case 0xC1 -> shift(reg & 7, inRegister(), u8());
        default -> throw unknown();
      }
    }

    private void twoBytes(int opcode, boolean longer) {
      if (opcode >> 4 == 8) {
        jump(flags.holds(opcode & 15), s32());
        return;
      }
      operands();
      if (opcode >> 4 == 4 && wide && !longer) {
        long from = operand();
        set(reg, flags.holds(opcode & 15) ? from : get(reg));
      } else if (opcode != 0x1F && (opcode != 0x0D && opcode != 0x18 || !inMemory || longer)) {
        throw unknown(); // neither a no-operation nor a prefetch
      }
    }

    private void calculate(int operation, int register, long with) {
      long result = flags.result(operation, get(register), with);
      if (operation != Flags.COMPARE) {
        set(register, result);
      }
    }

    private void shift(int operation, int register, int bits) {
      long from = get(register);
      flags.forget();
      set(
          register,
          switch (operation) {
            case 4 -> from << bits;
            case 5 -> from >>> bits;
            case 7 -> from >> bits;
            default -> throw unknown();
          });
    }

    private void jump(boolean taken, long distance) {
      if (taken) {
        next += (int) distance;
      }
    }

    private void pushOrPop(boolean pops, int register) {
      if (pops) {
        if (stack.isEmpty()) {
          throw new IllegalArgumentException("the stack is empty");
        }
        set(register, stack.pop());
      } else {
        stack.push(get(register));
      }
    }

    private void tileInstruction() {
      int first = u8();
      int second = u8();
      int opcode = u8();
      regBit = (~first >> 7 & 1) << 3;
      indexBit = (~first >> 6 & 1) << 3;
      baseBit = (~first >> 5 & 1) << 3;
      int prefix = second & 3;
      int third = ~second >> 3 & 15;
      if ((first & 31) != 2 || (second & 0x84) != 0) {
        throw unknown(); // another map, or wider
      }
      operands();
      boolean product = opcode == 0x5C && prefix == 2 || opcode == 0x5E;
      if (product ? inMemory : third != 0) {
        throw unknown();
      }
      if (opcode == 0x5C && product) {
        tiles.multiplyBfloat(reg, rm, third);
      } else if (product) {
        tiles.multiplyBytes(reg, rm, prefix >= 2, third, prefix % 2 == 1);
      } else if (opcode == 0x49 && prefix == 0 && inMemory && reg == 0) {
        tiles.configure(address());
      } else if (opcode == 0x49 && prefix == 0 && reg == 0 && rm == 0) {
        tiles.release();
      } else if (opcode == 0x49 && prefix == 3 && !inMemory && rm == 0) {
        tiles.zero(reg);
      } else if (opcode == 0x4B && prefix == 3 && hasSib) {
        tiles.load(reg, base, offset);
      } else if (opcode == 0x4B && prefix == 2 && hasSib) {
        tiles.store(reg, base, offset);
      } else {
        throw unknown();
      }
    }

    /// Reads ModRM and what belongs to it.
    private void operands() {
      int modrm = u8();
      int mod = modrm >> 6;
      int low = modrm & 7;
      reg = modrm >> 3 & 7 | regBit;
      inMemory = mod != 3;
      hasSib = inMemory && low == 4;
      offset = 0;
      if (!inMemory) {
        rm = low | baseBit;
        return;
      }
      if (hasSib) {
        int sib = u8();
        int index = sib >> 3 & 7 | indexBit;
        offset = index == RSP ? 0 : get(index) << (sib >> 6);
        low = sib & 7;
      }
      if (low == 5 && mod == 0) {
        throw unknown(); // relative to the code, or without a base
      }
      base = get(low | baseBit) + (mod == 1 ? s8() : mod == 2 ? s32() : 0);
    }

    private long address() {
      if (!inMemory) {
        throw unknown();
      }
      return base + offset;
    }

    private int inRegister() {
      if (inMemory) {
        throw unknown();
      }
      return rm;
    }

    private long operand() {
      return inMemory
          ? TileRegisters.MEMORY.get(ValueLayout.JAVA_LONG_UNALIGNED, address())
          : get(rm);
    }

    private long get(int register) {
      if (register == RSP) {
        throw unknown(); // the stack is pushed to and popped from only
      }
      return registers[register];
    }

    private void set(int register, long value) {
      get(register);
      registers[register] = value;
    }

    private int u8() {
      if (next >= code.length) {
        throw new IllegalArgumentException("the code ends");
      }
      return code[next++] & 0xFF;
    }

    private long s8() {
      return (byte) u8();
    }

    private long s32() {
      return u8() | u8() << 8 | u8() << 16 | u8() << 24;
    }

    private long s64() {
      return s32() & 0xFFFF_FFFFL | s32() << 32;
    }

    private static IllegalArgumentException unknown() {
      return new IllegalArgumentException("no instruction of tile kernels");
    }
  }
}
