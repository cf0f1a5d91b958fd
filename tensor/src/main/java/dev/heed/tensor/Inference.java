package dev.heed.tensor;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
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
    return Parallel.onPlatformThread(() -> inMemory(body));
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
}
