package dev.heed.tensor;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Memory for the activations of one training step, which the next step uses again.
///
/// Tensors made inside [#step] live in it and are gone when the step ends: a later touch throws.
/// Parameters and their gradients are never in it. One thread uses it at a time.
///
/// [Tensor#backwardAndFree] gives blocks back within the step. A block is made before some node of
/// the graph and after the node before it; whatever reads it while the gradients go back is that
/// node or a later one, of which the backward pass comes earlier. So a block may go once the node's
/// backward pass is done, and one made during the backward pass once no gradient lies in it.
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

  /// Blocks given back, by size.
  private final Map<Long, ArrayDeque<MemorySegment>> free = new HashMap<>();

  /// Blocks made since the last node, or since its backward pass began, where that is followed.
  private List<Block> made = new ArrayList<>();

  /// Blocks in which no gradient lies any more.
  private final List<Block> left = new ArrayList<>();

  private boolean freeing;

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
      free.clear();
      made.clear();
      left.clear();
      freeing = false;
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
  /// the part began. Only where nothing remembers how tensors were computed inside the part.
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

  /// The blocks made since this was last called, for the node that is made now.
  List<Block> madeBeforeNode() {
    List<Block> own = made;
    made = new ArrayList<>();
    return own;
  }

  /// From now on blocks are given back.
  void beginFreeing() {
    made.clear();
    left.clear();
    freeing = true;
  }

  void endFreeing() {
    freeing = false;
  }

  boolean isFreeing() {
    return freeing;
  }

  /// Runs a part of the backward pass that makes nodes: what it computes is needed until their own
  /// backward passes.
  Tensor notFreeing(Supplier<Tensor> body) {
    freeing = false;
    try {
      return body.get();
    } finally {
      freeing = true;
    }
  }

  /// Gives back what nothing needs after the backward pass of the node before which `before` were
  /// made.
  void freeAfter(List<Block> before) {
    for (Block block : before) {
      block.needed = false;
      block.freeIfUnused();
    }
    made.forEach(Block::freeIfUnused);
    made.clear();
    left.forEach(Block::freeIfUnused);
    left.clear();
  }

  /// The bytes now in use.
  long takenBytes() {
    return taken;
  }

  Block allocate(long bytes) {
    long size = Memory.roundUp(Math.max(bytes, Memory.ALIGNMENT));
    taken += size;
    peak = Math.max(peak, taken);
    ArrayDeque<MemorySegment> again = free.get(size);
    MemorySegment whole = again == null || again.isEmpty() ? next(size) : again.pop();
    Block block = new Block(whole, whole.asSlice(0, bytes));
    if (freeing || !Node.isOff()) {
      made.add(block);
    }
    return block;
  }

  private MemorySegment next(long size) {
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
    return block;
  }

  /// Memory of one tensor and its views.
  final class Block {
    private final MemorySegment whole;
    private final MemorySegment memory;
    private final long step = number;

    /// Whether a backward pass that is still to come may read it.
    private boolean needed = !freeing;

    /// Gradients that lie in it.
    private int gradients;

    private boolean freed;

    private Block(MemorySegment whole, MemorySegment memory) {
      this.whole = whole;
      this.memory = memory;
    }

    MemorySegment memory() {
      return memory;
    }

    void requireAlive() {
      if (step != number) {
        throw new IllegalStateException(
            "this tensor belongs to step %d, which is over: copy() inside the step keeps it"
                .formatted(step));
      }
      if (freed) {
        throw new IllegalStateException(
            "this tensor was freed by backwardAndFree(): backward() keeps it, or copy() before");
      }
    }

    void addGradient() {
      gradients++;
    }

    void removeGradient() {
      gradients--;
      if (freeing && gradients == 0) {
        left.add(this);
      }
    }

    private void freeIfUnused() {
      if (!freed && !needed && gradients == 0) {
        freed = true;
        taken -= whole.byteSize();
        free.computeIfAbsent(whole.byteSize(), size -> new ArrayDeque<>()).push(whole);
      }
    }
  }
}
