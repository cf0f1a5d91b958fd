package dev.heed.tensor;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Memory for the activations of one training step, which the next step uses again.
///
/// Tensors made inside [#step] live in it and are gone when the step ends: a later touch throws.
/// Parameters and their gradients are never in it. One thread uses it at a time.
public final class StepMemory {
  private static final long SLAB = 64L << 20;
  private static final ThreadLocal<@Nullable StepMemory> CURRENT = new ThreadLocal<>();

  private final long slabBytes;
  private final List<MemorySegment> slabs = new ArrayList<>();
  private int slab;
  private long used;
  private long taken;
  private long peak;
  private volatile long number;
  private final AtomicBoolean running = new AtomicBoolean();

  public StepMemory() {
    this(SLAB);
  }

  /// Memory that grows by `slabBytes`, or what one tensor needs.
  StepMemory(long slabBytes) {
    this.slabBytes = slabBytes;
  }

  /// Runs one step; tensors made on this thread meanwhile live in this memory.
  ///
  /// @throws IllegalStateException if a step already runs on this thread, or in this memory
  public <T> T step(Supplier<T> body) {
    if (CURRENT.get() != null) {
      throw new IllegalStateException("a step already runs on this thread: steps do not nest");
    }
    if (!running.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "step %d of this memory still runs: one thread uses it at a time".formatted(number));
    }
    CURRENT.set(this);
    try {
      return body.get();
    } finally {
      CURRENT.remove();
      number++;
      slab = 0;
      used = 0;
      taken = 0;
      running.set(false);
    }
  }

  /// The number of the step that runs now, or that runs next; from 0.
  public long number() {
    return number;
  }

  /// The most bytes that any step had in use at once.
  public long peakBytes() {
    return peak;
  }

  /// The bytes that this holds, in use or not.
  long capacity() {
    return slabs.stream().mapToLong(MemorySegment::byteSize).sum();
  }

  /// Runs a part of a step and frees all tensors that it made but its result, which moves to where
  /// the part began. Only where nothing remembers how tensors were computed.
  Tensor keepingResult(Supplier<Tensor> body) {
    int slabBefore = slab;
    long usedBefore = used;
    long takenBefore = taken;
    Tensor result = body.get();
    MemorySegment from = result.memory();
    slab = slabBefore;
    used = usedBefore;
    taken = takenBefore;
    Tensor kept = Tensor.empty(result.shape(), result.dtype());
    kept.memory().copyFrom(from); // they may overlap
    return kept;
  }

  static @Nullable StepMemory current() {
    return CURRENT.get();
  }

  /// Runs `body` with tensors made outside the step's memory, so that they outlive it.
  static <T> T outside(Supplier<T> body) {
    StepMemory suspended = CURRENT.get();
    CURRENT.remove();
    try {
      return body.get();
    } finally {
      if (suspended != null) {
        CURRENT.set(suspended);
      }
    }
  }

  MemorySegment allocate(long bytes) {
    long size = Memory.roundUp(Math.max(bytes, Memory.ALIGNMENT));
    taken += size;
    peak = Math.max(peak, taken);
    while (slab < slabs.size() && used + size > slabs.get(slab).byteSize()) {
      slab++;
      used = 0;
    }
    if (slab == slabs.size()) {
      slabs.add(Memory.allocate(Math.max(slabBytes, size)));
      used = 0;
    }
    MemorySegment block = slabs.get(slab).asSlice(used, size);
    used += size;
    return block.asSlice(0, bytes);
  }
}
