package dev.heed.tokenizer.train;

import dev.heed.tokenizer.model.CharTrie;
import java.util.Arrays;
import java.util.List;

/// All ways to cut a word into pieces, summed over or searched for the best.
///
/// Every character must be a piece.
final class PieceLattice {
  private final CharTrie trie = new CharTrie();
  private final double[] scores;

  PieceLattice(List<String> pieces, double[] scores) {
    this.scores = scores;
    for (int i = 0; i < scores.length; i++) {
      trie.put(pieces.get(i), i);
    }
  }

  /// Adds to `expected` how often each piece is used in the word, over all ways weighted by their
  /// probability, times `count`: the forward-backward algorithm.
  void expect(char[] text, int from, int to, double count, double[] expected) {
    int n = to - from;
    double[] forward = new double[n + 1];
    double[] backward = new double[n + 1];
    Arrays.fill(forward, Double.NEGATIVE_INFINITY);
    Arrays.fill(backward, Double.NEGATIVE_INFINITY);
    forward[0] = 0;
    backward[n] = 0;
    for (int i = 0; i < n; i++) {
      if (forward[i] == Double.NEGATIVE_INFINITY) {
        continue;
      }
      int node = CharTrie.root();
      for (int j = i + 1; j <= n && (node = trie.child(node, text[from + j - 1])) >= 0; j++) {
        int id = trie.value(node);
        if (id >= 0) {
          forward[j] = addLogs(forward[j], forward[i] + scores[id]);
        }
      }
    }
    for (int i = n - 1; i >= 0; i--) {
      int node = CharTrie.root();
      for (int j = i + 1; j <= n && (node = trie.child(node, text[from + j - 1])) >= 0; j++) {
        int id = trie.value(node);
        if (id >= 0 && backward[j] != Double.NEGATIVE_INFINITY) {
          backward[i] = addLogs(backward[i], backward[j] + scores[id]);
          expected[id] += count * Math.exp(forward[i] + scores[id] + backward[j] - forward[n]);
        }
      }
    }
  }

  private static double addLogs(double a, double b) {
    double larger = Math.max(a, b);
    double smaller = Math.min(a, b);
    return smaller == Double.NEGATIVE_INFINITY || larger - smaller > 50
        ? larger
        : larger + Math.log1p(Math.exp(smaller - larger));
  }

  /// The pieces of the most probable way without the piece `without` (-1 for no exception), the
  /// last first.
  int[] best(char[] text, int from, int to, int without) {
    int n = to - from;
    double[] best = new double[n + 1];
    int[] previous = new int[n + 1];
    int[] ids = new int[n + 1];
    Arrays.fill(best, Double.NEGATIVE_INFINITY);
    best[0] = 0;
    for (int i = 0; i < n; i++) {
      if (best[i] == Double.NEGATIVE_INFINITY) {
        continue;
      }
      int node = CharTrie.root();
      for (int j = i + 1; j <= n && (node = trie.child(node, text[from + j - 1])) >= 0; j++) {
        int id = trie.value(node);
        if (id >= 0 && id != without && best[i] + scores[id] > best[j]) {
          best[j] = best[i] + scores[id];
          previous[j] = i;
          ids[j] = id;
        }
      }
    }
    IntList path = new IntList();
    for (int j = n; j > 0; j = previous[j]) {
      path.add(ids[j]);
    }
    return path.toArray();
  }
}
