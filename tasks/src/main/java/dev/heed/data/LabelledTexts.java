package dev.heed.data;

import dev.heed.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// What a classifier learns from: texts, or pairs of texts, each with its label, or, with several
/// labels a text, its labels.
///
/// @param examples the texts
/// @param multiLabel whether a text may have none, one or several labels
/// @param faults what is wrong with each of the rows that were skipped
public record LabelledTexts(List<Example> examples, boolean multiLabel, List<String> faults) {
  private static final long SITE = -2;

  /// A text and its labels.
  ///
  /// @param text the text
  /// @param second the second text of a pair, else null
  /// @param labels one label; any number with several labels a text
  /// @param group what must stay together when the texts are split: the texts themselves, where
  ///   nothing else was said
  public record Example(
      String text, @Nullable String second, List<String> labels, String group) {
    public Example {
      labels = List.copyOf(labels);
    }

    /// The label of a text with one.
    public String label() {
      return labels.getFirst();
    }
  }

  public LabelledTexts {
    examples = List.copyOf(examples);
    faults = List.copyOf(faults);
  }

  /// The columns `label`, `text` and, for pairs, `text2` of a dataset.
  ///
  /// @throws IllegalArgumentException if there are not two labels or more, or a row cannot be used
  public static LabelledTexts of(Dataset data) {
    return of(data, false);
  }

  /// The same.
  ///
  /// @param multiLabel whether `label` holds any number of labels with `|` between
  public static LabelledTexts of(Dataset data, boolean multiLabel) {
    LabelledTexts texts = toEvaluate(data, multiLabel);
    if (texts.labels().size() < (multiLabel ? 1 : 2)) {
      throw new IllegalArgumentException(
          "%s must have %s: received %s"
              .formatted(
                  data.name(), multiLabel ? "a label" : "two labels or more", texts.labels()));
    }
    return texts;
  }

  /// The same for trying a model, for which one label may be enough.
  public static LabelledTexts toEvaluate(Dataset data, boolean multiLabel) {
    Dataset.Rows rows =
        data.rows(
            List.of("label", "text"), List.of("text2"), multiLabel ? Set.of("label") : Set.of());
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < rows.cells().size(); i++) {
      List<String> cells = rows.cells().get(i);
      String second = cells.size() > 2 ? cells.get(2) : null;
      String texts = second == null ? cells.get(1) : cells.get(1) + "\n" + second;
      examples.add(
          new Example(
              cells.get(1),
              second,
              labels(cells.getFirst(), multiLabel),
              rows.groups().isEmpty() ? texts : rows.groups().get(i)));
    }
    return new LabelledTexts(examples, multiLabel, rows.faults());
  }

  private static List<String> labels(String cell, boolean multiLabel) {
    return multiLabel
        ? Arrays.stream(cell.split("\\|"))
            .map(String::strip)
            .filter(label -> !label.isEmpty())
            .toList()
        : List.of(cell.strip());
  }

  /// All labels, in alphabetical order.
  public List<String> labels() {
    Set<String> labels = new TreeSet<>();
    examples.forEach(example -> labels.addAll(example.labels));
    return List.copyOf(labels);
  }

  /// How many texts each label has.
  public Map<String, Integer> counts() {
    Map<String, Integer> counts = new TreeMap<>();
    examples.forEach(example -> example.labels.forEach(label -> counts.merge(label, 1, Integer::sum)));
    return counts;
  }

  /// Texts that are there more than once.
  ///
  /// @param repeated how many rows repeat an earlier text
  /// @param contradicting how many of those have other labels than it
  public record Duplicates(int repeated, int contradicting) {}

  /// Counts the texts that are there more than once.
  public Duplicates duplicates() {
    Map<List<@Nullable String>, Set<String>> seen = new HashMap<>();
    int repeated = 0;
    int contradicting = 0;
    for (Example example : examples) {
      Set<String> before =
          seen.putIfAbsent(Arrays.asList(example.text, example.second), Set.copyOf(example.labels));
      if (before != null) {
        repeated++;
        contradicting += before.equals(Set.copyOf(example.labels)) ? 0 : 1;
      }
    }
    return new Duplicates(repeated, contradicting);
  }

  /// Texts to learn from, and texts to try it on.
  public record Split(LabelledTexts learned, LabelledTexts heldOut) {}

  /// Holds out the share `heldOut` of each label's texts, chosen by `seed`. Equal texts stay
  /// together, and so do those that [Dataset#groupedBy] says belong together.
  ///
  /// @throws IllegalArgumentException if nothing would remain on one side
  public Split split(double heldOut, long seed) {
    Map<String, List<Example>> groups = new LinkedHashMap<>();
    examples.forEach(
        example -> groups.computeIfAbsent(example.group, key -> new ArrayList<>()).add(example));
    Map<String, List<List<Example>>> strata = new TreeMap<>();
    groups
        .values()
        .forEach(group ->
            strata
                .computeIfAbsent(String.join("|", group.getFirst().labels), key -> new ArrayList<>())
                .add(group));
    Set<Example> tried = Collections.newSetFromMap(new IdentityHashMap<>());
    long stratum = 0;
    for (List<List<Example>> each : strata.values()) {
      int[] order =
          CounterRandom.permutation(each.size(), CounterRandom.key(seed, stratum++, SITE));
      long count = Math.min(each.size() - 1, Math.round(heldOut * each.size()));
      for (int i = 0; i < count; i++) {
        tried.addAll(each.get(order[i]));
      }
    }
    if (tried.isEmpty() || tried.size() == examples.size()) {
      throw new IllegalArgumentException(
          "there must be texts to learn from and texts to hold out: received %d different ones of %d"
                  .formatted(groups.size(), labels().size())
              + " labels, of which the share %s is to be held out".formatted(heldOut));
    }
    return new Split(
        only(example -> !tried.contains(example)), only(tried::contains));
  }

  /// At most `count` of the texts, chosen by `seed`, in their order.
  public LabelledTexts sample(int count, long seed) {
    if (count >= examples.size()) {
      return this;
    }
    int[] order = CounterRandom.permutation(examples.size(), CounterRandom.key(seed, -1, SITE));
    return new LabelledTexts(
        Arrays.stream(order, 0, count).sorted().mapToObj(examples::get).toList(),
        multiLabel,
        List.of());
  }

  private LabelledTexts only(Predicate<Example> kept) {
    return new LabelledTexts(examples.stream().filter(kept).toList(), multiLabel, List.of());
  }
}
