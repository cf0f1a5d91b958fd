package dev.heed.tokenizer;

import java.util.ArrayList;
import java.util.List;

/// The special tokens that a trainer puts first.
final class SpecialTokens {
  private SpecialTokens() {}

  /// A trainer's own special tokens and those beside them, where there is room for them and for
  /// `least` tokens more.
  static List<String> join(
      List<String> own, List<String> beside, int vocabularySize, int least, String why) {
    List<String> all = new ArrayList<>(own);
    for (String token : beside) {
      if (token.isEmpty() || all.contains(token)) {
        throw new IllegalArgumentException(
            "special tokens must be distinct and not empty: received \"%s\" beside %s"
                .formatted(token, all));
      }
      all.add(token);
    }
    if (vocabularySize < all.size() + least) {
      throw new IllegalArgumentException(
          "vocabularySize must be %d or more (%d special tokens%s): received vocabularySize=%d"
              .formatted(all.size() + least, all.size(), why, vocabularySize));
    }
    return List.copyOf(all);
  }

  /// All as added tokens, with the ids from 0 on.
  static List<AddedToken> added(List<String> specialTokens) {
    List<AddedToken> added = new ArrayList<>();
    for (int id = 0; id < specialTokens.size(); id++) {
      added.add(AddedToken.special(specialTokens.get(id), id));
    }
    return added;
  }
}
