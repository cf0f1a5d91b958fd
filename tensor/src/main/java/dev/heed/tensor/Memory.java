package dev.heed.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// Off-heap memory that nobody has to close: blocks aligned to 64 bytes, pooled by size.
///
/// A block returns to the pool when the garbage collector finds its segment unreachable. The heap
/// alone would give the collector no reason to run, so the pool asks for a collection when the
/// bytes handed out have doubled since the last one.
///
/// Small tensors share a block: one cleaning action for each would cost more than most operations
/// on them, and many threads would make them faster than the one cleaner thread can run them.
final class Memory {
  static final long ALIGNMENT = 64;

  private static final long SLAB = 4L << 20;
  private static final long LARGE = 1L << 20;
  private static final long FIRST_COLLECTION = 96L << 20;
  private static final long SMALL = 4L << 10;
  private static final long SHARED = 64L << 10;
  private static final SharedBlock[] shared = new SharedBlock[16];

  private static final Map<Long, ArrayDeque<Block>> free = new HashMap<>();
  private static MemorySegment slab = MemorySegment.NULL;
  private static long slabUsed;
  private static long live;
  private static long pooled;
  private static volatile boolean nativeAccessDenied;
  private static long collectAt = FIRST_COLLECTION;

  static {
    for (int i = 0; i < shared.length; i++) {
      shared[i] = new SharedBlock();
    }
  }

  private Memory() {}

  /// Read when memory is first taken in earnest: most commands never ask.
  private static final class Limit {
    static final MemoryLimit OF_THIS_PROCESS = MemoryLimit.ofThisProcess();
  }

  /// A block of memory and, for a large one, the arena that gives it back to the system.
  private record Block(long address, long size, Arena arena) {}

  /// At least `bytes` bytes with undefined content, in a segment of exactly `bytes`.
  static MemorySegment allocate(long bytes) {
    if (bytes <= SMALL) {
      int mine = (int) Thread.currentThread().threadId() & shared.length - 1;
      return shared[mine].allocate(bytes);
    }
    return allocateBlock(bytes);
  }

  /// Hands out parts of a block until it is full. A block returns when none of its parts is
  /// reachable.
  private static final class SharedBlock {
    private MemorySegment block = MemorySegment.NULL;
    private long used;

    synchronized MemorySegment allocate(long bytes) {
      long size = (Math.max(bytes, 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
      if (used + size > block.byteSize()) {
        block = allocateBlock(SHARED);
        used = 0;
      }
      MemorySegment part = block.asSlice(used, bytes);
      used += size;
      return part;
    }
  }

  private static MemorySegment allocateBlock(long bytes) {
    long size = roundUp(Math.max(bytes, ALIGNMENT));
    if (nativeAccessDenied) {
      return Arena.ofAuto().allocate(size, ALIGNMENT).asSlice(0, bytes);
    }
    Block block = take(size);
    try {
      return MemorySegment.ofAddress(block.address)
          .reinterpret(block.size, Arena.ofAuto(), ignored -> giveBack(block))
          .asSlice(0, bytes);
    } catch (IllegalCallerException denied) {
      nativeAccessDenied = true; // no pool then: the collector frees each block
      giveBack(block);
      return allocateBlock(bytes);
    }
  }

  /// The bytes now handed out and not yet found unreachable.
  static synchronized long liveBytes() {
    return live;
  }

  private static Block take(long size) {
    boolean collect;
    synchronized (Memory.class) {
      collect = live + size > collectAt;
    }
    if (collect) {
      collect(size);
      if (size >= LARGE) {
        Limit.OF_THIS_PROCESS.require("a tensor", size);
      }
    }
    synchronized (Memory.class) {
      live += size;
      ArrayDeque<Block> blocks = free.get(size);
      if (blocks != null && !blocks.isEmpty()) {
        pooled -= size;
        return blocks.pop();
      }
      if (size < LARGE) {
        if (slabUsed + size > slab.byteSize()) {
          slab = Arena.global().allocate(SLAB, ALIGNMENT);
          slabUsed = 0;
        }
        long address = slab.address() + slabUsed;
        slabUsed += size;
        return new Block(address, size, Arena.global());
      }
    }
    try {
      Arena arena = Arena.ofShared();
      return new Block(arena.allocate(size, ALIGNMENT).address(), size, arena);
    } catch (OutOfMemoryError e) {
      synchronized (Memory.class) {
        live -= size;
      }
      throw e;
    }
  }

  private static void collect(long size) {
    System.gc();
    // The cleaner thread gives the blocks back; it needs a moment after the collection.
    long before = liveBytes();
    for (int wait = 1; wait <= 16; wait *= 2) {
      try {
        Thread.sleep(wait);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
      long now = liveBytes();
      if (now == before && wait > 2) {
        break;
      }
      before = now;
    }
    synchronized (Memory.class) {
      long limit = Limit.OF_THIS_PROCESS.bytes();
      long doubled = 2 * (live + size);
      collectAt = Math.max(FIRST_COLLECTION, limit == 0 ? doubled : Math.min(doubled, limit));
    }
  }

  private static void giveBack(Block block) {
    synchronized (Memory.class) {
      live -= block.size;
      boolean keep = block.size < LARGE || pooled + block.size <= Math.max(FIRST_COLLECTION, live);
      if (keep) {
        pooled += block.size;
        free.computeIfAbsent(block.size, key -> new ArrayDeque<>()).push(block);
        return;
      }
    }
    block.arena.close();
  }

  /// The next size class: four steps between powers of two, so at most a quarter is wasted.
  static long roundUp(long bytes) {
    long power = Long.highestOneBit(Math.max(bytes - 1, 1));
    long step = Math.max(power / 4, ALIGNMENT);
    return (bytes + step - 1) / step * step;
  }
}
