package dev.heed.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/// What the processor says of itself, by its own `cpuid` and `xgetbv` instructions.
///
/// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID.
///
/// @param name the brand string
/// @param level the highest level that processor and operating system both support; empty where not
///   even AVX2 is there
/// @param avxVnni whether AVX-VNNI is there, which the levels above [Level#AVXVNNI] do not say
/// @param l1 bytes of the first-level data cache
/// @param l2 bytes of the second-level cache
/// @param l3 bytes of the third-level cache, 0 where there is none
public record Cpu(String name, Optional<Level> level, boolean avxVnni, int l1, int l2, int l3) {

  /// Asks the processor this code runs on.
  ///
  /// @throws ExecutableMemory.RefusedException where emitted code cannot run
  static Cpu detect() throws ExecutableMemory.RefusedException {
    try (Arena arena = Arena.ofConfined()) {
      return new Identification(arena).read();
    }
  }

  /// Whether kernels of this level run.
  boolean has(Level asked) {
    return asked == Level.AVXVNNI
        ? avxVnni
        : level.isPresent() && asked.compareTo(level.get()) <= 0;
  }

  /// The four registers in which `cpuid` answers.
  record Leaf(int a, int b, int c, int d) {
    static final Leaf NONE = new Leaf(0, 0, 0, 0);

    boolean hasA(int bit) {
      return (a >>> bit & 1) != 0;
    }

    boolean hasB(int bit) {
      return (b >>> bit & 1) != 0;
    }

    boolean hasC(int bit) {
      return (c >>> bit & 1) != 0;
    }

    boolean hasD(int bit) {
      return (d >>> bit & 1) != 0;
    }
  }

  /// What can be used: a unit counts only where the processor has the instructions *and* the system
  /// saves the registers they use.
  record Units(Optional<Level> level, boolean avxVnni) {
    static final Units NONE = new Units(Optional.empty(), false);

    /// @param extended leaf 7
    /// @param further its subleaf 1, zeros where there is none
    /// @param saved the lower half of XCR0
    /// @param tiles asks the system for the registers of the tiles
    static Units of(Leaf extended, Leaf further, int saved, BooleanSupplier tiles) {
      boolean avx2 = (saved & 0x6) == 0x6 && extended.hasB(5) && extended.hasB(8);
      if (!avx2) {
        return NONE;
      }
      boolean avxVnni = further.hasA(4);
      Level level = avxVnni ? Level.AVXVNNI : Level.AVX2;
      boolean avx512 =
          (saved & 0xE6) == 0xE6
              && extended.hasB(16)
              && extended.hasB(17)
              && extended.hasB(30)
              && extended.hasB(31);
      boolean vnni = avx512 && extended.hasC(11);
      boolean bf16 = vnni && further.hasA(5);
      boolean amx =
          bf16
              && (saved & 0x60000) == 0x60000
              && extended.hasD(22)
              && extended.hasD(24)
              && extended.hasD(25);
      if (amx && tiles.getAsBoolean()) {
        level = Level.AMX;
      } else if (bf16) {
        level = Level.AVX512BF16;
      } else if (vnni) {
        level = Level.VNNI;
      } else if (avx512) {
        level = Level.AVX512;
      }
      return new Units(Optional.of(level), avxVnni);
    }
  }

  private static final class Identification {
    private static final int BRAND_STRING = 0x80000002;

    private final Kernel cpuid = Kernel.load(cpuidCode());
    private final Kernel xgetbv = Kernel.load(xgetbvCode());
    private final Arguments arguments;

    Identification(Arena arena) throws ExecutableMemory.RefusedException {
      arguments = new Arguments(arena);
    }

    Cpu read() {
      int[] caches = caches();
      Units units = units();
      return new Cpu(brand(), units.level(), units.avxVnni(), caches[1], caches[2], caches[3]);
    }

    private Leaf leaf(int leaf, int subleaf) {
      arguments.set(0, leaf & 0xFFFFFFFFL).set(1, subleaf);
      cpuid.call(arguments.address());
      return new Leaf(
          (int) arguments.get(2),
          (int) arguments.get(3),
          (int) arguments.get(4),
          (int) arguments.get(5));
    }

    private boolean has(int leaf) {
      int highest = leaf(leaf & 0x80000000, 0).a();
      return Integer.compareUnsigned(highest, leaf) >= 0;
    }

