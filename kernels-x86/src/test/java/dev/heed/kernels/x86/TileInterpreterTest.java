package dev.heed.kernels.x86;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// How the interpreter reads machine code: tile instructions from bytes that GNU objdump reads as
/// the text beside them, integer instructions against the processor.
class TileInterpreterTest {
  private static final String CONFIGURE = "c4 e2 78 49 87 80 00 00 00"; // ldtilecfg [rdi+0x80]
  private static final String RELEASE = "c4 e2 78 49 c0"; // tilerelease
  private static final String RETURN = "c3"; // ret

  private final Arena arena = Arena.ofConfined();
  private final Arguments arguments = new Arguments(arena);
  private final MemorySegment memory = arena.allocate(4096, 64);

  @AfterEach
  void close() {
    arena.close();
  }

  private void run(String... program) {
    byte[] code = HexFormat.of().parseHex(String.join("", program).replace(" ", ""));
    new TileInterpreter(code).call(arguments.address());
  }

  /// From slot 16 on: tiles 0 and 5 have two rows, 6 has one, of four bytes.
  private void setShapes() {
    MemorySegment block = MemorySegment.ofAddress(arguments.address()).reinterpret(256);
    block.set(JAVA_BYTE, 128, (byte) 1);
    for (int tile : new int[] {0, 5, 6}) {
      block.set(JAVA_BYTE, 128 + 16 + 2 * tile, (byte) 4);
      block.set(JAVA_BYTE, 128 + 48 + tile, (byte) (tile == 6 ? 1 : 2));
    }
  }

  /// Adds the product of A, at byte 4, and B, at byte 12, to what is at bytes 16 and 32, and stores
  /// it at bytes 64 and 96.
  private void multiply(String product) {
    setShapes();
    arguments.set(0, memory.address()).set(1, 4);
    run(
        CONFIGURE,
        "48 8b 07", // mov rax,QWORD PTR [rdi]
        "4c 8b 4f 08", // mov r9,QWORD PTR [rdi+0x8]
        "c4 a2 7b 4b 6c 08 04", // tileloadd tmm5,[rax+r9*1+0x4]
        "c4 a2 7b 4b 74 48 0c", // tileloadd tmm6,[rax+r9*2+0xc]
        "c4 a2 7b 4b 44 88 10", // tileloadd tmm0,[rax+r9*4+0x10]
        product,
        "c4 a2 7a 4b 44 c8 40", // tilestored [rax+r9*8+0x40],tmm0
        RELEASE,
        RETURN);
  }

  @Test
  void productsOfBytesDoWhatTheirBytesSay() {
    memory.set(JAVA_INT, 4, 0x80FF01FF); // -1, 1, -1, -128 if signed
    memory.set(JAVA_INT, 8, 1);
    memory.set(JAVA_INT, 12, 0x0105FF02); // 2, -1, 5, 1 if signed
    memory.set(JAVA_INT, 16, 1000);
    memory.set(JAVA_INT, 32, 2000);
    String[] products = {
      "c4 e2 4b 5e c5", // tdpbssd tmm0,tmm5,tmm6
      "c4 e2 4a 5e c5", // tdpbsud tmm0,tmm5,tmm6
      "c4 e2 49 5e c5", // tdpbusd tmm0,tmm5,tmm6
      "c4 e2 48 5e c5" // tdpbuud tmm0,tmm5,tmm6
    };
    int[] expected = {-136, 120, 1912, 2168};
    for (int i = 0; i < products.length; i++) {
      multiply(products[i]);
      assertThat(memory.get(JAVA_INT, 64)).as(products[i]).isEqualTo(1000 + expected[i]);
      assertThat(memory.get(JAVA_INT, 96)).as(products[i]).isEqualTo(2002);
    }
  }

