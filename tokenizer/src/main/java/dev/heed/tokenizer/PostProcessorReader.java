package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import dev.heed.tokenizer.PostProcessor.Piece;
import dev.heed.tokenizer.PostProcessor.Special;
import java.util.ArrayList;
import java.util.List;

/// Reads the post-processor of a `tokenizer.json`.
final class PostProcessorReader {
  private PostProcessorReader() {}

  static PostProcessor read(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "ByteLevel" ->
          new PostProcessor.ByteLevel(
              part.bool("add_prefix_space", true),
              part.bool("trim_offsets", true),
              part.bool("use_regex", true));
      case "BertProcessing" ->
          new PostProcessor.Bert(tokenAndId(part, "sep"), tokenAndId(part, "cls"));
      case "RobertaProcessing" ->
          new PostProcessor.Roberta(
              tokenAndId(part, "sep"),
              tokenAndId(part, "cls"),
              part.bool("trim_offsets", true),
              part.bool("add_prefix_space", true));
      case "TemplateProcessing" ->
          new PostProcessor.Template(pieces(part, "single"), pieces(part, "pair"));
      case "Sequence" -> {
        List<PostProcessor> parts = new ArrayList<>();
        for (Obj step : part.objects("processors")) {
          parts.add(read(step));
        }
        yield new PostProcessor.Sequence(parts);
      }
      default ->
          throw part.unknown(
              "ByteLevel, BertProcessing, RobertaProcessing, TemplateProcessing, Sequence");
    };
  }

  /// `["[SEP]", 102]`.
  private static Special tokenAndId(Obj part, String name) throws TokenizerFormatException {
    List<?> pair = part.list(name);
    if (pair.size() == 2
        && pair.get(0) instanceof String token
        && pair.get(1) instanceof Long id
        && id == id.intValue()) {
      return new Special(List.of(id.intValue()), List.of(token));
    }
    throw new TokenizerFormatException(
        "%s.%s: expected a token and its id, found %s".formatted(part.path(), name, pair));
  }

  private static List<Piece> pieces(Obj part, String name) throws TokenizerFormatException {
    List<Piece> pieces = new ArrayList<>();
    for (Obj piece : part.objects(name)) {
      if (piece.has("Sequence")) {
        Obj text = piece.object("Sequence");
        int sequence =
            switch (text.string("id")) {
              case "A" -> 0;
              case "B" -> 1;
              default -> throw text.unknown("id", "A, B");
            };
        pieces.add(new Piece.Text(sequence, text.integer("type_id", 0)));
      } else {
        Obj special = piece.object("SpecialToken");
        String id = special.string("id");
        pieces.add(
            new Piece.Added(
                id,
                special(part.object("special_tokens").object(id)),
                special.integer("type_id", 0)));
      }
    }
    return pieces;
  }

  private static Special special(Obj token) throws TokenizerFormatException {
    List<Integer> ids = new ArrayList<>();
    for (Object id : token.list("ids")) {
      if (!(id instanceof Long number) || number != number.intValue() || number < 0) {
        throw new TokenizerFormatException(
            "%s.ids: expected ids, found %s".formatted(token.path(), id));
      }
      ids.add(number.intValue());
    }
    List<String> tokens = new ArrayList<>();
    for (Object text : token.list("tokens")) {
      tokens.add(String.valueOf(text));
    }
    return new Special(ids, tokens);
  }
}
