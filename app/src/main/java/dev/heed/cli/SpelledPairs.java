package dev.heed.cli;

import com.ibm.icu.text.RuleBasedNumberFormat;
import dev.heed.data.TextPairs.Pair;
import dev.heed.tensor.CounterRandom;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/// Numbers and dates in words, in English and in German, by ICU: pairs without end, exactly
/// checkable, where words change places (*four* and *twenty*).
final class SpelledPairs {
  static final int NUMBERS = 1_000_000;
  private static final long FIRST_DAY = LocalDate.of(1500, 1, 1).toEpochDay();
  private static final long DAYS = LocalDate.of(2100, 1, 1).toEpochDay() - FIRST_DAY;
  private static final String DAY = "%spellout-ordinal";
  private static final String YEAR = "%spellout-numbering-year";

  private final RuleBasedNumberFormat english =
      new RuleBasedNumberFormat(Locale.ENGLISH, RuleBasedNumberFormat.SPELLOUT);
  private final RuleBasedNumberFormat german =
      new RuleBasedNumberFormat(Locale.GERMAN, RuleBasedNumberFormat.SPELLOUT);

  /// `one hundred twenty-four` and `einhundertvierundzwanzig`.
  Pair number(int number) {
    return new Pair(english.format(number), whole(german.format(number)));
  }

  /// `Monday, the second of May, nineteen eighty-four` and `Montag, der zweite Mai
  /// neunzehnhundertvierundachtzig`.
  Pair date(LocalDate date) {
    return new Pair(
        "%s, the %s of %s, %s"
            .formatted(
                date.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH),
                english.format(date.getDayOfMonth(), DAY),
                date.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH),
                english.format(date.getYear(), YEAR)),
        whole(
            "%s, der %s %s %s"
                .formatted(
                    date.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.GERMAN),
                    german.format(date.getDayOfMonth(), DAY),
                    date.getMonth().getDisplayName(TextStyle.FULL, Locale.GERMAN),
                    german.format(date.getYear(), YEAR))));
  }

  /// Where a German number may be broken, ICU puts invisible hyphens.
  private static String whole(String text) {
    return text.replace("\u00ad", "");
  }

  /// Pairs to learn from, and pairs to try what was learned on: none is in both.
  record Drawn(List<Pair> learned, List<Pair> tried) {}

  /// Numbers below a million: to try, any is as likely as another; to learn from, as many of few
  /// digits as of many, so that the small ones are known.
  Drawn numbers(int learned, int tried, long seed) {
    return drawn(learned, tried, NUMBERS, seed, true)
        .map(numbers -> numbers.stream().map(n -> number(n)).toList());
  }

  /// Dates of the years 1500 to 2099.
  Drawn dates(int learned, int tried, long seed) {
    return drawn(learned, tried, (int) DAYS, seed, false)
        .map(days -> days.stream().map(d -> date(LocalDate.ofEpochDay(FIRST_DAY + d))).toList());
  }

  private record Chosen(List<Integer> learned, List<Integer> tried) {
    Drawn map(Function<List<Integer>, List<Pair>> spelled) {
      return new Drawn(spelled.apply(learned), spelled.apply(tried));
    }
  }

  private static Chosen drawn(int learned, int tried, int end, long seed, boolean byDigits) {
    Set<Integer> taken = new HashSet<>();
    List<Integer> toTry = draw(tried, end, CounterRandom.key(seed, 0, 3), false, taken);
    return new Chosen(draw(learned, end, CounterRandom.key(seed, 1, 3), byDigits, taken), toTry);
  }

  /// `count` numbers below `end`, none twice and none that is taken.
  private static List<Integer> draw(
      int count, int end, long key, boolean byDigits, Set<Integer> taken) {
    List<Integer> drawn = new ArrayList<>();
    for (long i = 0; drawn.size() < count; i++) {
      double chance = CounterRandom.uniform(key, i);
      // Half by digits and half evenly: there are only few numbers of few digits.
      int number =
          byDigits && i % 2 == 0 ? (int) (Math.pow(end, chance) - 1) : (int) (chance * end);
      if (taken.add(number)) {
        drawn.add(number);
      }
    }
    return drawn;
  }
}
