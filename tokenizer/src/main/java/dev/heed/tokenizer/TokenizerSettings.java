package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/// The settings in a directory's `tokenizer_config.json` that tell how its vocabulary is used.
record TokenizerSettings(Obj config, String family) {
  /// What is in `directory`, nothing where there is no such file. The family is the class of the
  /// tokenizer, or the type of the model, in lower case.
  static TokenizerSettings read(@Nullable Path directory) throws IOException {
    Obj tokenizer = object(directory, "tokenizer_config.json");
    Obj model = object(directory, "config.json");
    String family =
        tokenizer.has("tokenizer_class")
            ? tokenizer.string("tokenizer_class")
            : model.has("model_type") ? model.string("model_type") : "";
    return new TokenizerSettings(tokenizer, family.toLowerCase(Locale.ROOT));
  }

  private static Obj object(@Nullable Path directory, String name) throws IOException {
    Path file = directory == null ? null : directory.resolve(name);
    if (file == null || !Files.exists(file)) {
      return new Obj(name, Map.of());
    }
    try (JsonParser parser =
        Json.FACTORY.createParser(ObjectReadContext.empty(), Files.readAllBytes(file))) {
      parser.nextToken();
      return Obj.of(name, Json.read(parser));
    } catch (JacksonException e) {
      throw new TokenizerFormatException(
          name + " is not well-formed JSON: " + e.getOriginalMessage(), e);
    }
  }

  boolean has(String name) {
    return config.has(name);
  }

  boolean bool(String name, boolean fallback) throws TokenizerFormatException {
    return config.bool(name, fallback);
  }

  boolean isFamily(String name) {
    return family.contains(name);
  }
}
