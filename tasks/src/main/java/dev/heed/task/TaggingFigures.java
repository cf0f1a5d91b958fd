package dev.heed.task;

import dev.heed.task.ClassificationFigures.LabelFigures;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// How good a tagger is on tagged sentences.
///
/// Where labels say that something begins or goes on (`B-PER`, `I-PER`; also `E-` and `S-`), what
/// is counted are whole entities: one is right if its kind, its first and its last word are. Other
/// labels are counted word by word, all but `O`.
///
/// Source: the definitions of seqeval (`f1_score`, `classification_report`, `accuracy_score`) in
/// its default mode, which are those of CoNLL-2000's `conlleval`.
///
/// @param sentences how many were tried
/// @param words how many words they have
/// @param accuracy the share of the words whose label is right
/// @param precision the share of the entities found that are right
/// @param recall the share of the entities there are that were found
/// @param f1 their harmonic mean
/// @param perKind the figures of each kind of entity
public record TaggingFigures(
    int sentences,
    long words,
    double accuracy,
    double precision,
    double recall,
    double f1,
    List<LabelFigures> perKind) {
  private static final String OUTSIDE = "O";
  private static final Pattern PREFIXED = Pattern.compile("[BIES]-.+");

  /// An entity.
  ///
  /// @param first its first word
  /// @param last its last word
  private record Entity(String kind, int sentence, int first, int last) {}

  /// Compares labels with the truth.
  ///
  /// @param known the labels that there are
  /// @param said for each sentence the labels of its words
  /// @param truth the same, as it is
  public static TaggingFigures of(
      List<String> known, List<List<String>> said, List<List<String>> truth) {
    boolean entities =
        known.stream()
            .allMatch(label -> label.equals(OUTSIDE) || PREFIXED.matcher(label).matches());
    Set<Entity> found = new HashSet<>();
    Set<Entity> there = new HashSet<>();
    long words = 0;
    long right = 0;
    for (int i = 0; i < truth.size(); i++) {
      List<String> is = truth.get(i);
      for (int w = 0; w < is.size(); w++) {
        if (!known.contains(is.get(w))) {
          throw new IllegalArgumentException(
              "a label must be one that the model knows, of %s: received %s"
                  .formatted(known, is.get(w)));
        }
        right += is.get(w).equals(said.get(i).get(w)) ? 1 : 0;
      }
      words += is.size();
      found.addAll(entities(said.get(i), i, entities));
      there.addAll(entities(is, i, entities));
    }
    Map<String, int[]> counts = new TreeMap<>(); // right, found, there
    count(counts, found, 1);
    count(counts, there, 2);
    found.retainAll(there);
    count(counts, found, 0);
    int[] all = new int[3];
    List<LabelFigures> perKind = new ArrayList<>();
    counts.forEach((kind, count) -> {
      perKind.add(figures(kind, count));
      for (int k = 0; k < all.length; k++) {
        all[k] += count[k];
      }
    });
    LabelFigures together = figures("", all);
    return new TaggingFigures(
        truth.size(),
        words,
        words == 0 ? 0 : (double) right / words,
        together.precision(),
        together.recall(),
        together.f1(),
        List.copyOf(perKind));
  }

  private static void count(Map<String, int[]> counts, Set<Entity> entities, int what) {
    entities.forEach(entity -> counts.computeIfAbsent(entity.kind, key -> new int[3])[what]++);
  }

  private static LabelFigures figures(String kind, int[] count) {
    double precision = count[1] == 0 ? 0 : (double) count[0] / count[1];
    double recall = count[2] == 0 ? 0 : (double) count[0] / count[2];
    double f1 = count[1] + count[2] == 0 ? 0 : 2.0 * count[0] / (count[1] + count[2]);
    return new LabelFigures(kind, precision, recall, f1, count[2]);
  }

  private static List<Entity> entities(List<String> labels, int sentence, boolean prefixed) {
    List<Entity> entities = new ArrayList<>();
    int first = 0;
    String before = OUTSIDE;
    for (int i = 0; i <= labels.size(); i++) {
      String label = i < labels.size() ? labels.get(i) : OUTSIDE;
      boolean borders = !prefixed || borders(before, label);
      if (borders && !before.equals(OUTSIDE)) {
        entities.add(new Entity(prefixed ? kind(before) : before, sentence, first, i - 1));
      }
      if (borders) {
        first = i;
      }
      before = label;
    }
    return entities;
  }

  /// Whether an entity ends, or one begins, between two words.
  private static boolean borders(String before, String label) {
    if (before.equals(OUTSIDE) || label.equals(OUTSIDE)) {
      return true;
    }
    char ends = before.charAt(0);
    char begins = label.charAt(0);
    return ends == 'E'
        || ends == 'S'
        || begins == 'B'
        || begins == 'S'
        || !kind(before).equals(kind(label));
  }

  private static String kind(String label) {
    return label.substring(2);
  }
}
