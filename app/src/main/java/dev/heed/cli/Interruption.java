package dev.heed.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Lets long work end well on Ctrl-C: it is told, saves what it has and says so, and only then the
/// process ends, with exit code 130 (143 after `kill`).
///
/// ```
/// try (var interruption = Interruption.watch()) {
///   while (steps-- > 0 && !interruption.requested()) { step(); }
/// }
/// save();
/// ```
///
/// It is a shutdown hook that waits for [Main] to end, because the JDK has no supported way to
/// handle a signal; the JVM sets the exit code.
final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;
  private static final CountDownLatch MAIN_ENDED = new CountDownLatch(1);

  private final Thread hook = new Thread(this::awaitMain, "heed-interruption");
  private volatile boolean requested;

  private Interruption() {}

  /// Begins to watch; [#close] ends it.
  static Interruption watch() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /// Lets a process go that waits to end: all that was to be done and said is done and said.
  static void mainEnded() {
    MAIN_ENDED.countDown();
  }

  /// Whether the work should end now.
  boolean requested() {
    return requested;
  }

  /// Ends to watch. After a signal the process still waits for [#mainEnded].
  @Override
  public void close() {
    if (requested) {
      return;
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The signal came at this very moment.
      requested = true;
    }
  }

  private void awaitMain() {
    requested = true;
    try {
      if (!MAIN_ENDED.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("heed: gave up waiting for the work to end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
