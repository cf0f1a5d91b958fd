package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The relative bias as kernels read it: for each head a row over the distances position − key, so
/// that the queries of a tile, which lie side by side, find their biases side by side; in units of
/// log 2. A distance without a column, which no query sees, has 0.
final class RelativeBias implements AutoCloseable {
  private final int smallest;
  private final int distances;
  private final Scratch memory;

  /// The table for `a`, of zeros where it has no bias.
  RelativeBias(AttentionArguments a) {
    int least = 0;
    int most = 0;
    for (int sequence = 0; sequence < a.queries().count(); sequence++) {
      int offset = a.queryOffset(sequence);
      least = Math.min(least, offset - a.keys().length(sequence));
      most = Math.max(most, offset + a.queries().length(sequence));
    }
    this.smallest = least;
    // A tile reads the places of all its queries, whether they are there or not.
    this.distances = most - least + 2 * FlashTile.QUERIES;
    this.memory = Scratch.take((long) a.heads() * distances);
    memory.memory().asSlice(0, 4L * a.heads() * distances).fill((byte) 0);
    if (a.relativeBias() != null) {
      fill(a.relativeBias(), a.heads());
    }
  }

  private void fill(Tensor bias, int heads) {
    int width = bias.shape().width();
    MemorySegment from = bias.memory();
    MemorySegment to = memory.memory();
    for (int head = 0; head < heads; head++) {
      for (int i = 0; i < distances; i++) {
        int column = width / 2 - (smallest + i);
        if (column >= 0 && column < width) {
          float value = from.getAtIndex(ValueLayout.JAVA_FLOAT, (long) head * width + column);
          to.setAtIndex(
              ValueLayout.JAVA_FLOAT,
              (long) head * distances + i,
              (float) (value * FlashAttention.LOG2_E));
        }
      }
    }
  }

  /// The address of the biases of one head from `position` on, for key index 0.
  long address(int head, int position) {
    return memory.address() + 4 * ((long) head * distances + position - smallest);
  }

  /// How many distances each head has.
  int distances() {
    return distances;
  }

  /// The smallest distance.
  int smallest() {
    return smallest;
  }

  @Override
  public void close() {
    memory.close();
  }

  /// The table that a call needs: none without a bias, unless the scale is not positive, which only
  /// the kernels with a bias can do.
  static @Nullable RelativeBias of(AttentionArguments a) {
    return a.relativeBias() != null || !(a.scale() > 0) ? new RelativeBias(a) : null;
  }
}
