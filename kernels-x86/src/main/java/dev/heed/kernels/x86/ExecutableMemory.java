package dev.heed.kernels.x86;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

  private static MemorySegment loadOnPosix(byte[] code, long bytes) throws RefusedException {
    boolean linux = System.getProperty("os.name", "").startsWith("Linux");
    int readWrite = 3;
    int readExecute = 5;
    int privateAnonymous = linux ? 0x22 : 0x1002;
    MemorySegment mmap = find("mmap");
    MemorySegment mprotect = find("mprotect");
    long address = NativeCall.call(mmap, 0, bytes, readWrite, privateAnonymous, -1, 0);
    if (address == -1) {
      throw new RefusedException("mmap gave no memory for " + bytes + " bytes of kernels");
    }
    MemorySegment pages = write(address, bytes, code);
    if ((int) NativeCall.call(mprotect, address, bytes, readExecute, 0, 0, 0) != 0) {
      throw new RefusedException("mprotect refused to make memory executable");
    }
    return pages;
  }

  private static MemorySegment loadOnWindows(byte[] code, long bytes) throws RefusedException {
    int commitAndReserve = 0x3000;
    int readWrite = 0x04;
    int executeRead = 0x20;
    System.loadLibrary("kernel32");
    MemorySegment virtualAlloc = find("VirtualAlloc");
    MemorySegment virtualProtect = find("VirtualProtect");
    long address = NativeCall.call(virtualAlloc, 0, bytes, commitAndReserve, readWrite, 0, 0);
    if (address == 0) {
      throw new RefusedException("VirtualAlloc gave no memory for " + bytes + " bytes of kernels");
    }
    MemorySegment pages = write(address, bytes, code);
    long old = Arena.global().allocate(ValueLayout.JAVA_INT).address();
    if ((int) NativeCall.call(virtualProtect, address, bytes, executeRead, old, 0, 0) == 0) {
      throw new RefusedException("VirtualProtect refused to make memory executable");
    }
    return pages;
  }

  private static MemorySegment write(long address, long bytes, byte[] code) {
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes)
        .copyFrom(MemorySegment.ofArray(code));
  }

  private static MemorySegment find(String name) throws RefusedException {
    MemorySegment symbol = NativeCall.find(name);
    if (symbol.address() == 0) {
      throw new RefusedException("the system's libraries have no function " + name);
    }
    return symbol;
  }
}
