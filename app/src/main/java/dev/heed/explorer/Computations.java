package dev.heed.explorer;

import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// One computation at a time for each model; the others wait in their order. A page that was
/// closed, or that asked for the same thing anew, waits for nothing any more: its computation ends.
final class Computations {
  /// A page says that it is open every few seconds, a hidden one in a browser that saves energy
  /// every minute.
  private static final long FORGOTTEN_NANOS = TimeUnit.SECONDS.toNanos(75);

  private static final int MOST_WAITING = 16;
  private static final int MOST_PAGES = 256;

  private final Map<String, Turn> turns = new ConcurrentHashMap<>();
  private final Map<String, Page> pages = new ConcurrentHashMap<>();
  private final LongSupplier nanos;

  Computations(LongSupplier nanos) {
    this.nanos = nanos;
  }

  private static final class Turn {
    private final Semaphore one = new Semaphore(1, true);
    private final AtomicInteger waiting = new AtomicInteger();
  }

  private static final class Page {
    private final Map<String, AtomicLong> asked = new ConcurrentHashMap<>();
    private volatile long seen;
    private volatile boolean left;
  }

  /// The page is open.
  void seen(String page) {
    if (pages.size() > MOST_PAGES) {
      pages.values().removeIf(this::isGone);
    }
    Page known = pages.computeIfAbsent(page, none -> new Page());
    known.seen = nanos.getAsLong();
    known.left = false;
  }

  /// The page was closed.
  void left(String page) {
    Page known = pages.remove(page);
    if (known != null) {
      known.left = true;
    }
  }

  private boolean isGone(Page page) {
    return page.left || nanos.getAsLong() - page.seen > FORGOTTEN_NANOS;
  }

  /// How many computations wait for a model or run on it.
  int waiting(String model) {
    Turn turn = turns.get(model);
    return turn == null ? 0 : turn.waiting.get();
  }

  /// Computes when it is this one's turn.
  ///
  /// @param purpose what the page wants it for; a later one for the same purpose replaces it
  /// @param body gets what says whether nobody waits any more
  /// @throws CancellationException if so
  /// @throws Busy if too many wait
  <T> T compute(String model, String page, String purpose, Function<BooleanSupplier, T> body) {
    seen(page);
    Page asking = pages.computeIfAbsent(page, none -> new Page());
    AtomicLong newest = asking.asked.computeIfAbsent(purpose, none -> new AtomicLong());
    long ticket = newest.incrementAndGet();
    BooleanSupplier cancelled = () -> newest.get() != ticket || isGone(asking);
    Turn turn = turns.computeIfAbsent(model, none -> new Turn());
    if (turn.waiting.incrementAndGet() > MOST_WAITING) {
      turn.waiting.decrementAndGet();
      throw new Busy("the model has too much to do: try again in a moment");
    }
    try {
      while (!turn.one.tryAcquire(100, TimeUnit.MILLISECONDS)) {
        requireWanted(cancelled);
      }
      try {
        requireWanted(cancelled);
        return body.apply(cancelled);
      } finally {
        turn.one.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    } finally {
      turn.waiting.decrementAndGet();
    }
  }

  private static void requireWanted(BooleanSupplier cancelled) {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("nobody waits for this any more");
    }
  }

  /// Too many computations wait.
  static final class Busy extends RuntimeException {
    private static final long serialVersionUID = 1;

    Busy(String message) {
      super(message);
    }
  }
}
