package dev.heed.tokenizer;

/// A token that is found in the text as it stands, before and beside the model's own.
///
/// @param content the text of the token
/// @param id its id
/// @param singleWord whether it counts only where no word character touches it
/// @param stripLeft whether it takes the white space before it
/// @param stripRight whether it takes the white space after it
/// @param normalized whether it is looked for in the normalised text rather than in the original
/// @param special whether it controls the model rather than being text; left out on decoding
public record AddedToken(
    String content,
    int id,
    boolean singleWord,
    boolean stripLeft,
    boolean stripRight,
    boolean normalized,
    boolean special) {

  public AddedToken {
    if (id < 0) {
      throw new IllegalArgumentException(
          "The id of an added token must be 0 or more: received id=%d for \"%s\""
              .formatted(id, content));
    }
  }

  /// A special token such as `<|endoftext|>`, found exactly as it is written.
  public static AddedToken special(String content, int id) {
    return new AddedToken(content, id, false, false, false, false, true);
  }

  AddedToken withId(int other) {
    return new AddedToken(content, other, singleWord, stripLeft, stripRight, normalized, special);
  }
}
