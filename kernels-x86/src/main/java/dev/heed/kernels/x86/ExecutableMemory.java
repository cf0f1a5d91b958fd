package dev.heed.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/// Makes machine code callable: maps pages, writes them, then turns them to read and execute.
///
/// No page is ever writable and executable at once. The pages live as long as the process: the
/// kernels are few, and code that may still be running must not disappear.
final class ExecutableMemory {
  private static final int PAGE = 4096;

  private ExecutableMemory() {}

  /// The operating system refused, or is not one of those known; the message says what and why.
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }

  /// Whether the process runs on Windows, whose calls and calling convention differ.
  static boolean isWindows() {
    return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows");
  }

  /// Whether the processor is an x86-64 by the name that the JVM gives it.
  static boolean isX86() {
    String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    return architecture.equals("amd64") || architecture.equals("x86_64");
  }

  /// Copies `code` to new executable pages.
  ///
  /// @return the address of its first byte
  /// @throws RefusedException where pages cannot be had, or may not become executable
  static MemorySegment load(byte[] code) throws RefusedException {
    if (!isX86()) {
      throw new RefusedException(
          "emitted kernels need an x86-64 processor: this is " + System.getProperty("os.arch"));
    }
    long bytes = (code.length + PAGE - 1L) / PAGE * PAGE;
    try {
      return isWindows() ? loadOnWindows(code, bytes) : loadOnPosix(code, bytes);
    } catch (IllegalCallerException denied) {
      throw new RefusedException(
          "native access is denied to Heed: start java with --enable-native-access=ALL-UNNAMED"
              + " (on the module path: dev.heed.kernels.x86)");
    } catch (RefusedException refused) {
      throw refused;
    } catch (Throwable failure) {
      throw new RefusedException("executable memory cannot be had: " + failure);
    }
  }

  private static MemorySegment loadOnPosix(byte[] code, long bytes) throws Throwable {
    boolean linux = System.getProperty("os.name", "").startsWith("Linux");
    int readWrite = 3;
    int readExecute = 5;
    int privateAnonymous = linux ? 0x22 : 0x1002;
    MethodHandle mmap =
        find(
            "mmap",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG));
    MethodHandle mprotect =
        find(
            "mprotect",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
    long address = (long) mmap.invokeExact(0L, bytes, readWrite, privateAnonymous, -1, 0L);
    if (address == -1) {
      throw new RefusedException("mmap gave no memory for " + bytes + " bytes of kernels");
    }
    MemorySegment pages = write(address, bytes, code);
    if ((int) mprotect.invokeExact(address, bytes, readExecute) != 0) {
      throw new RefusedException("mprotect refused to make memory executable");
    }
    return pages;
  }

  private static MemorySegment loadOnWindows(byte[] code, long bytes) throws Throwable {
    int commitAndReserve = 0x3000;
    int readWrite = 0x04;
    int executeRead = 0x20;
    System.loadLibrary("kernel32");
    MethodHandle virtualAlloc =
        find(
            "VirtualAlloc",
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT));
    MethodHandle virtualProtect =
        find(
            "VirtualProtect",
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS));
    long address = (long) virtualAlloc.invokeExact(0L, bytes, commitAndReserve, readWrite);
    if (address == 0) {
      throw new RefusedException("VirtualAlloc gave no memory for " + bytes + " bytes of kernels");
    }
    MemorySegment pages = write(address, bytes, code);
    MemorySegment old = Arena.global().allocate(ValueLayout.JAVA_INT);
    if ((int) virtualProtect.invokeExact(address, bytes, executeRead, old) == 0) {
      throw new RefusedException("VirtualProtect refused to make memory executable");
    }
    return pages;
  }

  private static MemorySegment write(long address, long bytes, byte[] code) {
    MemorySegment pages = MemorySegment.ofAddress(address).reinterpret(bytes);
    MemorySegment.copy(code, 0, pages, ValueLayout.JAVA_BYTE, 0, code.length);
    return pages;
  }

  private static MethodHandle find(String name, FunctionDescriptor type) throws RefusedException {
    Linker linker = Linker.nativeLinker();
    MemorySegment symbol =
        linker
            .defaultLookup()
            .find(name)
            .or(() -> SymbolLookup.loaderLookup().find(name))
            .orElse(MemorySegment.NULL);
    if (symbol.address() == 0) {
      throw new RefusedException("the system's libraries have no function " + name);
    }
    return linker.downcallHandle(symbol, type);
  }
}
