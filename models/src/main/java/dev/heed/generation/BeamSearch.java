package dev.heed.generation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Looks for the most probable whole texts: follows several at once, a token at a time, and keeps
/// those with the highest sums of log-probabilities. Several searches run together, so that the
/// model computes many texts at once; none changes another.
///
/// Source: `generate` of transformers 5.23 with `num_beams`, whose texts and scores it gives. With
/// one beam it is greedy.
///
/// @param model gives the logits
/// @param settings how many beams, and when to stop
/// @param rules which tokens may come
public record BeamSearch<S>(BeamModel<S> model, BeamSettings settings, GenerationRules rules) {

  /// Where a search begins.
  ///
  /// @param known what the model knows of the tokens but the last
  /// @param ids the tokens so far, one at least
  /// @param maximumTokens the most new tokens, the one that ends a text included
  public record Start<S>(S known, int[] ids, int maximumTokens) {
    public Start {
      if (ids.length == 0 || maximumTokens < 1) {
        throw new IllegalArgumentException(
            "a search needs a token to begin with and room for one: received %d and %d"
                .formatted(ids.length, maximumTokens));
      }
    }
  }

  /// A text that was found.
  ///
  /// @param ids its new tokens, without the one that ends it
  /// @param score what texts are compared by, see [BeamSettings]
  /// @param logProbability the natural logarithm of its probability under model and rules, its end
  ///   included
  /// @param ended whether the model ended it; else it had to
  public record Found(int[] ids, double score, double logProbability, boolean ended) {}

  /// The texts found from each start, as many as there are beams or fewer, the best first.
  public List<List<Found>> search(List<Start<S>> starts) {
    List<Search> searches = new ArrayList<>();
    starts.forEach(start -> searches.add(new Search(start)));
    List<Search> going = List.copyOf(searches);
    while (!going.isEmpty()) {
      List<S> texts = new ArrayList<>();
      going.forEach(search -> search.beams.forEach(beam -> texts.add(beam.known)));
      int[] last =
          going.stream()
              .flatMap(search -> search.beams.stream())
              .mapToInt(beam -> beam.ids[beam.ids.length - 1])
              .toArray();
      float[] logits = model.next(texts, last);
      double[] normalizers = TextGenerator.logSumExp(logits, last.length);
      int row = 0;
      for (Search search : going) {
        int rows = search.beams.size();
        search.advance(logits, normalizers, row);
        row += rows;
      }
      going = going.stream().filter(search -> !search.done).toList();
    }
    return searches.stream().map(search -> List.copyOf(search.found)).toList();
  }

  /// A text that goes on.
  private record Beam<S>(S known, int[] ids, double logProbability) {}

  /// One of the best ways to go on.
  private record Candidate(int beam, int token, double logProbability) {}

  /// The search from one start.
  private final class Search {
    private final int promptLength;
    private final int limit;
    private List<Beam<S>> beams;
    private List<Found> found = new ArrayList<>();
    private boolean done;

    Search(Start<S> start) {
      this.promptLength = start.ids.length;
      this.limit = Math.addExact(start.ids.length, start.maximumTokens);
      this.beams = List.of(new Beam<>(start.known, start.ids, 0));
    }

    void advance(float[] logits, double[] normalizers, int firstRow) {
      int length = beams.getFirst().ids.length + 1; // with the next token
      List<Candidate> candidates = candidates(logits, normalizers, firstRow, length);
      List<Candidate> goingOn = new ArrayList<>();
      boolean first = settings.stopping() == BeamSettings.Stopping.FIRST || settings.beams() == 1;
      boolean full = found.size() == settings.beams();
      for (int i = 0; i < candidates.size(); i++) {
        Candidate candidate = candidates.get(i);
        boolean ends = rules.endTokens().contains(candidate.token);
        if (!ends && length < limit) {
          if (goingOn.size() < settings.beams()) {
            goingOn.add(candidate);
          }
        } else if (i < settings.beams() && !(full && first)) {
          add(candidate, ends, length - promptLength);
        }
      }
      full = found.size() == settings.beams();
      boolean hopeless =
          full && (first || !goingOn.isEmpty() && !mayImprove(goingOn.getFirst(), length));
      done = goingOn.isEmpty() || hopeless;
      if (!done) {
        beams = moved(goingOn);
      }
    }