  @Test
  void productsOfBfloatDoWhatTheirBytesSay() {
    memory.set(JAVA_INT, 4, 0x4000_3F80); // 1, 2
    memory.set(JAVA_INT, 8, 0x3F80_0000); // 0, 1
    memory.set(JAVA_INT, 12, 0x3F00_4040); // 3, 0.5
    memory.set(JAVA_FLOAT, 16, 10);
    memory.set(JAVA_FLOAT, 32, 20);
    multiply("c4 e2 4a 5c c5"); // tdpbf16ps tmm0,tmm5,tmm6
    assertThat(memory.get(JAVA_FLOAT, 64)).isEqualTo(14);
    assertThat(memory.get(JAVA_FLOAT, 96)).isEqualTo(20.5f);
    multiply("c4 e2 7b 49 c0"); // tilezero tmm0
    assertThat(memory.get(JAVA_INT, 64)).isZero();
    assertThat(memory.get(JAVA_INT, 96)).isZero();
  }

  @Test
  void whatTileKernelsDoNotHaveIsAnError() {
    setShapes();
    String[] others = {
      "c5 f4 58 c2", // vaddps ymm0,ymm1,ymm2
      "62 f1 74 48 58 c2", // vaddps zmm0,zmm1,zmm2
      "c4 e2 79 49 07", // sttilecfg [rdi]
      "c4 a2 79 4b 04 08", // tileloaddt1 tmm0,[rax+r9*1]
      "48 8b 04 24", // mov rax,QWORD PTR [rsp]
      "48 83 ec 20", // sub rsp,0x20
      "48 8b 05 00 00 00 00", // mov rax,QWORD PTR [rip+0x0]
      "8b 07", // mov eax,DWORD PTR [rdi]
      "48 13 c3", // adc rax,rbx
      "66 48 0f 6e c0", // movq xmm0,rax
      "0f a2" // cpuid
    };
    for (String other : others) {
      assertThatThrownBy(() -> run(CONFIGURE, other, RELEASE, RETURN))
          .as(other)
          .hasMessageStartingWith("no instruction of tile kernels, at byte 9: " + other);
    }
    assertThatThrownBy(() -> run(CONFIGURE, "c4 62 7b 49 c0")) // tilezero tmm8
        .hasMessageStartingWith("#UD: tile 8 has no shape, at byte 9");
    assertThatThrownBy(() -> run("90")).hasMessageStartingWith("the code ends, at byte 1");
    assertThatThrownBy(() -> run("eb fe")) // jmp to itself
        .hasMessageStartingWith("the kernel does not end, at byte 0");
    assertThatThrownBy(() -> run("48 c1 e0 04", "74 00")) // shl rax,0x4; je
        .hasMessageStartingWith("the flags are not set, at byte 4");
  }

  @Test
  void whatTheCallerNeedsMustBeAsItWas() {
    setShapes();
    assertThatThrownBy(() -> run("48 83 c3 01", RETURN)) // add rbx,0x1
        .hasMessageStartingWith("the caller's register 3 is changed");
    run("53", "48 83 c3 01", "5b", RETURN); // push rbx … pop rbx
    assertThatThrownBy(() -> run("53", RETURN)).hasMessageStartingWith("the stack is not empty");
    assertThatThrownBy(() -> run("5b", RETURN)).hasMessageStartingWith("the stack is empty");
    assertThatThrownBy(() -> run(CONFIGURE, RETURN))
        .hasMessageStartingWith("the tiles are not released");
    run(CONFIGURE, RELEASE, RETURN);
  }

  @Test
  void kernelsWithTilesAreKnownByTheirBytes() {
    assertThat(TileInterpreter.hasTiles(new TileCode(true, true).emit(Level.AMX))).isTrue();
    for (String shapes : new String[] {CONFIGURE, "c4 c2 78 49 04 24"}) { // ldtilecfg [r12]
      byte[] code = HexFormat.of().parseHex("90" + shapes.replace(" ", ""));
      assertThat(TileInterpreter.hasTiles(code)).as(shapes).isTrue();
    }
    byte[] release = HexFormat.of().parseHex((RELEASE + RETURN).replace(" ", ""));
    assertThat(TileInterpreter.hasTiles(release)).isFalse();
    assertThat(TileInterpreter.hasTiles(IntegerCode.quantize(Level.AMX))).isFalse();
  }

  // ---- integers ----

  private interface Operation {
    void emit(Assembler asm);
  }

