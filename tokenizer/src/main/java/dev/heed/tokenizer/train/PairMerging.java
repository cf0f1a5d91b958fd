package dev.heed.tokenizer.train;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.IntConsumer;

/// Learns the merges of a byte-pair encoding: the most frequent pair of neighbours becomes a token,
/// again and again, until the vocabulary has its size.
///
/// Only the words that contain a pair are touched when it merges, so that a merge costs what it
/// changes. Of equally frequent pairs the one with the smaller ids wins.
///
/// Source: Sennrich et al. 2016, algorithm 1; order and bookkeeping as in Hugging Face tokenizers'
/// `models/bpe/trainer.rs`, so that the same text gives the same merges.
public final class PairMerging {
  /// Pairs in the order learnt, by the ids of their tokens, and all tokens by id.
  public record Result(List<String> tokens, int[] lefts, int[] rights, int[] merged) {}

  private record Candidate(long count, long pair, int index, int[] words)
      implements Comparable<Candidate> {
    @Override
    public int compareTo(Candidate other) {
      return count != other.count
          ? Long.compare(other.count, count)
          : Long.compare(pair, other.pair);
    }
  }

  private final int[] symbols; // of all words, one after the other
  private final int[] begins; // word w is symbols[begins[w], begins[w] + lengths[w])
  private final int[] lengths;
  private final long[] counts;
  private final String continuingPrefix;
  private final PairCounts pairs = new PairCounts();
  private final PriorityQueue<Candidate> queue = new PriorityQueue<>();
  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();

  /// @param tokens the vocabulary so far; symbols are indices of it
  /// @param symbols of all words; used up by the learning
  /// @param begins where each word begins in `symbols`, and at the end where the last one ends
  /// @param counts how often each word occurs
  /// @param continuingPrefix what tokens inside a word begin with, which a merge drops once
  public PairMerging(
      List<String> tokens, int[] symbols, int[] begins, long[] counts, String continuingPrefix) {
    this.tokens = new ArrayList<>(tokens);
    for (int id = 0; id < tokens.size(); id++) {
      ids.put(tokens.get(id), id);
    }
    this.symbols = symbols;
    this.begins = begins;
    this.counts = counts;
    this.continuingPrefix = continuingPrefix;
    this.lengths = new int[counts.length];
  }

  /// Merges until there are `vocabularySize` tokens or no pair occurs `minFrequency` times.
  /// `progress` is told the number of tokens from time to time.
  public Result learn(int vocabularySize, long minFrequency, IntConsumer progress) {
    countPairs();
    IntList lefts = new IntList();
    IntList rights = new IntList();
    IntList merged = new IntList();
    while (tokens.size() < vocabularySize && !queue.isEmpty()) {
      Candidate top = queue.poll();
      long now = pairs.count(top.index);
      if (top.count != now) {
        queue.add(new Candidate(now, top.pair, top.index, top.words));
        continue;
      }
      if (now < 1 || now < minFrequency) {
        break;
      }
      int left = (int) (top.pair >>> 32);
      int right = (int) top.pair;
      int id = merge(tokens.get(left), tokens.get(right));
      lefts.add(left);
      rights.add(right);
      merged.add(id);
      apply(top.words, left, right, id);
      if ((lefts.size() & 63) == 0) {
        progress.accept(tokens.size());
      }
    }
    progress.accept(tokens.size());
    return new Result(tokens, lefts.toArray(), rights.toArray(), merged.toArray());
  }

  private int merge(String left, String right) {
    String rest =
        !continuingPrefix.isEmpty() && right.startsWith(continuingPrefix)
            ? right.substring(continuingPrefix.length())
            : right;
    String token = left + rest;
    Integer known = ids.putIfAbsent(token, tokens.size());
    if (known != null) {
      return known;
    }
    tokens.add(token);
    return tokens.size() - 1;
  }

  private void countPairs() {
    for (int w = 0; w < counts.length; w++) {
      lengths[w] = begins[w + 1] - begins[w];
      for (int i = begins[w]; i + 1 < begins[w + 1]; i++) {
        int pair = pairs.indexOf(PairCounts.key(symbols[i], symbols[i + 1]));
        pairs.count(pair, counts[w]);
        pairs.addWord(pair, w);
      }
    }
    for (int pair = 0; pair < pairs.size(); pair++) {
      enqueue(pair);
    }
  }

  private void enqueue(int pair) {
    int[] words = pairs.takeWords(pair);
    if (pairs.count(pair) > 0) {
      queue.add(new Candidate(pairs.count(pair), pairs.key(pair), pair, words));
    }
  }

  private void apply(int[] words, int left, int right, int id) {
    IntList touched = new IntList();
    for (int w : words) {
      applyTo(w, left, right, id, touched);
    }
    for (int i = 0; i < touched.size(); i++) {
      enqueue(touched.get(i));
    }
  }

  /// Merges the pair in one word, from the left, and counts which neighbourhoods end and begin.
  private void applyTo(int w, int left, int right, int id, IntList touched) {
    int begin = begins[w];
    int end = begin + lengths[w];
    long count = counts[w];
    int out = begin;
    for (int i = begin; i < end; i++) {
      if (symbols[i] != left || i + 1 >= end || symbols[i + 1] != right) {
        symbols[out++] = symbols[i];
        continue;
      }
      if (out > begin) {
        int before = symbols[out - 1];
        change(before, left, -count, w, touched);
        change(before, id, count, w, touched);
      }
      symbols[out++] = id;
      i++;
      if (i + 1 < end) {
        int after = symbols[i + 1];
        change(right, after, -count, w, touched);
        change(id, after, count, w, touched);
      }
    }
    lengths[w] = out - begin;
  }

  private void change(int left, int right, long count, int word, IntList touched) {
    int pair = pairs.indexOf(PairCounts.key(left, right));
    pairs.count(pair, count);
    if (count > 0 && pairs.addWord(pair, word)) {
      touched.add(pair);
    }
  }
}