    private Units units() {
      Leaf basic = leaf(1, 0);
      boolean systemSaves = basic.hasC(27);
      if (!systemSaves || !basic.hasC(12) || !basic.hasC(28) || !has(7)) {
        return Units.NONE;
      }
      xgetbv.call(arguments.address());
      int saved = (int) arguments.get(0);
      Leaf extended = leaf(7, 0);
      Leaf further = extended.a() >= 1 ? leaf(7, 1) : Leaf.NONE;
      return Units.of(extended, further, saved, Identification::systemGrantsTiles);
    }

    /// Asks Linux for the registers of the tiles, which it saves only for processes that ask.
    ///
    /// Source: the kernel's documentation, "Using XSTATE features in user space applications".
    private static boolean systemGrantsTiles() {
      if (!System.getProperty("os.name", "").startsWith("Linux")) {
        return false;
      }
      MemorySegment syscall = NativeCall.find("syscall");
      long archPrctl = 158;
      long requestPermission = 0x1023;
      long tileData = 18;
      return syscall.address() != 0
          && NativeCall.call(syscall, archPrctl, requestPermission, tileData, 0, 0, 0) == 0;
    }

    /// Bytes by level 1…3; AMD describes them in a leaf of its own that has the same form.
    private int[] caches() {
      int[] bytes = {0, 32 * 1024, 512 * 1024, 0};
      boolean amd = leaf(0, 0).c() == 0x444D4163;
      int leaf = amd ? 0x8000001D : 4;
      if (!has(leaf)) {
        return bytes;
      }
      for (int i = 0; i < 16; i++) {
        Leaf cache = leaf(leaf, i);
        int type = cache.a() & 31;
        if (type == 0) {
          break;
        }
        int level = cache.a() >>> 5 & 7;
        boolean holdsData = type != 2;
        if (holdsData && level >= 1 && level <= 3) {
          long ways = (cache.b() >>> 22) + 1L;
          long partitions = (cache.b() >>> 12 & 0x3FF) + 1L;
          long line = (cache.b() & 0xFFF) + 1L;
          long sets = (cache.c() & 0xFFFFFFFFL) + 1;
          bytes[level] = (int) Math.min(Integer.MAX_VALUE, ways * partitions * line * sets);
        }
      }
      return bytes;
    }

    private String brand() {
      if (!has(BRAND_STRING + 2)) {
        return "x86-64 without a name";
      }
      ByteBuffer text = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < 3; i++) {
        Leaf part = leaf(BRAND_STRING + i, 0);
        text.putInt(part.a()).putInt(part.b()).putInt(part.c()).putInt(part.d());
      }
      return new String(text.array(), StandardCharsets.ISO_8859_1).replace("\0", "").strip();
    }

    /// Slots 0 and 1 hold leaf and subleaf, slots 2…5 receive eax, ebx, ecx, edx.
    private static byte[] cpuidCode() {
      Assembler asm = new Assembler();
      asm.push(Gpr.RBX);
      asm.mov(Gpr.R8, ExecutableMemory.isWindows() ? Gpr.RCX : Gpr.RDI);
      asm.mov32(Gpr.RAX, Address.at(Gpr.R8, 0));
      asm.mov32(Gpr.RCX, Address.at(Gpr.R8, 8));
      asm.cpuid();
      asm.mov32(Address.at(Gpr.R8, 16), Gpr.RAX);
      asm.mov32(Address.at(Gpr.R8, 24), Gpr.RBX);
      asm.mov32(Address.at(Gpr.R8, 32), Gpr.RCX);
      asm.mov32(Address.at(Gpr.R8, 40), Gpr.RDX);
      asm.pop(Gpr.RBX);
      asm.ret();
      return asm.toBytes();
    }

    /// Slot 0 receives the lower half of XCR0: which registers the system saves.
    private static byte[] xgetbvCode() {
      Assembler asm = new Assembler();
      asm.mov(Gpr.R8, ExecutableMemory.isWindows() ? Gpr.RCX : Gpr.RDI);
      asm.mov(Gpr.RCX, 0);
      asm.xgetbv();
      asm.mov32(Address.at(Gpr.R8, 0), Gpr.RAX);
      asm.ret();
      return asm.toBytes();
    }
  }
}
