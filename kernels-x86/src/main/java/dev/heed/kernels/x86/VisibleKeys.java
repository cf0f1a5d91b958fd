package dev.heed.kernels.x86;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// The keys of one sequence that a run of its queries may attend to, numbered in order without
/// those that the key mask leaves out: kernels never meet a masked key.
final class VisibleKeys {
  private final AttentionArguments a;
  private final int sequence;
  private final int first;
  private final int end;
  private final int count;

  /// How many keys of those from `first` on come before each and are not masked; null without mask.
  private final int @Nullable [] before;

  /// The keys for the queries `fromQuery` … `toQuery` − 1, at least one.
  VisibleKeys(AttentionArguments a, int sequence, int fromQuery, int toQuery) {
    this.a = a;
    this.sequence = sequence;
    int offset = a.queryOffset(sequence);
    int length = a.keys().length(sequence);
    first = Math.min(length, a.firstKey(fromQuery + offset));
    end = Math.max(first, a.endKey(toQuery - 1 + offset, length));
    Tensor mask = a.keyMask();
    if (mask == null) {
      before = null;
      count = end - first;
      return;
    }
    MemorySegment bits = mask.memory();
    before = new int[end - first + 1];
    int seen = 0;
    for (int i = 0; i < end - first; i++) {
      before[i] = seen;
      long row = a.keys().start(sequence) + (long) first + i;
      if (bits.getAtIndex(ValueLayout.JAVA_INT, row) != 0) {
        seen++;
      }
    }
    before[end - first] = seen;
    count = seen;
  }

  /// How many keys there are.
  int count() {
    return count;
  }

  /// The number of the first key that a query may attend to, if it may attend to any.
  int firstNumber(int query) {
    return number(a.firstKey(query + a.queryOffset(sequence)));
  }

  /// One past the number of the last key that a query may attend to; not below [#firstNumber].
  int endNumber(int query) {
    int position = query + a.queryOffset(sequence);
    int endKey = a.endKey(position, a.keys().length(sequence));
    return Math.max(number(endKey), firstNumber(query));
  }

  private int number(int key) {
    int i = Math.clamp(key, first, end) - first;
    return before == null ? i : before[i];
  }

  /// Each key's index in its sequence.
  int[] indices() {
    int[] indices = new int[count];
    int number = 0;
    for (int key = first; key < end; key++) {
      if (before == null || before[key - first] < before[key - first + 1]) {
        indices[number++] = key;
      }
    }
    return indices;
  }
}
