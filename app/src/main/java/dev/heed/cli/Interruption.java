package dev.heed.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Lets long work end well on Ctrl-C: it is told, saves what it has, and only then the process
/// ends, with exit code 130 (143 after `kill`).
///
/// ```
/// try (var interruption = Interruption.watch()) {
///   while (steps-- > 0 && !interruption.requested()) { step(); }
///   save();
/// }
/// ```
///
/// It is a shutdown hook that waits, because the JDK has no supported way to handle a signal; the
/// JVM sets the exit code.
final class Interruption implements AutoCloseable {
  private static final int PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::awaitWork, "heed-interruption");
  private volatile boolean requested;

  private Interruption() {}

  /// Begins to watch; [#close] ends it.
  static Interruption watch() {
    Interruption interruption = new Interruption();
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /// Whether the work should end now.
  boolean requested() {
    return requested;
  }

  @Override
  public void close() {
    finished.countDown();
    if (!requested) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The signal came at this very moment: the hook finds the work finished.
        requested = true;
      }
    }
  }

  private void awaitWork() {
    requested = true;
    try {
      if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("heed: gave up waiting for the work to end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