    private List<Candidate> candidates(
        float[] logits, double[] normalizers, int firstRow, int length) {
      int vocabulary = model.vocabulary();
      // So many that enough are left where each beam may end in each way.
      int kept = Math.max(2, 1 + rules.endTokens().size()) * settings.beams();
      Best best = new Best(kept);
      float[] scores = new float[vocabulary];
      for (int b = 0; b < beams.size(); b++) {
        int row = firstRow + b;
        System.arraycopy(logits, row * vocabulary, scores, 0, vocabulary);
        int[] ids = beams.get(b).ids;
        boolean last = length == limit;
        rules.apply(scores, ids, promptLength, ids.length, last);
        double before = beams.get(b).logProbability;
        Integer forced = rules.forced(ids.length - promptLength, last);
        if (forced != null && forced < vocabulary) {
          best.offer(b, forced, before); // what must come has probability 1
          continue;
        }
        for (int token = 0; token < vocabulary; token++) {
          if (scores[token] != Float.NEGATIVE_INFINITY) {
            best.offer(b, token, before + (scores[token] - normalizers[row]));
          }
        }
      }
      return best.list();
    }

    private void add(Candidate candidate, boolean ended, int newTokens) {
      int[] ids = beams.get(candidate.beam).ids;
      int[] made = Arrays.copyOfRange(ids, promptLength, ids.length + (ended ? 0 : 1));
      if (!ended) {
        made[made.length - 1] = candidate.token;
      }
      found.add(
          new Found(
              made, score(candidate.logProbability, newTokens), candidate.logProbability, ended));
      found.sort(Comparator.comparingDouble(Found::score).reversed()); // stable: earlier ones first
      if (found.size() > settings.beams()) {
        found.removeLast();
      }
    }

    private boolean mayImprove(Candidate best, int length) {
      boolean anyLength =
          settings.stopping() == BeamSettings.Stopping.IMPOSSIBLE && settings.lengthPenalty() > 0;
      int newTokens = (anyLength ? limit : length) - promptLength;
      return score(best.logProbability, newTokens) > found.getLast().score;
    }

    private double score(double logProbability, int newTokens) {
      return logProbability / Math.pow(newTokens, settings.lengthPenalty());
    }

    /// Each beam that goes on in one way keeps what is known of it; for the others it is copied
    /// over that of beams that end here.
    private List<Beam<S>> moved(List<Candidate> goingOn) {
      Set<Integer> parents = new HashSet<>();
      goingOn.forEach(candidate -> parents.add(candidate.beam));
      Deque<S> spare = new ArrayDeque<>();
      for (int b = 0; b < beams.size(); b++) {
        if (!parents.contains(b)) {
          spare.add(beams.get(b).known);
        }
      }
      Set<Integer> taken = new HashSet<>();
      List<Beam<S>> next = new ArrayList<>();
      for (Candidate candidate : goingOn) {
        Beam<S> parent = beams.get(candidate.beam);
        S known = taken.add(candidate.beam) ? parent.known : model.copy(parent.known, spare.poll());
        int[] ids = Arrays.copyOf(parent.ids, parent.ids.length + 1);
        ids[parent.ids.length] = candidate.token;
        next.add(new Beam<>(known, ids, candidate.logProbability));
      }
      return next;
    }
  }

  /// The best candidates offered; of equal ones the first.
  private static final class Best {
    private final int[] beams;
    private final int[] tokens;
    private final double[] logProbabilities;
    private int size;

    Best(int kept) {
      this.beams = new int[kept];
      this.tokens = new int[kept];
      this.logProbabilities = new double[kept];
    }

    void offer(int beam, int token, double logProbability) {
      if (size == beams.length && !(logProbability > logProbabilities[size - 1])) {
        return;
      }
      int at = size < beams.length ? size++ : size - 1;
      while (at > 0 && logProbability > logProbabilities[at - 1]) {
        beams[at] = beams[at - 1];
        tokens[at] = tokens[at - 1];
        logProbabilities[at] = logProbabilities[at - 1];
        at--;
      }
      beams[at] = beam;
      tokens[at] = token;
      logProbabilities[at] = logProbability;
    }

    List<Candidate> list() {
      List<Candidate> all = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        all.add(new Candidate(beams[i], tokens[i], logProbabilities[i]));
      }
      return all;
    }
  }
}
