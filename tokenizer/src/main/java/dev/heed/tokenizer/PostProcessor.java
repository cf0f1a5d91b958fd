package dev.heed.tokenizer;

import java.util.List;

/// Adds the special tokens that a model expects around one text or a pair.
///
/// Source: `processors` of Hugging Face tokenizers, type by type.
sealed interface PostProcessor {
  /// The number of tokens that are added around one text or a pair.
  int added(boolean pair);

  /// A special token of a template: usually one id, sometimes several.
  record Special(List<Integer> ids, List<String> tokens) {
    public Special {
      ids = List.copyOf(ids);
      tokens = List.copyOf(tokens);
      if (ids.size() != tokens.size()) {
        throw new IllegalArgumentException(
            "A special token has as many ids as texts: received ids=%s, tokens=%s"
                .formatted(ids, tokens));
      }
    }
  }

  /// A step of a template.
  sealed interface Piece {
    int typeId();

    /// The text number `sequence`, 0 or 1.
    record Text(int sequence, int typeId) implements Piece {}

    /// A special token under its name in the template.
    record Added(String name, Special special, int typeId) implements Piece {}
  }

  /// The texts and special tokens as a template lists them.
  record Template(List<Piece> single, List<Piece> pair) implements PostProcessor {
    public Template {
      single = List.copyOf(single);
      pair = List.copyOf(pair);
    }

    @Override
    public int added(boolean pair) {
      int count = 0;
      for (Piece piece : pair ? this.pair : single) {
        count += piece instanceof Piece.Added a ? a.special().ids().size() : 0;
      }
      return count;
    }
  }

  /// `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`.
  record Bert(Special separator, Special classification) implements PostProcessor {
    @Override
    public int added(boolean pair) {
      return pair ? 3 : 2;
    }
  }

  /// `<s> A </s>`, `<s> A </s></s> B </s>`, all of one segment.
  record Roberta(
      Special separator, Special classification, boolean trimOffsets, boolean addPrefixSpace)
      implements PostProcessor {
    @Override
    public int added(boolean pair) {
      return pair ? 4 : 2;
    }
  }

  /// Takes white space out of spans where `trimOffsets`; adds nothing.
  record ByteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex)
      implements PostProcessor {
    @Override
    public int added(boolean pair) {
      return 0;
    }
  }

  /// One after the other.
  record Sequence(List<PostProcessor> parts) implements PostProcessor {
    public Sequence {
      parts = List.copyOf(parts);
    }

    @Override
    public int added(boolean pair) {
      return parts.stream().mapToInt(part -> part.added(pair)).sum();
    }
  }
}
