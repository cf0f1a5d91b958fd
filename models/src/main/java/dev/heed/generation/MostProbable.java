package dev.heed.generation;

import java.util.Comparator;
import java.util.PriorityQueue;

/// The largest of many logits, without sorting all of them.
public final class MostProbable {
  private MostProbable() {}

  /// The places of the `count` largest logits (all, if there are fewer), the largest first; of
  /// equal ones the first.
  public static int[] of(float[] logits, int count) {
    PriorityQueue<Integer> best =
        new PriorityQueue<>(
            Comparator.comparingDouble((Integer id) -> logits[id])
                .thenComparing(Comparator.reverseOrder()));
    for (int id = 0; id < logits.length && count > 0; id++) {
      if (best.size() < count) {
        best.add(id);
      } else if (logits[id] > logits[best.element()]) {
        best.poll();
        best.add(id);
      }
    }
    int[] ordered = new int[best.size()];
    for (int i = ordered.length - 1; i >= 0; i--) {
      ordered[i] = best.remove();
    }
    return ordered;
  }
}
