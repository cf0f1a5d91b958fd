package dev.heed.cli.terminal;

import java.io.Console;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Asks the system how wide the terminal behind a file descriptor is.
///
/// One `ioctl(TIOCGWINSZ)` answers both questions: it fails where there is no terminal. The JDK has
/// no call for it ([java.io.Console] looks at standard input and output together).
final class WindowSize {
  // _IOR('t', 104, struct winsize) on macOS and BSD; a plain number on Linux.
  private static final long TIOCGWINSZ_LINUX = 0x5413;
  private static final long TIOCGWINSZ_MAC = 0x40087468;
  private static final int BYTES = 8; // struct winsize: rows, columns, x pixels, y pixels
  private static final int COLUMNS_OFFSET = 2;

  private static final FunctionDescriptor SIX_INTEGERS =
      FunctionDescriptor.of(
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG,
          ValueLayout.JAVA_LONG);

  private static final @Nullable MethodHandle IOCTL = find();

  private WindowSize() {}

  /// The width in columns; 0 where the terminal does not know; −1 where there is no terminal.
  static int columns(int descriptor) {
    MethodHandle ioctl = IOCTL;
    if (ioctl == null) {
      return consoleIsTerminal() ? 0 : -1;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(BYTES);
      long status =
          (long) ioctl.invokeExact((long) descriptor, request(), size.address(), 0L, 0L, 0L);
      return (int) status == 0
          ? Short.toUnsignedInt(size.get(ValueLayout.JAVA_SHORT, COLUMNS_OFFSET))
          : -1;
    } catch (Throwable e) {
      return -1;
    }
  }

  private static long request() {
    return system().startsWith("linux") ? TIOCGWINSZ_LINUX : TIOCGWINSZ_MAC;
  }

  private static @Nullable MethodHandle find() {
    if (system().startsWith("windows") || !WindowSize.class.getModule().isNativeAccessEnabled()) {
      return null;
    }
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("ioctl")
        .map(address -> linker.downcallHandle(address, SIX_INTEGERS, convention()))
        .orElse(null);
  }

  /// Where what comes after the second argument goes: on macOS to the stack, elsewhere to registers
  /// like any argument. There the call is of the type that the kernels have, which is costly to
  /// link and linked once.
  private static Linker.Option convention() {
    return system().startsWith("mac")
        ? Linker.Option.firstVariadicArg(2)
        : Linker.Option.critical(false);
  }

  @SuppressWarnings("SystemConsoleNull") // it still is null where the JDK has no console module
  private static boolean consoleIsTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private static String system() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT);
  }
}
