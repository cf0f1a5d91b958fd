package dev.heed.explorer;

import dev.heed.data.WordNet;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Sentences of real English: definitions and usage examples of WordNet.
final class KnownSentences {
  private static final int SOME = 24;
  private static final int WITH_WORD = 60;
  private static final int WITHOUT = 60;
  private static final int LONGEST = 120;

  private @Nullable List<String> all;

  private synchronized List<String> all() {
    List<String> known = all;
    if (known == null) {
      known =
          WordNet.sentences().stream()
              .filter(text -> text.length() <= LONGEST && text.split(" ").length >= 5)
              .toList();
      all = known;
    }
    return known;
  }

  /// A few, always the same.
  List<String> some() {
    return spread(all(), SOME);
  }

  /// Some that have the word, and some others.
  List<String> with(String word) {
    Pattern pattern =
        Pattern.compile(
            "\\b" + Pattern.quote(word.strip()) + "\\b",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.UNICODE_CHARACTER_CLASS);
    List<String> chosen =
        new ArrayList<>(
            spread(
                all().stream().filter(text -> pattern.matcher(text).find()).toList(), WITH_WORD));
    chosen.addAll(spread(all(), WITHOUT));
    return chosen.stream().distinct().toList();
  }

  private static List<String> spread(List<String> all, int most) {
    if (all.size() <= most) {
      return all;
    }
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      chosen.add(all.get((int) ((long) i * all.size() / most)));
    }
    return chosen;
  }
}
