package dev.heed.task;

import dev.heed.data.TaggedTexts;
import dev.heed.data.TokenizedText;
import dev.heed.tokenizer.Encoding;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.Truncation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A text, or a part of one, as a tagger takes it.
///
/// @param text its tokens
/// @param first the first token of each word, which stands for the word; −1 where it has none
/// @param targets for each token the number of its word's label, −1 where none is asked for; null
///   where labels are to be found
record TaggedInput(TokenizedText text, int[] first, int @Nullable [] targets) {
  private static final int NONE = -1;

  int length() {
    return text.length();
  }

  /// A text in parts that the model can take, cut between words.
  ///
  /// @param tokenizer cuts nothing
  static List<TaggedInput> of(Tokenizer tokenizer, WordSpans spans, int longest) {
    Encoding encoding = tokenizer.encode(spans.text());
    if (encoding.size() > longest && spans.words().size() > 1) {
      List<TaggedInput> parts = new ArrayList<>(of(tokenizer, spans.half(true), longest));
      parts.addAll(of(tokenizer, spans.half(false), longest));
      return parts;
    }
    if (encoding.size() > longest) { // one endless word: its beginning says what it is
      encoding = tokenizer.withTruncation(Truncation.to(longest)).encode(spans.text());
    }
    return List.of(
        new TaggedInput(
            TokenizedText.of(encoding, tokenizer.config().tokenTypes()),
            spans.firstTokens(encoding),
            null));
  }

  /// What is learned from a sentence.
  static List<TaggedInput> of(
      Tokenizer tokenizer, TaggedTexts.Sentence sentence, List<String> labels, int longest) {
    List<TaggedInput> parts = new ArrayList<>();
    int word = 0;
    for (TaggedInput part : of(tokenizer, WordSpans.of(sentence.words()), longest)) {
      int[] targets = new int[part.length()];
      Arrays.fill(targets, NONE);
      for (int token : part.first) {
        int label = labels.indexOf(sentence.labels().get(word++));
        if (token >= 0 && targets[token] == NONE) {
          targets[token] = label;
        }
      }
      parts.add(new TaggedInput(part.text, part.first, targets));
    }
    return parts;
  }
}
