package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.split.PreTokenizer;
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
    Obj preTokenizer = file.objectOrNull("pre_tokenizer");
    Obj postProcessor = file.objectOrNull("post_processor");
    Obj decoder = file.objectOrNull("decoder");
    return new TokenizerDefinition(
        added,
        preTokenizer == null ? null : preTokenizer(preTokenizer),
        postProcessor == null ? null : postProcessor(postProcessor),
        decoder == null ? null : decoder(decoder),
        model);
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

  private static PreTokenizer preTokenizer(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "ByteLevel" ->
          new PreTokenizer.ByteLevel(
              part.bool("add_prefix_space", true),
              part.bool("trim_offsets", true),
              part.bool("use_regex", true));
      default -> throw part.unknown("ByteLevel");
    };
  }

  private static PostProcessor postProcessor(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "ByteLevel" ->
          new PostProcessor.ByteLevel(
              part.bool("add_prefix_space", true),
              part.bool("trim_offsets", true),
              part.bool("use_regex", true));
      default -> throw part.unknown("ByteLevel");
    };
  }

  private static Decoder decoder(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "ByteLevel" -> new Decoder.ByteLevel();
      default -> throw part.unknown("ByteLevel");
    };
  }
}
