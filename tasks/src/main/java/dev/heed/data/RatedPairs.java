package dev.heed.data;

import java.util.ArrayList;
import java.util.List;

/// What an embedder learns from: pairs of texts that mean alike, or pairs with a score that says
/// how much.
///
/// @param pairs the pairs
/// @param scored whether they have scores
/// @param faults what is wrong with each of the rows that were skipped
public record RatedPairs(List<Pair> pairs, boolean scored, List<String> faults) {
  /// Two texts.
  ///
  /// @param score how alike they are, the larger the more; 1 where there are no scores
  public record Pair(String first, String second, float score) {}

  public RatedPairs {
    pairs = List.copyOf(pairs);
    faults = List.copyOf(faults);
  }

  /// The columns `text`, `text2` and, where there are scores, `score` of a dataset.
  ///
  /// @throws IllegalArgumentException if there is no pair, or a row cannot be used
  public static RatedPairs of(Dataset data) {
    Dataset.Rows rows = data.rows(List.of("text", "text2"), List.of("score"));
    boolean scored = rows.columns().size() > 2;
    List<Pair> pairs = new ArrayList<>();
    for (List<String> cells : rows.cells()) {
      pairs.add(new Pair(cells.get(0), cells.get(1), scored ? score(data, cells) : 1));
    }
    if (pairs.isEmpty()) {
      throw new IllegalArgumentException(data.name() + " must have pairs of texts: received none");
    }
    return new RatedPairs(pairs, scored, rows.faults());
  }

  private static float score(Dataset data, List<String> cells) {
    try {
      float score = Float.parseFloat(cells.get(2).strip());
      if (Float.isFinite(score)) {
        return score;
      }
    } catch (NumberFormatException e) {
      // said below, like a number that is none
    }
    throw new IllegalArgumentException(
        "%s: a score must be a number: received %s".formatted(data.name(), cells));
  }

  /// Pairs to learn from, and pairs to try it on.
  public record Split(RatedPairs learned, RatedPairs heldOut) {}

  /// Holds out the share `heldOut` of the pairs, chosen by `seed`; those with one first text stay
  /// together.
  ///
  /// @throws IllegalArgumentException if nothing would remain on one side
  public Split split(double heldOut, long seed) {
    GroupSplit<Pair> split = GroupSplit.of(pairs, Pair::first, heldOut, seed);
    return new Split(
        new RatedPairs(split.learned(), scored, List.of()),
        new RatedPairs(split.heldOut(), scored, List.of()));
  }
}
