package dev.heed.tensor;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The one thread pool of the process: a thread per core that spins briefly for the next job, then
/// parks.
///
/// A task writes only what no other task of the job touches, and what a task adds up does not
/// depend on the number of threads: so the result has the same bits for any number.
public final class Parallel {
  private static final long SPIN_NANOS = 50_000;
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static volatile @Nullable Job current;

  /// Set while the number of threads changes: callers that keep the lock busy would never let it.
  private static volatile boolean changing;

  private static volatile Worker[] workers = start(configuredThreads() - 1);

  private Parallel() {}

  /// The number of threads that compute, the caller's included: `-Dheed.threads`, else one per
  /// core.
  public static int threads() {
    return workers.length + 1;
  }

  /// Changes the number of threads that compute; it changes no result.
  ///
  /// @throws IllegalArgumentException if fewer than 1
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be 1 or more: received " + threads);
    }
    changing = true;
    LOCK.lock();
    try {
      Worker[] stopped = workers;
      workers = start(threads - 1);
      for (Worker worker : stopped) {
        worker.stopped = true;
        LockSupport.unpark(worker);
      }
    } finally {
      changing = false;
      LOCK.unlock();
    }
  }

  /// Runs `task` for 0 … `tasks` − 1 and returns when all are done. A task that itself calls this,
  /// and a caller that finds the pool busy, computes alone. A virtual thread waits while a platform
  /// thread computes for it, so that its carrier stays free for others.
  public static void run(int tasks, IntConsumer task) {
    if (tasks > 1 && Thread.currentThread().isVirtual()) {
      onPlatformThread(() -> {
        run(tasks, task);
        return tasks;
      });
      return;
    }
    boolean alone =
        tasks <= 1
            || workers.length == 0
            || changing
            || Thread.currentThread() instanceof Worker
            || LOCK.isHeldByCurrentThread();
    if (alone || !LOCK.tryLock()) {
      for (int i = 0; i < tasks; i++) {
        task.accept(i);
      }
      return;
    }
    try {
      Job job = new Job(tasks, task);
      current = job;
      int helpers = Math.min(tasks - 1, workers.length);
      for (int i = 0; i < helpers; i++) {
        if (workers[i].parked) {
          LockSupport.unpark(workers[i]);
        }
      }
      job.work();
      job.await();
      current = null;
      job.rethrow();
    } finally {
      LOCK.unlock();
    }
  }

  /// Platform threads that call [Parallel#run] for virtual ones, as many as there are cores.
  private static final class Deputies {
    private static final ExecutorService THREADS =
        Executors.newFixedThreadPool(
            configuredThreads(), Thread.ofPlatform().daemon().name("heed deputy ", 1).factory());

    private Deputies() {}

    static <T> T run(Supplier<T> body) {
      try {
        // join() is not interruptible: the memory must not be let go while a deputy writes to it.
        return CompletableFuture.supplyAsync(body, THREADS).join();
      } catch (CompletionException failed) {
        switch (failed.getCause()) {
          case RuntimeException e -> throw e;
          case Error e -> throw e;
          case null, default -> throw failed;
        }
      }
    }
  }

  /// Runs `body` on a platform thread, in the caller's precision; a virtual thread that calls this
  /// waits meanwhile.
  static <T> T onPlatformThread(Supplier<T> body) {
    if (!Thread.currentThread().isVirtual()) {
      return body.get();
    }
    Precision precision = Precision.current();
    return Deputies.run(() -> precision.compute(body));
  }

  private static int configuredThreads() {
    return Math.max(
        1, Integer.getInteger("heed.threads", Runtime.getRuntime().availableProcessors()));
  }

  private static Worker[] start(int count) {
    Worker[] started = new Worker[count];
    for (int i = 0; i < count; i++) {
      started[i] = new Worker(i + 1);
      started[i].start();
    }
    return started;
  }

  private static final class Job {
    private final int tasks;
    private final IntConsumer task;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger unfinished;
    private final Thread caller = Thread.currentThread();
    private volatile @Nullable Throwable failure;

    Job(int tasks, IntConsumer task) {
      this.tasks = tasks;
      this.task = task;
      this.unfinished = new AtomicInteger(tasks);
    }

    void work() {
      for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
        try {
          if (failure == null) {
            task.accept(i);
          }
        } catch (Throwable thrown) {
          failure = thrown;
        }
        if (unfinished.decrementAndGet() == 0 && Thread.currentThread() != caller) {
          LockSupport.unpark(caller);
        }
      }
    }

    void await() {
      long deadline = System.nanoTime() + SPIN_NANOS;
      while (unfinished.get() > 0) {
        if (System.nanoTime() < deadline) {
          Thread.onSpinWait();
        } else {
          LockSupport.parkNanos(this, 1_000_000);
        }
      }
    }

    void rethrow() {
      switch (failure) {
        case null -> {}
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        case Throwable e -> throw new IllegalStateException(e);
      }
    }
  }

  private static final class Worker extends Thread {
    private volatile boolean parked;
    private volatile boolean stopped;

    Worker(int number) {
      super("heed-" + number);
      setDaemon(true);
    }

    @Override
    public void run() {
      Job last = null;
      long deadline = System.nanoTime() + SPIN_NANOS;
      while (!stopped) {
        Job job = current;
        if (job != null && job != last) {
          job.work();
          last = job;
          deadline = System.nanoTime() + SPIN_NANOS;
        } else if (System.nanoTime() < deadline) {
          Thread.onSpinWait();
        } else {
          last = null; // a finished job must not be kept alive by a sleeping thread
          parked = true;
          job = current;
          if ((job == null || job.next.get() >= job.tasks) && !stopped) {
            LockSupport.park(this);
          }
          parked = false;
          deadline = System.nanoTime() + SPIN_NANOS;
        }
      }
    }
  }
}
