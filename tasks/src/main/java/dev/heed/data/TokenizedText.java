package dev.heed.data;

import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Encoding;
import dev.heed.tokenizer.Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A text, or a pair of texts, as an encoder takes it.
///
/// @param ids its token ids
/// @param types for each token 0, or 1 in the second text of a pair where the model is told of it
/// @param cut whether the text was longer and was cut
public record TokenizedText(int[] ids, int[] types, boolean cut) {
  /// The tokens of `text`, and of `second` where there is one; the tokenizer cuts.
  public static TokenizedText of(Tokenizer tokenizer, String text, @Nullable String second) {
    Encoding encoding =
        second == null ? tokenizer.encode(text) : tokenizer.encodePair(text, second, true);
    return of(encoding, tokenizer.config().tokenTypes());
  }

  /// The same of an encoding that is there already.
  ///
  /// @param tokenTypes whether the model is told which tokens are of a second text
  public static TokenizedText of(Encoding encoding, boolean tokenTypes) {
    return new TokenizedText(
        encoding.ids(),
        tokenTypes ? encoding.typeIds() : new int[encoding.size()],
        !encoding.overflowing().isEmpty());
  }

  /// The number of tokens.
  public int length() {
    return ids.length;
  }

  /// Texts packed one after the other.
  ///
  /// @param ids I32 [N]
  /// @param sequences where each text starts
  /// @param types I32 [N]
  public record Packed(Tensor ids, Sequences sequences, Tensor types) {}

  /// Packs texts one after the other, without padding.
  public static Packed pack(List<TokenizedText> texts) {
    int[] lengths = texts.stream().mapToInt(TokenizedText::length).toArray();
    Sequences sequences = Sequences.ofLengths(lengths);
    int[] ids = new int[sequences.rows()];
    int[] types = new int[sequences.rows()];
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(texts.get(i).ids, 0, ids, sequences.start(i), lengths[i]);
      System.arraycopy(texts.get(i).types, 0, types, sequences.start(i), lengths[i]);
    }
    return new Packed(Tensor.of(ids, ids.length), sequences, Tensor.of(types, types.length));
  }
}
