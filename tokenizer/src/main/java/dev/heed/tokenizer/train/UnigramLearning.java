package dev.heed.tokenizer.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleConsumer;
import java.util.stream.IntStream;

/// Learns a unigram vocabulary: starts from many frequent pieces and drops, again and again, those
/// that the likelihood of the text misses least.
///
/// Source: Kudo 2018, section 3.2, and SentencePiece's trainer: expectation maximisation with two
/// steps a round, a quarter of the pieces dropped each time, single characters always kept.
/// Differs: seed pieces are counted directly, up to two million at a time, not by a suffix array.
public final class UnigramLearning {
  /// Pieces with their log probabilities, the likeliest first.
  public record Result(List<String> pieces, double[] scores) {}

  private static final int LONGEST_PIECE = 16;
  private static final int MOST_SEEDS = 1 << 21;
  private static final int STEPS = 2;
  private static final double KEPT = 0.75;

  /// Pieces that are expected less often than this are dropped at once.
  private static final double LEAST_EXPECTED = 0.5;

  private final WordCounts words;
  private List<String> pieces = new ArrayList<>();
  private double[] scores = new double[0];
  private PieceLattice lattice = new PieceLattice(List.of(), new double[0]);

  public UnigramLearning(WordCounts words) {
    this.words = words;
  }

  /// `progress` is told after each round which part of the way is done.
  public Result learn(int size, DoubleConsumer progress) {
    seed(Math.max(10 * size, 1000));
    double seeds = pieces.size();
    while (true) {
      for (int step = 0; step < STEPS; step++) {
        maximise(expect());
      }
      progress.accept(Math.clamp(Math.log(seeds / pieces.size()) / Math.log(seeds / size), 0, 1));
      if (pieces.size() <= size * 11L / 10) {
        break;
      }
      int before = pieces.size();
      prune(Math.max((int) (size * 1.1), (int) (pieces.size() * KEPT)));
      if (pieces.size() == before) {
        break;
      }
    }
    return best(size);
  }

  private void set(List<String> pieces, double[] scores) {
    this.pieces = pieces;
    this.scores = scores;
    this.lattice = new PieceLattice(pieces, scores);
  }

  private static boolean isCharacter(String piece) {
    return piece.codePointCount(0, piece.length()) == 1;
  }

  /// All characters, and the substrings with the largest product of frequency and length.
  private void seed(int most) {
    Map<String, Long> characters = new TreeMap<>();
    WordCounts substrings = new WordCounts(MOST_SEEDS);
    char[] pool = words.characters();
    for (int w = 0; w < words.size(); w++) {
      long count = words.count(w);
      int end = words.end(w);
      for (int from = words.begin(w); from < end; ) {
        int width = Character.charCount(Character.codePointAt(pool, from, end));
        characters.merge(new String(pool, from, width), count, Long::sum);
        int to = from + width;
        for (int length = 2; length <= LONGEST_PIECE && to < end; length++) {
          to += Character.charCount(Character.codePointAt(pool, to, end));
          substrings.add(pool, from, to, count);
        }
        from += width;
      }
    }
    List<Integer> order =
        new ArrayList<>(
            IntStream.range(0, substrings.size())
                .filter(s -> substrings.count(s) > 1)
                .boxed()
                .toList());
    order.sort(
        Comparator.comparingLong((Integer s) -> -weight(substrings, s))
            .thenComparing(substrings::word));
    List<String> seeds = new ArrayList<>(characters.keySet());
    List<Double> weights = new ArrayList<>();
    characters.values().forEach(count -> weights.add((double) count));
    for (int s : order.subList(0, Math.min(order.size(), most))) {
      seeds.add(substrings.word(s));
      weights.add((double) weight(substrings, s));
    }
    double total = weights.stream().mapToDouble(Double::doubleValue).sum();
    double[] first = new double[seeds.size()];
    for (int i = 0; i < first.length; i++) {
      first[i] = Math.log(weights.get(i) / total);
    }
    set(seeds, first);
  }

  private static long weight(WordCounts substrings, int s) {
    return substrings.count(s) * (substrings.end(s) - substrings.begin(s));
  }

