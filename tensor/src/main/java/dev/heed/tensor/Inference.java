package dev.heed.tensor;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/// Computing without gradients, for any number of callers: as many compute at once as there are
/// cores, each in memory that the next caller uses again, so memory does not grow with the callers.
///
/// A virtual thread hands its work to a platform thread: computing on its carrier would hold up all
/// other virtual threads.
public final class Inference {
  /// Sentences need a few megabytes; more is added as it is needed.
  private static final long SLAB = 8L << 20;

  /// What one memory may keep for the next caller.
  private static final long KEPT = 256L << 20;

  private static final int AT_ONCE = Runtime.getRuntime().availableProcessors();
  private static final Semaphore RUNNING = new Semaphore(AT_ONCE);
  private static final ConcurrentLinkedDeque<StepMemory> MEMORIES = new ConcurrentLinkedDeque<>();

  private Inference() {}

  /// Runs `body` and gives its result, which must not be a tensor that it made: those are gone then
  /// ([Tensor#copy] or an array keeps their elements). Inside a training step, or another call of
  /// this, it runs in the memory of that.
  public static <T> T run(Supplier<T> body) {
    if (StepMemory.current() != null) {
      return Tensor.noGrad(body);
    }
    return Thread.currentThread().isVirtual() ? onPlatformThread(body) : inMemory(body);
  }

  /// Runs a part of a computation, such as one layer, and frees all that it made but its result.
  /// Outside of [#run], and where gradients are wanted, it just runs.
  public static Tensor keepingResult(Supplier<Tensor> body) {
    StepMemory memory = StepMemory.current();
    return memory == null || !Node.isOff() ? body.get() : memory.keepingResult(body);
  }

  private static <T> T inMemory(Supplier<T> body) {
    RUNNING.acquireUninterruptibly();
    try {
      StepMemory pooled = MEMORIES.poll();
      StepMemory memory = pooled == null ? new StepMemory(SLAB) : pooled;
      T result = memory.step(() -> Tensor.noGrad(body));
      if (memory.capacity() <= KEPT) {
        MEMORIES.push(memory);
      }
      return result;
    } finally {
      RUNNING.release();
    }
  }

  private static <T> T onPlatformThread(Supplier<T> body) {
    FutureTask<T> task = new FutureTask<>(() -> inMemory(body));
    Threads.POOL.execute(task);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return task.get();
        } catch (InterruptedException e) {
          interrupted = true; // the result is on its way, and nobody could stop it
        } catch (ExecutionException e) {
          switch (e.getCause()) {
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case null, default -> throw new IllegalStateException(e);
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /// Started only where a virtual thread asks.
  private static final class Threads {
    private static final AtomicInteger MADE = new AtomicInteger();
    static final ThreadPoolExecutor POOL =
        new ThreadPoolExecutor(
            AT_ONCE,
            AT_ONCE,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            body -> {
              Thread thread = new Thread(body, "heed-inference-" + MADE.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });

    static {
      POOL.allowCoreThreadTimeOut(true);
    }

    private Threads() {}
  }
}