  @Test
  void integersAndFlagsAreThoseOfTheProcessor() throws Exception {
    Assumptions.assumeFalse(Levels.available().isEmpty(), "the processor runs no kernels");
    Gpr a = Gpr.R9;
    Gpr b = Gpr.RSI;
    Address inMemory = VectorCode.slot(1);
    Operation[] operations = {
      asm -> asm.add(a, b),
      asm -> asm.sub(a, b),
      asm -> asm.and(a, b),
      asm -> asm.or(a, b),
      asm -> asm.xor(a, b),
      asm -> asm.cmp(a, b),
      asm -> asm.test(a, b),
      asm -> asm.add(a, inMemory),
      asm -> asm.sub(a, inMemory),
      asm -> asm.cmp(b, VectorCode.slot(0)),
      asm -> asm.add(a, 1),
      asm -> asm.sub(a, -128),
      asm -> asm.cmp(a, 100_000),
      asm -> asm.and(a, -100_000)
    };
    long[] values = {
      0, 1, -1, 127, 100_000, Long.MAX_VALUE, Long.MIN_VALUE, 0x1234_5678_9ABC_DEF0L
    };
    for (int i = 0; i < operations.length; i++) {
      byte[] code = withAllConditions(operations[i], a, b);
      for (long first : values) {
        for (long second : values) {
          assertThat(results(new TileInterpreter(code), first, second))
              .as("operation %d of %d and %d", i, first, second)
              .isEqualTo(results(Kernel.load(code), first, second));
        }
      }
    }
  }

  private long[] results(Kernel kernel, long a, long b) {
    memory.fill((byte) 0);
    arguments.set(0, a).set(1, b).set(2, memory.address());
    kernel.call(arguments.address());
    return memory.toArray(JAVA_LONG);
  }

  /// Stores the result and, for each condition, whether it holds.
  private static byte[] withAllConditions(Operation operation, Gpr a, Gpr b) {
    Assembler asm = new Assembler();
    Frame.enter(asm, ExecutableMemory.isWindows());
    asm.mov(a, VectorCode.slot(0));
    asm.mov(b, VectorCode.slot(1));
    asm.mov(Gpr.R12, VectorCode.slot(2));
    asm.mov(Gpr.RBP, 1);
    operation.emit(asm);
    asm.mov(Address.at(Gpr.R12), a);
    asm.lea(Gpr.R12, Address.at(Gpr.R12, 8));
    for (Condition condition : Condition.values()) {
      Label label = new Label();
      asm.mov(Gpr.RDX, 0);
      asm.cmov(condition, Gpr.RDX, Gpr.RBP);
      asm.jump(condition, label);
      asm.lea(Gpr.RDX, Address.at(Gpr.RDX, Gpr.RBP, 8, 4));
      asm.bind(label);
      asm.mov(Address.at(Gpr.R12), Gpr.RDX);
      asm.lea(Gpr.R12, Address.at(Gpr.R12, 8));
    }
    Frame.leave(asm, ExecutableMemory.isWindows());
    return asm.toBytes();
  }

  @Test
  void loopsShiftsAndLongConstantsAreThoseOfTheProcessor() throws Exception {
    Assumptions.assumeFalse(Levels.available().isEmpty(), "the processor runs no kernels");
    VectorCode code = new VectorCode(Level.AVX2);
    Assembler asm = code.asm;
    Gpr to = code.argument(2);
    Gpr value = code.argument(0);
    Gpr more = code.gpr();
    code.forRuns(
        1,
        3,
        count ->
            code.countDown(
                count,
                () -> {
                  asm.shl(value, 3);
                  asm.mov(more, value);
                  asm.sar(more, 9);
                  asm.add(value, more);
                  asm.shr(more, 40);
                  asm.xor(value, more);
                  asm.mov(more, 0x1234_5678_9ABC_DEF0L);
                  asm.add(value, more);
                  asm.mov(more, 0xFEDC_BA98L);
                  asm.xor(value, more);
                  asm.prefetchToWrite(Address.at(to));
                  asm.mov(Address.at(to), value);
                  asm.add(to, 8);
                }));
    byte[] bytes = code.finish();
    arguments.set(3, 7);
    for (long count : new long[] {0, 1, 7, 20}) {
      assertThat(results(new TileInterpreter(bytes), -5, count))
          .isEqualTo(results(Kernel.load(bytes), -5, count));
    }
  }
}
