package dev.heed.nn.recurrent;

import dev.heed.tensor.Sequences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// In which order the tokens of texts are read together: the first of all texts, then the second …,
/// the longest text first, so that at every step those that still have a token are the first rows.
///
/// @param texts their numbers, the longest first
/// @param tokens the rows of the tokens as they are read
/// @param places where each token stands among `tokens`
/// @param lastPlaces where each text's last token stands among them; −1 for an empty text
/// @param active how many texts have a token at each step
record ReadingOrder(
    int[] texts, int[] tokens, int[] places, int[] lastPlaces, List<Integer> active) {

  /// @param reversed whether texts are read from their last token to the first
  static ReadingOrder of(Sequences sequences, boolean reversed) {
    int count = sequences.count();
    int[] longestFirst =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingInt(i -> -sequences.length(i)))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] tokens = new int[sequences.rows()];
    int[] places = new int[sequences.rows()];
    int[] lastPlaces = new int[count];
    Arrays.fill(lastPlaces, -1);
    List<Integer> active = new ArrayList<>();
    int place = 0;
    for (int t = 0; t < sequences.longest(); t++) {
      int rows = 0;
      while (rows < count && sequences.length(longestFirst[rows]) > t) {
        int text = longestFirst[rows];
        int token = reversed ? sequences.start(text + 1) - 1 - t : sequences.start(text) + t;
        tokens[place] = token;
        places[token] = place;
        lastPlaces[text] = place;
        place++;
        rows++;
      }
      active.add(rows);
    }
    return new ReadingOrder(longestFirst, tokens, places, lastPlaces, active);
  }
}
