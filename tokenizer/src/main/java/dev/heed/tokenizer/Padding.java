package dev.heed.tokenizer;

/// How texts are filled up to a common length.
///
/// @param length tokens that every text has at the end, 0 for those of the longest of a batch
/// @param multipleOf the length is rounded up to a multiple of this; 0 or 1 for no rounding
/// @param side the end at which padding goes
/// @param id the id of the padding token
/// @param typeId its segment
/// @param token its text
public record Padding(int length, int multipleOf, Side side, int id, int typeId, String token) {
  public Padding {
    if (length < 0 || multipleOf < 0 || id < 0) {
      throw new IllegalArgumentException(
          "length, multipleOf and id must be 0 or more: received length=%d, multipleOf=%d, id=%d"
              .formatted(length, multipleOf, id));
    }
  }

  /// To the longest text of a batch, at the end.
  public static Padding toLongest(int id, String token) {
    return new Padding(0, 0, Side.RIGHT, id, 0, token);
  }

  int target(int longest) {
    int target = length == 0 ? longest : length;
    return multipleOf > 1 && target % multipleOf > 0
        ? target + multipleOf - target % multipleOf
        : target;
  }
}
