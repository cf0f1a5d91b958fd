package dev.heed.task;

import dev.heed.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How well a language model foresees each word of some texts: the sum of −ln p of its tokens, in
/// nats.
public final class WordLosses {
  /// More would take long and change little.
  private static final int MOST_TOKENS = 20_000;

  private static final Pattern WORD = Pattern.compile("\\p{L}[\\p{L}\\p{M}'’-]*");

  private final Map<String, Sum> sums = new LinkedHashMap<>();

  private static final class Sum {
    double nll;
    int count;
  }

  /// What a word gained by a training.
  ///
  /// @param count how often the word is there
  /// @param before the mean of −ln p of the word before, in nats
  /// @param after the same after it
  public record Gain(String word, int count, double before, double after) {
    /// What all places of the word gained together, in nats.
    public double total() {
      return count * (before - after);
    }
  }

  private WordLosses() {}

  /// Tries a model on texts, in windows of at most `context` tokens each; of very long texts only
  /// the beginning.
  public static WordLosses of(LanguageModel model, List<String> texts, int context) {
    WordLosses losses = new WordLosses();
    int left = MOST_TOKENS;
    for (String text : texts) {
      Encoding encoding = model.tokenizer().encode(text, false);
      int[] ids = Arrays.copyOf(encoding.ids(), Math.min(left, encoding.size()));
      double[] nll = new double[ids.length];
      for (int from = 0; from + 1 < ids.length; from += context - 1) {
        int to = Math.min(ids.length, from + context);
        double[] window = Perplexity.losses(model.model(), Arrays.copyOfRange(ids, from, to), 1);
        System.arraycopy(window, 0, nll, from + 1, window.length);
      }
      losses.add(text, encoding, nll);
      left -= ids.length;
    }
    return losses;
  }

  /// A token is a word's if it ends in it.
  private void add(String text, Encoding encoding, double[] nll) {
    Matcher words = WORD.matcher(text);
    int token = 1; // the first has nothing before it
    while (words.find()) {
      double sum = 0;
      boolean whole = false;
      while (token < nll.length && encoding.end(token) <= words.end()) {
        if (encoding.end(token) > words.start()) {
          sum += nll[token];
          whole = encoding.end(token) == words.end();
        }
        token++;
      }
      if (whole) {
        Sum all = sums.computeIfAbsent(words.group(), key -> new Sum());
        all.nll += sum;
        all.count++;
      }
    }
  }

  /// The words that gained most in all their places together, the largest gain first.
  ///
  /// @param before the same words before the training
  public List<Gain> gains(WordLosses before, int most) {
    List<Gain> gains = new ArrayList<>();
    sums.forEach((word, after) -> {
      Sum then = before.sums.get(word);
      if (then != null && then.nll > after.nll) {
        gains.add(new Gain(word, after.count, then.nll / then.count, after.nll / after.count));
      }
    });
    gains.sort(Comparator.comparingDouble(gain -> -gain.total()));
    return List.copyOf(gains.subList(0, Math.min(most, gains.size())));
  }
}
