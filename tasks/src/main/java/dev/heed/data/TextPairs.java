package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import dev.heed.tokenizer.TextFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Texts with their translations.
///
/// @param pairs those with text on both sides
/// @param skipped how many had none on one side or both, or could not be used
public record TextPairs(List<Pair> pairs, int skipped) {
  /// A text and its translation.
  public record Pair(String source, String target) {}

  public TextPairs {
    pairs = List.copyOf(pairs);
  }

  /// Reads two files in UTF-8, packed by gzip or not, that correspond line by line.
  ///
  /// @throws IllegalArgumentException if one has more lines than the other
  /// @throws java.io.UncheckedIOException if one cannot be read
  public static TextPairs parallel(Path source, Path target) {
    Reader reader = new Reader();
    Iterator<String> sources = TextFiles.of(List.of(source)).iterator();
    Iterator<String> targets = TextFiles.of(List.of(target)).iterator();
    while (sources.hasNext() && targets.hasNext()) {
      reader.add(sources.next(), targets.next());
    }
    if (sources.hasNext() || targets.hasNext()) {
      throw new IllegalArgumentException(
          "%s and %s must have as many lines: received more than %d of one, no more of the other"
              .formatted(source, target, reader.lines));
    }
    return reader.pairs();
  }

  /// The rows of a user's data: a source and a target each, by the columns' names, else the first
  /// two.
  ///
  /// @throws IllegalArgumentException if a column is missing, or a row cannot be used
  public static TextPairs of(Dataset dataset) {
    List<String> columns = List.of("source", "target");
    Dataset.Rows rows = dataset.rows(columns, List.of(), Set.copyOf(columns));
    Reader reader = new Reader();
    rows.cells().forEach(cells -> reader.add(cells.get(0), cells.get(1)));
    reader.skipped += rows.faults().size();
    return reader.pairs();
  }

  private static final class Reader {
    private final List<Pair> pairs = new ArrayList<>();
    private int skipped;
    private int lines;

    void add(String source, String target) {
      lines++;
      if (source.isBlank() || target.isBlank()) {
        skipped++;
      } else {
        pairs.add(new Pair(source.strip(), target.strip()));
      }
    }

    TextPairs pairs() {
      return new TextPairs(pairs, skipped);
    }
  }

  /// Pairs to learn from, and pairs to try what was learned on.
  public record Split(List<Pair> learned, List<Pair> heldOut) {
    public Split {
      learned = List.copyOf(learned);
      heldOut = List.copyOf(heldOut);
    }
  }

  /// Holds out a share of the pairs, drawn by the seed, but at most `most`. Pairs with one source
  /// stay together, so that nothing that is tried was seen.
  public Split split(double share, int most, long seed) {
    Map<String, List<Pair>> bySource = new LinkedHashMap<>();
    pairs.forEach(
        pair -> bySource.computeIfAbsent(pair.source, key -> new ArrayList<>()).add(pair));
    List<List<Pair>> groups = List.copyOf(bySource.values());
    int wanted = (int) Math.min(most, Math.ceil(share * pairs.size()));
    List<Pair> learned = new ArrayList<>();
    List<Pair> heldOut = new ArrayList<>();
    boolean[] out = new boolean[groups.size()];
    int held = 0;
    for (int place : CounterRandom.permutation(groups.size(), CounterRandom.key(seed, -1, -2))) {
      if (held >= wanted) {
        break;
      }
      out[place] = true;
      held += groups.get(place).size();
    }
    for (int i = 0; i < groups.size(); i++) {
      (out[i] ? heldOut : learned).addAll(groups.get(i));
    }
    return new Split(learned, heldOut);
  }
}
