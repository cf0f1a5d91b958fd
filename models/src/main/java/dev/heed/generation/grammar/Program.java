package dev.heed.generation.grammar;

/// A grammar over bytes, ready to be followed.
///
/// The alternatives of all rules stand one after the other in `code`, each ended by [#END]. What
/// stands at a position is a set of bytes (its index, 0 or more), another rule, or the end.
///
/// @param code the symbols
/// @param alternatives by rule, where each of its alternatives begins
/// @param sets of bytes, four longs each
/// @param rest by position, the fewest bytes from there to the end of the alternative
/// @param heights by position where an alternative begins, how deep rules nest at least below it
record Program(int[] code, int[][] alternatives, long[] sets, int[] rest, int[] heights) {
  static final int END = -1;

  /// The rule of the whole text.
  static final int ROOT = 0;

  static boolean isRule(int symbol) {
    return symbol < END;
  }

  /// How `code` names a rule, and back.
  static int rule(int number) {
    return -2 - number;
  }

  boolean contains(int set, int b) {
    return (sets[4 * set + (b >> 6)] >> (b & 63) & 1) != 0;
  }
}
