package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Items to learn from and items to try it on, each in their order.
record GroupSplit<T>(List<T> learned, List<T> heldOut) {
  private static final long SITE = -4;

  /// Holds out the share `heldOut` of the items' groups, chosen by `seed`: items that have the same
  /// group stay together.
  ///
  /// @throws IllegalArgumentException if nothing would remain on one side
  static <T> GroupSplit<T> of(List<T> items, Function<T, Object> group, double heldOut, long seed) {
    Map<Object, List<T>> byGroup = new LinkedHashMap<>();
    items.forEach(
        item -> byGroup.computeIfAbsent(group.apply(item), key -> new ArrayList<>()).add(item));
    List<List<T>> groups = List.copyOf(byGroup.values());
    int count = (int) Math.max(1, Math.round(heldOut * groups.size()));
    if (count >= groups.size()) {
      throw new IllegalArgumentException(
          "there must be texts to learn from and to hold out: received %d different ones, of which"
                  .formatted(groups.size())
              + " the share %s is to be held out".formatted(heldOut));
    }
    int[] order = CounterRandom.permutation(groups.size(), CounterRandom.key(seed, 0, SITE));
    boolean[] out = new boolean[groups.size()];
    Arrays.stream(order, 0, count).forEach(place -> out[place] = true);
    List<T> learned = new ArrayList<>();
    List<T> tried = new ArrayList<>();
    for (int i = 0; i < out.length; i++) {
      (out[i] ? tried : learned).addAll(groups.get(i));
    }
    return new GroupSplit<>(learned, tried);
  }
}
