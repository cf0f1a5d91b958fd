package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/// The most probable next *words* of a text, where a word may be several tokens.
///
/// A word's probability is the sum over the ways to write it in tokens, each the product of its
/// tokens' probabilities and of the probability that what follows begins something new (a space,
/// punctuation, the end). The search opens the most probable unfinished pieces first. What stands
/// unopened at a word's beginnings bounds what the word may still gain, so it knows when the first
/// `count` words are certain; their sums then lack no more than that.
public final class NextWords {
  private static final int AT_ONCE = 16;
  private static final int MOST_OPENED = 512;
  private static final int LONGEST = 12;

  private final CausalModel model;
  private final String[] texts;

  /// A next word.
  ///
  /// @param word without the space before it
  /// @param probability in (0, 1]
  public record Word(String word, double probability) {}

  private record Piece(int[] ids, String text, double probability) {}

  public NextWords(CausalModel model, Tokenizer tokenizer) {
    this.model = model;
    this.texts = new String[model.vocabulary()];
    for (int id = 0; id < texts.length; id++) {
      texts[id] = tokenizer.isSpecial(id) ? "" : tokenizer.decode(id);
    }
  }

  /// The `count` most probable words after `prompt`, the most probable first.
  public List<Word> of(int[] prompt, int count) {
    Map<String, Double> words = new HashMap<>();
    PriorityQueue<Piece> open =
        new PriorityQueue<>(Comparator.comparingDouble(piece -> -piece.probability));
    open.add(new Piece(prompt, "", 1));
    int opened = 0;
    while (!open.isEmpty() && opened < MOST_OPENED) {
      if (certain(words, open, count)) {
        break;
      }
      List<Piece> pieces = new ArrayList<>();
      while (!open.isEmpty() && pieces.size() < AT_ONCE) {
        pieces.add(open.poll());
      }
      opened += pieces.size();
      float[][] logits = nextLogits(pieces);
      for (int i = 0; i < pieces.size(); i++) {
        extend(pieces.get(i), logits[i], words, open);
      }
    }
    return words.entrySet().stream()
        .map(entry -> new Word(entry.getKey(), entry.getValue()))
        .sorted(
            Comparator.comparingDouble((Word word) -> -word.probability).thenComparing(Word::word))
        .limit(count)
        .toList();
  }

  private void extend(
      Piece piece, float[] logits, Map<String, Double> words, PriorityQueue<Piece> open) {
    double normalizer = TextGenerator.logSumExp(logits);
    double ends = 0;
    boolean mayGrow = piece.ids.length < model.maximumLength() && piece.text.length() < 4 * LONGEST;
    for (int id = 0; id < logits.length; id++) {
      double probability = piece.probability * StrictMath.exp(logits[id] - normalizer);
      if (!continues(piece.text, texts[id])) {
        ends += probability;
      } else if (mayGrow && probability > 1e-7) {
        int[] ids = Arrays.copyOf(piece.ids, piece.ids.length + 1);
        ids[ids.length - 1] = id;
        open.add(new Piece(ids, piece.text + texts[id], probability));
      }
    }
    String word = piece.text.strip();
    if (word.codePoints().anyMatch(Character::isLetterOrDigit)) { // a full stop is no word
      words.merge(word, ends, Double::sum);
    }
  }

  /// Whether `next` makes the piece of a word longer instead of beginning something new.
  private static boolean continues(String text, String next) {
    if (next.isEmpty()) {
      return false; // a special token ends the word
    }
    if (text.isBlank()) {
      return true;
    }
    int first = next.codePointAt(0);
    boolean wordLike = Character.isLetterOrDigit(first) || first == '\uFFFD' || first == '\'';
    boolean inWord = Character.isLetterOrDigit(text.codePointBefore(text.length()));
    return wordLike && (inWord || text.endsWith("'") || text.endsWith("\uFFFD"));
  }

  /// Whether no other word can still come among the first `count`.
  private static boolean certain(Map<String, Double> words, PriorityQueue<Piece> open, int count) {
    List<String> best =
        words.keySet().stream()
            .sorted(Comparator.comparing(words::get).reversed())
            .limit(count)
            .toList();
    if (best.isEmpty() || best.size() < count) {
      return false;
    }
    double least = words.getOrDefault(best.getLast(), 0.0);
    if (open.peek() instanceof Piece next && next.probability > least) {
      return false; // needs no adding up, and is so most of the time
    }
    Map<String, Double> unopened = new HashMap<>();
    open.forEach(piece -> unopened.merge(piece.text.strip(), piece.probability, Double::sum));
    Set<String> others = new HashSet<>(words.keySet());
    others.addAll(unopened.keySet());
    best.forEach(others::remove);
    return others.stream()
        .allMatch(word -> words.getOrDefault(word, 0.0) + gain(word, unopened) <= least);
  }

  /// The most that a word, or a longer one without an unopened beginning of its own, may still
  /// gain.
  private static double gain(String word, Map<String, Double> unopened) {
    double gain = 0;
    for (int i = 0; i <= word.length(); i++) {
      gain += unopened.getOrDefault(word.substring(0, i), 0.0);
    }
    return gain;
  }

  /// One ragged batch for all pieces.
  private float[][] nextLogits(List<Piece> pieces) {
    int[] lengths = pieces.stream().mapToInt(piece -> piece.ids.length).toArray();
    Sequences sequences = Sequences.ofLengths(lengths);
    int[] ids = new int[sequences.rows()];
    int[] last = new int[pieces.size()];
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(pieces.get(i).ids, 0, ids, sequences.start(i), lengths[i]);
      last[i] = sequences.start(i) + lengths[i] - 1;
    }
    return Tensor.noGrad(() -> {
      Tensor hidden = model.apply(Tensor.of(ids, ids.length), sequences);
      Tensor ends = Operations.selectRows(hidden, Tensor.of(last, last.length));
      Tensor logits = model.logits(ends);
      float[][] rows = new float[lengths.length][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = logits.rows(i, i + 1).toFloatArray();
      }
      return rows;
    });
  }
}
