package dev.heed.generation.grammar;

import dev.heed.generation.grammar.Expression.Characters;
import dev.heed.generation.grammar.Expression.Choice;
import dev.heed.generation.grammar.Expression.Repeat;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Whole numbers of a range, and numbers with decimals, as JSON writes them.
final class DigitRanges {
  /// Where nothing bounds a number: what a `double` has without rounding.
  static final long LARGEST = 9_999_999_999_999_999L;

  static final Characters DIGIT = Characters.of('0', '9');
  private static final int MOST_DECIMALS = 15;

  private DigitRanges() {}

  /// Every whole number from `least` to `most`; null where there is none.
  static @Nullable Expression integers(long least, long most) {
    List<Expression> all = new ArrayList<>();
    if (least < 0 && least <= most) {
      all.add(Expression.sequence(Expression.text("-"), natural(-Math.min(most, -1), -least)));
    }
    if (most >= 0 && least <= most) {
      all.add(natural(Math.max(least, 0), most));
    }
    return all.isEmpty() ? null : new Choice(all);
  }

  /// Numbers from 0 up.
  private static Expression natural(long least, long most) {
    List<Expression> all = new ArrayList<>();
    String last = Long.toString(most);
    String first = Long.toString(least);
    for (int length = first.length(); length <= last.length(); length++) {
      String from = length == first.length() ? first : "1" + "0".repeat(length - 1);
      String to = length == last.length() ? last : "9".repeat(length);
      all.add(between(from, to));
    }
    return new Choice(all);
  }

  /// Texts of digits between two of the same length.
  private static Expression between(String from, String to) {
    if (from.isEmpty()) {
      return Expression.EMPTY;
    }
    int length = from.length() - 1;
    char a = from.charAt(0);
    char b = to.charAt(0);
    if (a == b) {
      return Expression.sequence(
          Expression.text(from.substring(0, 1)), between(from.substring(1), to.substring(1)));
    }
    if (from.substring(1).equals("0".repeat(length))
        && to.substring(1).equals("9".repeat(length))) {
      return Expression.sequence(Characters.of(a, b), digits(length, length));
    }
    List<Expression> all = new ArrayList<>();
    all.add(
        Expression.sequence(
            Expression.text(from.substring(0, 1)), between(from.substring(1), "9".repeat(length))));
    if (b - a > 1) {
      all.add(Expression.sequence(Characters.of(a + 1, b - 1), digits(length, length)));
    }
    all.add(
        Expression.sequence(
            Expression.text(to.substring(0, 1)), between("0".repeat(length), to.substring(1))));
    return new Choice(all);
  }

  static Expression digits(int least, int most) {
    return new Repeat(DIGIT, least, most);
  }

  /// Any number.
  static Expression anyNumber() {
    return Expression.sequence(
        Expression.optional(Expression.text("-")),
        natural(0, LARGEST),
        Expression.optional(decimals()),
        Expression.optional(
            Expression.sequence(
                Characters.oneOf("eE"),
                Expression.optional(Characters.oneOf("+-")),
                digits(1, 2))));
  }

  private static Expression decimals() {
    return Expression.sequence(Expression.text("."), digits(1, MOST_DECIMALS));
  }

  /// Decimals that are not all zero.
  private static Expression someDecimals() {
    return Expression.sequence(
        Expression.text("."),
        digits(0, MOST_DECIMALS - 3),
        Characters.of('1', '9'),
        new Repeat(Expression.text("0"), 0, 2));
  }

  /// Numbers with and without decimals within bounds: whole numbers, and what lies between two
  /// whole numbers that are both within them; null where there is none.
  ///
  /// @param least where `openBelow` says so, what the number is more than
  /// @param most where `openAbove` says so, what the number is less than
  static @Nullable Expression numbers(
      double least, boolean openBelow, double most, boolean openAbove) {
    long first = (long) Math.ceil(Math.max(least, -LARGEST));
    long last = (long) Math.floor(Math.min(most, LARGEST));
    List<Expression> all = new ArrayList<>();
    Expression whole =
        integers(
            openBelow && first == least ? first + 1 : first,
            openAbove && last == most ? last - 1 : last);
    if (whole != null) {
      Expression zeros =
          Expression.sequence(Expression.text(".0"), Expression.optional(Expression.text("0")));
      all.add(Expression.sequence(whole, Expression.optional(zeros)));
    }
    if (last > 0 && last > first) {
      all.add(Expression.sequence(natural(Math.max(first, 0), last - 1), someDecimals()));
    }
    if (first < 0 && last > first) {
      Expression magnitude = natural(-Math.min(last, 0), -first - 1);
      all.add(Expression.sequence(Expression.text("-"), magnitude, someDecimals()));
    }
    return all.isEmpty() ? null : new Choice(all);
  }
}
