package dev.heed.task;

import dev.heed.data.WordNetSenses;
import dev.heed.data.WordNetSenses.Sense;
import dev.heed.tensor.CounterRandom;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/// How often [WordSenses] finds the meaning of a word in WordNet's own examples, of words with
/// several meanings only. The example itself is taken out of every text that the meanings have.
///
/// @param examples how many were tried
/// @param accuracy the share where the nearest meaning was the example's
/// @param mostFrequent the share where the word's most frequent meaning was: counts in tagged texts
///   decide, as WordNet gives them
/// @param random the share that a choice by chance finds on average
public record SenseEvaluation(int examples, double accuracy, double mostFrequent, double random) {
  /// A word in an example, and the meaning that it has there.
  private record Question(WordSenses.Place place, Sense meaning) {}

  /// Tries examples chosen by `seed`.
  ///
  /// @param most how many examples at most
  /// @param progress hears how many are done
  public static SenseEvaluation of(
      SentenceEmbedder embedder, WordNetSenses wordNet, int most, long seed, IntConsumer progress) {
    List<Question> questions = questions(wordNet);
    long key = CounterRandom.key(seed, 0, 0);
    for (int i = questions.size() - 1; i > 0; i--) {
      int other = (int) (CounterRandom.uniform(key, i) * (i + 1));
      questions.set(i, questions.set(other, questions.get(i)));
    }
    WordSenses senses = new WordSenses(embedder, wordNet);
    Map<String, Integer> frequencies = wordNet.frequencies();
    int count = Math.min(most, questions.size());
    int right = 0;
    int frequent = 0;
    double random = 0;
    for (int i = 0; i < count; i++) {
      Question question = questions.get(i);
      List<Sense> candidates = wordNet.ofLemma(question.meaning.lemma());
      Sense nearest =
          senses.rank(question.place, candidates, question.place.text()).getFirst().sense();
      right += nearest.equals(question.meaning) ? 1 : 0;
      frequent += mostFrequent(candidates, frequencies).equals(question.meaning) ? 1 : 0;
      random += 1.0 / candidates.size();
      progress.accept(i + 1);
    }
    return new SenseEvaluation(
        count, (double) right / count, (double) frequent / count, random / count);
  }

  private static Sense mostFrequent(List<Sense> senses, Map<String, Integer> frequencies) {
    Sense best = senses.getFirst();
    for (Sense sense : senses) {
      if (frequencies.getOrDefault(WordNetSenses.key(sense), 0)
          > frequencies.getOrDefault(WordNetSenses.key(best), 0)) {
        best = sense;
      }
    }
    return best;
  }

  /// All examples in which a word of the meaning stands as it is.
  private static List<Question> questions(WordNetSenses wordNet) {
    List<Question> questions = new ArrayList<>();
    Map<String, Integer> meanings = new LinkedHashMap<>();
    List<Sense> all = new ArrayList<>();
    for (String part : List.of("noun", "verb", "adj", "adv")) {
      all.addAll(wordNet.ofPart(part));
    }
    all.forEach(sense -> meanings.merge(sense.lemma(), 1, Integer::sum));
    Set<String> seen = new HashSet<>();
    for (Sense sense : all) {
      if (meanings.getOrDefault(sense.lemma(), 0) < 2 || sense.lemma().contains(" ")) {
        continue;
      }
      for (String example : sense.examples()) {
        int start = indexOf(example, sense.lemma());
        if (start >= 0 && seen.add(sense.lemma() + "\n" + example)) {
          questions.add(
              new Question(
                  new WordSenses.Place(example, start, start + sense.lemma().length()), sense));
        }
      }
    }
    return questions;
  }

  /// Where the lemma stands as a whole word, or −1.
  private static int indexOf(String example, String lemma) {
    String lower = example.toLowerCase(Locale.ROOT);
    int at = lower.length() == example.length() ? lower.indexOf(lemma) : -1;
    while (at >= 0) {
      int end = at + lemma.length();
      if ((at == 0 || !Character.isLetterOrDigit(lower.charAt(at - 1)))
          && (end == lower.length() || !Character.isLetterOrDigit(lower.charAt(end)))) {
        return at;
      }
      at = lower.indexOf(lemma, at + 1);
    }
    return -1;
  }
}
