package dev.heed.explorer;

import dev.heed.task.ExploredText;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
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
    int[] ofTokens = keys.ofTokens(count);
    for (int t = 0; t < queries.size(); t++) {
      float[] row = row(queries.tokens.get(t), keys, ofTokens, weights, count);
      System.arraycopy(row, 0, merged, t * row.length, row.length);
    }
    return merged;
  }

  /// One row of [#between].
  static float[] row(int[] query, Units keys, MemorySegment weights, int count) {
    return row(query, keys, keys.ofTokens(count), weights, count);
  }

  /// The unit of each token, −1 for those that are not shown.
  int[] ofTokens(int count) {
    int[] units = new int[count];
    Arrays.fill(units, -1);
    for (int i = 0; i < tokens.size(); i++) {
      for (int place : tokens.get(i)) {
        units[place] = i;
      }
    }
    return units;
  }

  /// One row of [#between].
  ///
  /// @param ofTokens of the keys
  static float[] row(int[] query, Units keys, int[] ofTokens, MemorySegment weights, int count) {
    float[] one = new float[count];
    float[] row = new float[keys.size()];
    for (int t : query) {
      MemorySegment.copy(weights, ValueLayout.JAVA_FLOAT, 4L * t * count, one, 0, count);
      for (int s = 0; s < count; s++) {
        if (ofTokens[s] >= 0) {
          row[ofTokens[s]] += one[s];
        }
      }
    }
    for (int s = 0; query.length > 1 && s < row.length; s++) {
      row[s] /= query.length;
    }
    return row;
  }
}
