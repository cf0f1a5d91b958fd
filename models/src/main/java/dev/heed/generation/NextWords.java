package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/// The most probable next *words* of a text, where a word may be several tokens.
///
/// A word's probability is the sum over the ways to write it in tokens, each the product of its
/// tokens' probabilities and of the probability that what follows begins something new (a space,
/// punctuation, the end). The search opens the most probable unfinished pieces first. What stands
/// unopened at a word's beginnings bounds what the word may still gain, so it knows when the first
/// `count` words are certain; their sums then lack no more than that.
public final class NextWords {
  private static final int MOST_OPENED = 512;
  private static final int LONGEST = 12;

  /// Pieces less probable than this are not opened.
  private static final double LEAST = 1e-6;

  private final CausalModel model;
  private final Tokenizer tokenizer;
  private final int[] anchor;
  private final String anchorText;
  private final String[] texts;

  /// A next word.
  ///
  /// @param word without the space before it
  /// @param probability in (0, 1]
  public record Word(String word, double probability) {}

  /// The beginning of a word.
  ///
  /// @param ids its tokens
  /// @param text its characters
  /// @param whole how long the text is without tokens whose bytes were no whole character yet:
  ///   whether those belong to the word shows only when more of them have come
  private record Piece(int[] ids, String text, int whole, double probability) {}

  public NextWords(CausalModel model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    // Some tokenizers drop the space of the first token: one stands before it here.
    this.anchor = tokenizer.encode("a", false).ids();
    this.anchorText = tokenizer.decode(anchor);
    this.texts = new String[model.vocabulary()];
    for (int id = 0; id < texts.length; id++) {
      texts[id] = tokenizer.isSpecial(id) ? "" : text(new int[] {id});
    }
  }

  /// The characters of tokens in the middle of a text.
  private String text(int[] ids) {
    int[] all = Arrays.copyOf(anchor, anchor.length + ids.length);
    System.arraycopy(ids, 0, all, anchor.length, ids.length);
    String text = tokenizer.decode(all);
    return text.startsWith(anchorText) ? text.substring(anchorText.length()) : text;
  }

  /// The `count` most probable words after `prompt`, the most probable first.
  public List<Word> of(int[] prompt, int count) {
    Map<String, Double> words = new HashMap<>();
    Unopened open = new Unopened();
    open.add(new Piece(new int[0], "", 0, 1));
    KnownText known = new KnownText(model);
    for (int opened = 0; !open.pieces.isEmpty() && opened < MOST_OPENED; opened++) {
      if (certain(words, open, count)) {
        break;
      }
      Piece piece = open.remove();
      if (!belongs(piece)) {
        end(piece.text.substring(0, piece.whole), piece.probability, words);
        continue;
      }
      int[] ids = Arrays.copyOf(prompt, prompt.length + piece.ids.length);
      System.arraycopy(piece.ids, 0, ids, prompt.length, piece.ids.length);
      extend(piece, ids.length, known.nextLogits(ids, ids.length), words, open);
    }
    return descending(words).stream().limit(count).toList();
  }

  private static List<Word> descending(Map<String, Double> words) {
    return words.entrySet().stream()
        .map(entry -> new Word(entry.getKey(), entry.getValue()))
        .sorted(
            Comparator.comparingDouble((Word word) -> -word.probability).thenComparing(Word::word))
        .toList();
  }

  /// The pieces that are still to be opened, the most probable first, and what all of them of one
  /// text come to.
  private static final class Unopened {
    private final PriorityQueue<Piece> pieces =
        new PriorityQueue<>(Comparator.comparingDouble(piece -> -piece.probability));
    private final Map<String, Double> sums = new HashMap<>();

    void add(Piece piece) {
      pieces.add(piece);
      sums.merge(piece.text.strip(), piece.probability, Double::sum);
    }

    Piece remove() {
      Piece piece = pieces.remove();
      sums.computeIfPresent(
          piece.text.strip(),
          (text, sum) -> sum - piece.probability < LEAST / 2 ? null : sum - piece.probability);
      return piece;
    }

    /// The most that a word, or a longer one without an unopened beginning of its own, may still
    /// gain.
    double gain(String word) {
      double gain = 0;
      for (int i = 0; i <= word.length(); i++) {
        gain += sums.getOrDefault(word.substring(0, i), 0.0);
      }
      return gain;
    }
  }

  private void extend(
      Piece piece, int length, float[] logits, Map<String, Double> words, Unopened open) {
    double normalizer = TextGenerator.logSumExp(logits);
    double ends = 0;
    boolean mayGrow = length < model.maximumLength() && piece.ids.length < LONGEST;
    for (int id = 0; id < logits.length; id++) {
      double probability = piece.probability * StrictMath.exp(logits[id] - normalizer);
      if (!continues(piece.text, texts[id])) {
        ends += probability;
      } else if (mayGrow && probability > LEAST) {
        int[] ids = Arrays.copyOf(piece.ids, piece.ids.length + 1);
        ids[ids.length - 1] = id;
        boolean plain = piece.whole == piece.text.length() && texts[id].indexOf('\uFFFD') < 0;
        String text = plain ? piece.text + texts[id] : text(ids);
        open.add(new Piece(ids, text, plain ? text.length() : piece.whole, probability));
      }
    }
    end(piece.text, ends, words);
  }

  private static void end(String text, double probability, Map<String, Double> words) {
    String word = text.strip();
    if (word.codePoints().anyMatch(Character::isLetterOrDigit)) { // a full stop is no word
      words.merge(word, probability, Double::sum);
    }
  }

  /// Whether what came as single bytes makes the word longer, as far as can be told yet.
  private static boolean belongs(Piece piece) {
    String before = piece.text.substring(0, piece.whole);
    for (int i = piece.whole; i < piece.text.length(); ) {
      int character = piece.text.codePointAt(i);
      String next = Character.toString(character);
      if (!continues(before, next)) {
        return false;
      }
      before += next;
      i += next.length();
    }
    return true;
  }

  /// Whether `next` makes the piece of a word longer instead of beginning something new.
  private static boolean continues(String text, String next) {
    if (next.isEmpty()) {
      return false; // a special token ends the word
    }
    if (text.isBlank()) {
      return true;
    }
    boolean inWord = isWordLike(text.codePointBefore(text.length()));
    return isWordLike(next.codePointAt(0)) && inWord;
  }

  /// Letters with their marks, digits, apostrophes, and bytes that are no whole character yet.
  private static boolean isWordLike(int character) {
    return switch (Character.getType(character)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK -> true;
      default -> Character.isLetterOrDigit(character) || character == '\uFFFD' || character == '\'';
    };
  }

  /// Whether no other word can still come among the first `count`. Those that are nearest to it are
  /// asked first, so that the answer no comes soon.
  private static boolean certain(Map<String, Double> words, Unopened open, int count) {
    List<Word> known = descending(words);
    if (count == 0 || known.size() < count) {
      return false;
    }
    double least = known.get(count - 1).probability;
    if (open.pieces.element().probability > least) {
      return false;
    }
    for (Word other : known.subList(count, known.size())) {
      if (other.probability + open.gain(other.word) > least) {
        return false;
      }
    }
    return open.sums.keySet().stream()
        .allMatch(word -> words.containsKey(word) || open.gain(word) <= least);
  }
}
