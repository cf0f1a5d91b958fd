package dev.heed.generation;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which tokens may come, whatever the model thinks of them.
///
/// @param endTokens the tokens that end a text
/// @param suppressed tokens that never come
/// @param suppressedFirst tokens that do not come first
/// @param banned sequences of tokens that never come
/// @param minimumTokens how many tokens come before one that ends the text
/// @param noRepeat the length of sequences of tokens that come only once; 0 for none
/// @param forcedFirst the token that comes first; null for any
/// @param forcedLast the token that comes where the most tokens asked for are reached; null for any
public record GenerationRules(
    Set<Integer> endTokens,
    Set<Integer> suppressed,
    Set<Integer> suppressedFirst,
    List<List<Integer>> banned,
    int minimumTokens,
    int noRepeat,
    @Nullable Integer forcedFirst,
    @Nullable Integer forcedLast) {
  public GenerationRules {
    endTokens = Set.copyOf(endTokens);
    suppressed = Set.copyOf(suppressed);
    suppressedFirst = Set.copyOf(suppressedFirst);
    banned = List.copyOf(banned);
    if (minimumTokens < 0 || noRepeat < 0) {
      throw new IllegalArgumentException(
          "minimumTokens and noRepeat must be 0 or more: received %d and %d"
              .formatted(minimumTokens, noRepeat));
    }
  }

  /// Every token may come; these end a text.
  public static GenerationRules endingWith(Set<Integer> endTokens) {
    return new GenerationRules(endTokens, Set.of(), Set.of(), List.of(), 0, 0, null, null);
  }

  /// The only token that may come; null where there are several.
  ///
  /// @param made how many new tokens there are
  /// @param last whether no token comes after this one
  @Nullable Integer forced(int made, boolean last) {
    return made == 0 && forcedFirst != null ? forcedFirst : last ? forcedLast : null;
  }

  /// Gives tokens that may not come the logit −∞, in place.
  ///
  /// @param ids the prompt and, after its `promptLength` tokens, the new text
  /// @param length the number of tokens of both
  /// @param last whether no token comes after this one
  void apply(float[] logits, int[] ids, int promptLength, int length, boolean last) {
    int made = length - promptLength;
    forbid(logits, suppressed);
    if (made == 0) {
      forbid(logits, suppressedFirst);
    }
    if (made < minimumTokens) {
      forbid(logits, endTokens);
    }
    for (List<Integer> sequence : banned) {
      if (endsWith(ids, length, sequence.subList(0, sequence.size() - 1))) {
        forbid(logits, sequence.getLast());
      }
    }
    for (int start = 0; noRepeat > 0 && start + noRepeat <= length; start++) {
      boolean same = true;
      for (int i = 0; i < noRepeat - 1 && same; i++) {
        same = ids[start + i] == ids[length - noRepeat + 1 + i];
      }
      if (same) {
        forbid(logits, ids[start + noRepeat - 1]);
      }
    }
    Integer only = forced(made, last);
    if (only != null && only >= 0 && only < logits.length) {
      float logit = logits[only] == Float.NEGATIVE_INFINITY ? 0 : logits[only];
      java.util.Arrays.fill(logits, Float.NEGATIVE_INFINITY);
      logits[only] = logit;
    }
  }

  private static boolean endsWith(int[] ids, int length, List<Integer> sequence) {
    if (sequence.size() > length) {
      return false;
    }
    for (int i = 0; i < sequence.size(); i++) {
      if (ids[length - sequence.size() + i] != sequence.get(i)) {
        return false;
      }
    }
    return true;
  }

  private static void forbid(float[] logits, Iterable<Integer> ids) {
    ids.forEach(id -> forbid(logits, id));
  }

  private static void forbid(float[] logits, int id) {
    if (id >= 0 && id < logits.length) {
      logits[id] = Float.NEGATIVE_INFINITY;
    }
  }
}
