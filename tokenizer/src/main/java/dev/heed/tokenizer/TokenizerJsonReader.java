package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import dev.heed.tokenizer.model.Model;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/// Reads a `tokenizer.json`. Nothing in it is trusted: a part that is unknown, missing or of the
/// wrong kind is an error that names it.
final class TokenizerJsonReader {
  private TokenizerJsonReader() {}

  /// @throws TokenizerFormatException where the file is not a tokenizer that Heed can be
  static TokenizerDefinition read(InputStream in) throws TokenizerFormatException {
    try (JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), in)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new TokenizerFormatException(
            "A tokenizer.json is a JSON object: found " + parser.currentToken());
      }
      Model model = null;
      Map<String, @Nullable Object> rest = new LinkedHashMap<>();
      while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals("model")) {
          model = ModelReader.read(parser);
        } else {
          rest.put(name, Json.read(parser));
        }
      }
      if (model == null) {
        throw new TokenizerFormatException("A tokenizer.json has a \"model\": found none");
      }
      return definition(new Obj("tokenizer", rest), model);
    } catch (JacksonException e) {
      throw new TokenizerFormatException(
          "The tokenizer file is not well-formed JSON: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new TokenizerFormatException(String.valueOf(e.getMessage()), e);
    }
  }

  private static TokenizerDefinition definition(Obj file, Model model)
      throws TokenizerFormatException {
    List<AddedToken> added = new ArrayList<>();
    if (file.has("added_tokens")) {
      for (Obj token : file.objects("added_tokens")) {
        added.add(addedToken(token));
      }
    }
    Obj truncation = file.objectOrNull("truncation");
    Obj padding = file.objectOrNull("padding");
    Obj normalizer = file.objectOrNull("normalizer");
    Obj preTokenizer = file.objectOrNull("pre_tokenizer");
    Obj postProcessor = file.objectOrNull("post_processor");
    Obj decoder = file.objectOrNull("decoder");
    return new TokenizerDefinition(
        truncation == null ? null : truncation(truncation),
        padding == null ? null : padding(padding),
        added,
        normalizer == null ? null : PartReader.normalizer(normalizer),
        preTokenizer == null ? null : PartReader.preTokenizer(preTokenizer),
        model,
        postProcessor == null ? null : PostProcessorReader.read(postProcessor),
        decoder == null ? null : PartReader.decoder(decoder));
  }

  private static AddedToken addedToken(Obj token) throws TokenizerFormatException {
    boolean special = token.bool("special", false);
    return new AddedToken(
        token.string("content"),
        token.integer("id"),
        token.bool("single_word", false),
        token.bool("lstrip", false),
        token.bool("rstrip", false),
        token.bool("normalized", !special),
        special);
  }

  private static Truncation truncation(Obj part) throws TokenizerFormatException {
    String strategy = part.has("strategy") ? part.string("strategy") : "LongestFirst";
    return new Truncation(
        part.integer("max_length"),
        part.integer("stride", 0),
        switch (strategy) {
          case "LongestFirst" -> Truncation.Strategy.LONGEST_FIRST;
          case "OnlyFirst" -> Truncation.Strategy.ONLY_FIRST;
          case "OnlySecond" -> Truncation.Strategy.ONLY_SECOND;
          default -> throw part.unknown("strategy", "LongestFirst, OnlyFirst, OnlySecond");
        },
        side(part));
  }

  private static Padding padding(Obj part) throws TokenizerFormatException {
    Object strategy = part.fields().get("strategy");
    int length = "BatchLongest".equals(strategy) ? 0 : part.object("strategy").integer("Fixed");
    return new Padding(
        length,
        part.integer("pad_to_multiple_of", 0),
        side(part),
        part.integer("pad_id"),
        part.integer("pad_type_id", 0),
        part.string("pad_token"));
  }

  private static Side side(Obj part) throws TokenizerFormatException {
    String direction = part.has("direction") ? part.string("direction") : "Right";
    return switch (direction) {
      case "Right" -> Side.RIGHT;
      case "Left" -> Side.LEFT;
      default -> throw part.unknown("direction", "Left, Right");
    };
  }
}
