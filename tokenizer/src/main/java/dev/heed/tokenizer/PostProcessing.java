package dev.heed.tokenizer;

import dev.heed.tokenizer.PostProcessor.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// From the tokens of one text or two to what the model gets: cut, with special tokens.
///
/// Source: `TokenizerImpl::post_process` of Hugging Face tokenizers.
final class PostProcessing {
  private final @Nullable PostProcessor processor;
  private final @Nullable Truncation truncation;
  private final IntFunction<@Nullable String> tokens;

  PostProcessing(
      @Nullable PostProcessor processor,
      @Nullable Truncation truncation,
      IntFunction<@Nullable String> tokens) {
    this.processor = processor;
    this.truncation = truncation;
    this.tokens = tokens;
  }

  /// @param texts the tokens of one text or two
  /// @throws IllegalArgumentException where a text cannot be cut as the truncation says
  Encoding apply(List<Encoding> texts, boolean addSpecialTokens) {
    List<Encoding> parts =
        truncation == null ? texts : truncate(texts, truncation, addSpecialTokens);
    if (processor != null) {
      parts = process(processor, parts, addSpecialTokens);
    }
    return Encodings.join(parts);
  }

  private List<Encoding> truncate(List<Encoding> texts, Truncation to, boolean addSpecialTokens) {
    int added = processor == null || !addSpecialTokens ? 0 : processor.added(texts.size() > 1);
    int most = to.maxLength() - added;
    if (most < 0) {
      throw new IllegalArgumentException(
          "maxLength must leave room for %d special tokens: received maxLength=%d"
              .formatted(added, to.maxLength()));
    }
    int[] lengths = texts.stream().mapToInt(Encoding::size).toArray();
    int total = 0;
    for (int length : lengths) {
      total += length;
    }
    if (total <= most && most > 0) {
      return texts;
    }
    List<Encoding> cut = new ArrayList<>(texts);
    int[] kept = most == 0 ? new int[lengths.length] : kept(lengths, total - most, most, to);
    for (int i = 0; i < kept.length; i++) {
      cut.set(i, Encodings.truncate(cut.get(i), kept[i], to.stride(), to.side()));
    }
    return cut;
  }

  private static int[] kept(int[] lengths, int surplus, int most, Truncation to) {
    int[] kept = lengths.clone();
    switch (to.strategy()) {
      case LONGEST_FIRST -> {
        if (lengths.length == 1) {
          kept[0] = most;
        } else {
          keepOfPair(kept, most);
        }
      }
      case ONLY_FIRST -> kept[0] = remaining(lengths, 0, surplus);
      case ONLY_SECOND -> {
        if (lengths.length == 1) {
          throw new IllegalArgumentException(
              "The truncation strategy is ONLY_SECOND: received one text");
        }
        kept[1] = remaining(lengths, 1, surplus);
      }
    }
    return kept;
  }

  private static int remaining(int[] lengths, int text, int surplus) {
    if (lengths[text] <= surplus) {
      throw new IllegalArgumentException(
          "The text to be cut must have more than %d tokens: received %d"
              .formatted(surplus, lengths[text]));
    }
    return lengths[text] - surplus;
  }

  /// The longer text is cut first; where that is not enough, both get half.
  private static void keepOfPair(int[] kept, int most) {
    boolean swap = kept[0] > kept[1];
    int shorter = Math.min(kept[0], kept[1]);
    int longer = shorter > most ? shorter : Math.max(shorter, most - shorter);
    if (shorter + longer > most) {
      shorter = most / 2;
      longer = shorter + most % 2;
    }
    kept[0] = swap ? longer : shorter;
    kept[1] = swap ? shorter : longer;
  }

  private List<Encoding> process(
      PostProcessor part, List<Encoding> texts, boolean addSpecialTokens) {
    return switch (part) {
      case PostProcessor.ByteLevel b ->
          b.trimOffsets() ? trimmed(texts, b.addPrefixSpace()) : texts;
      case PostProcessor.Bert bert -> {
        List<Encoding> parts = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
          if (addSpecialTokens && i == 0) {
            parts.add(Encodings.special(bert.classification(), 0, tokens));
          }
          parts.add(texts.get(i));
          if (addSpecialTokens) {
            parts.add(Encodings.special(bert.separator(), i, tokens));
          }
        }
        yield parts;
      }
      case PostProcessor.Roberta roberta -> {
        List<Encoding> trimmed =
            roberta.trimOffsets() ? trimmed(texts, roberta.addPrefixSpace()) : texts;
        List<Encoding> parts = new ArrayList<>();
        for (int i = 0; i < trimmed.size(); i++) {
          if (addSpecialTokens) {
            parts.add(
                Encodings.special(
                    i == 0 ? roberta.classification() : roberta.separator(), 0, tokens));
          }
          parts.add(Encodings.withTypeId(trimmed.get(i), 0));
          if (addSpecialTokens) {
            parts.add(Encodings.special(roberta.separator(), 0, tokens));
          }
        }
        yield parts;
      }
      case PostProcessor.Template template -> {
        List<Encoding> parts = new ArrayList<>();
        for (Piece piece : texts.size() > 1 ? template.pair() : template.single()) {
          switch (piece) {
            case Piece.Text text -> {
              if (text.sequence() >= texts.size()) {
                throw new IllegalStateException("The template for one text asks for a second text");
              }
              parts.add(Encodings.withTypeId(texts.get(text.sequence()), text.typeId()));
            }
            case Piece.Added added -> {
              if (addSpecialTokens) {
                parts.add(Encodings.special(added.special(), added.typeId(), tokens));
              }
            }
          }
        }
        yield parts.isEmpty() ? List.of(Encodings.empty(tokens)) : parts;
      }
      case PostProcessor.Sequence sequence -> {
        List<Encoding> parts = texts;
        for (PostProcessor step : sequence.parts()) {
          parts = process(step, parts, addSpecialTokens);
        }
        yield parts;
      }
    };
  }

  private static List<Encoding> trimmed(List<Encoding> texts, boolean addPrefixSpace) {
    return texts.stream().map(text -> Encodings.trimOffsets(text, addPrefixSpace)).toList();
  }
}
