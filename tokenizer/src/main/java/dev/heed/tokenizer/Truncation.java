package dev.heed.tokenizer;

/// How a text that is too long is cut.
///
/// @param maxLength tokens at most, special ones included
/// @param stride tokens that a window shares with the one before
/// @param strategy which text of a pair is cut
/// @param side the end at which tokens go
public record Truncation(int maxLength, int stride, Strategy strategy, Side side) {
  /// Which text of a pair is cut.
  public enum Strategy {
    LONGEST_FIRST,
    ONLY_FIRST,
    ONLY_SECOND
  }

  public Truncation {
    if (maxLength < 0 || stride < 0) {
      throw new IllegalArgumentException(
          "maxLength and stride must be 0 or more: received maxLength=%d, stride=%d"
              .formatted(maxLength, stride));
    }
  }

  /// At most `maxLength` tokens; what goes, goes at the end, from the longer text of a pair.
  public static Truncation to(int maxLength) {
    return new Truncation(maxLength, 0, Strategy.LONGEST_FIRST, Side.RIGHT);
  }
}
