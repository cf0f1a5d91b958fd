package dev.heed.explorer;

import dev.heed.task.ExploredText;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// What stands in the rows or columns of a picture: each unit is one token, or the tokens of a
/// word. The page makes the same list out of the same text.
record Units(List<int[]> tokens) {
  /// @param words whether the pieces of a word stand together
  /// @param special whether special tokens are shown
  static Units of(ExploredText text, boolean words, boolean special) {
    List<int[]> units = new ArrayList<>();
    for (List<Integer> word : text.words()) {
      if (special || !text.tokens().get(word.getFirst()).special()) {
        int[] places = word.stream().mapToInt(Integer::intValue).toArray();
        if (words) {
          units.add(places);
        } else {
          for (int place : places) {
            units.add(new int[] {place});
          }
        }
      }
    }
    return new Units(units);
  }

  int size() {
    return tokens.size();
  }

  /// Weights [T, S] between units instead of tokens: the sum over the keys of a unit, the mean over
  /// its queries.
  ///
  /// @param weights of one head, row by row
  /// @param count the number of keys S
  static float[] between(Units queries, Units keys, MemorySegment weights, int count) {
    float[] merged = new float[queries.size() * keys.size()];
    for (int t = 0; t < queries.size(); t++) {
      float[] row = row(queries.tokens.get(t), keys, weights, count);
      System.arraycopy(row, 0, merged, t * row.length, row.length);
    }
    return merged;
  }

  /// One row of [#between].
  static float[] row(int[] query, Units keys, MemorySegment weights, int count) {
    float[] sums = new float[count];
    for (int t : query) {
      for (int s = 0; s < count; s++) {
        sums[s] += weights.getAtIndex(ValueLayout.JAVA_FLOAT, (long) t * count + s);
      }
    }
    float[] row = new float[keys.size()];
    for (int s = 0; s < row.length; s++) {
      float sum = 0;
      for (int place : keys.tokens.get(s)) {
        sum += sums[place];
      }
      row[s] = sum / query.length;
    }
    return row;
  }
}