  /// How often each piece is expected to be used.
  private double[] expect() {
    double[] expected = new double[pieces.size()];
    for (int w = 0; w < words.size(); w++) {
      lattice.expect(words.characters(), words.begin(w), words.end(w), words.count(w), expected);
    }
    return expected;
  }

  /// The variational Bayes estimate: log probabilities by the digamma function, which favours few
  /// frequent pieces.
  private void maximise(double[] expected) {
    List<String> kept = new ArrayList<>();
    double[] counts = new double[expected.length];
    double total = 0;
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] >= LEAST_EXPECTED || isCharacter(pieces.get(i))) {
        counts[kept.size()] = Math.max(expected[i], LEAST_EXPECTED);
        total += counts[kept.size()];
        kept.add(pieces.get(i));
      }
    }
    double norm = digamma(total);
    double[] learnt = new double[kept.size()];
    for (int i = 0; i < learnt.length; i++) {
      learnt[i] = digamma(counts[i]) - norm;
    }
    set(kept, learnt);
  }

  private static double digamma(double value) {
    double x = value;
    double result = 0;
    for (; x < 7; x++) {
      result -= 1 / x;
    }
    x -= 0.5;
    double xx = 1 / x;
    double xx2 = xx * xx;
    double xx4 = xx2 * xx2;
    return result
        + Math.log(x)
        + 1.0 / 24 * xx2
        - 7.0 / 960 * xx4
        + 31.0 / 8064 * xx4 * xx2
        - 127.0 / 30720 * xx4 * xx4;
  }

  /// Keeps `most` pieces: all characters, and those whose loss would lower the likelihood most.
  private void prune(int most) {
    double[] used = new double[pieces.size()];
    for (int w = 0; w < words.size(); w++) {
      for (int id : lattice.best(words.characters(), words.begin(w), words.end(w), -1)) {
        used[id] += words.count(w);
      }
    }
    double total = Arrays.stream(used).sum();
    double[] losses = new double[pieces.size()];
    for (int i = 0; i < losses.length; i++) {
      losses[i] = loss(i, used, total);
    }
    List<Integer> order = new ArrayList<>(IntStream.range(0, losses.length).boxed().toList());
    order.sort(Comparator.comparingDouble((Integer i) -> -losses[i]).thenComparing(pieces::get));
    List<Integer> kept = new ArrayList<>(order.subList(0, Math.min(most, order.size())));
    for (int i : order.subList(kept.size(), order.size())) {
      if (isCharacter(pieces.get(i))) {
        kept.add(i);
      }
    }
    set(
        kept.stream().map(pieces::get).toList(),
        kept.stream().mapToDouble(i -> scores[i]).toArray());
  }

  /// How much the likelihood of the text falls when the piece is cut into others instead.
  private double loss(int piece, double[] used, double total) {
    String text = pieces.get(piece);
    if (isCharacter(text)) {
      return Double.POSITIVE_INFINITY;
    }
    if (used[piece] == 0) {
      return Double.NEGATIVE_INFINITY;
    }
    int[] instead = lattice.best(text.toCharArray(), 0, text.length(), piece);
    double before = Math.log(used[piece]) - Math.log(total);
    double totalAfter = Math.log(total + used[piece] * (instead.length - 1));
    double after = 0;
    for (int id : instead) {
      after += Math.log(used[id] + used[piece]) - totalAfter;
    }
    return used[piece] / total * (before - after);
  }

  /// Characters first of all, then the likeliest; in the end sorted by probability.
  private Result best(int size) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, scores.length).boxed().toList());
    Comparator<Integer> byScore =
        Comparator.comparingDouble((Integer i) -> -scores[i]).thenComparing(pieces::get);
    order.sort(
        Comparator.comparing((Integer i) -> !isCharacter(pieces.get(i))).thenComparing(byScore));
    List<Integer> kept = new ArrayList<>(order.subList(0, Math.min(size, order.size())));
    kept.sort(byScore);
    return new Result(
        kept.stream().map(pieces::get).toList(),
        kept.stream().mapToDouble(i -> scores[i]).toArray());
  }
}
