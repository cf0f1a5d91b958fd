package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;

/// What `tokenizer_config.json` says beside the tokenizer itself.
///
/// @param beginOfText the token that begins a text (`bos_token`), null where there is none
/// @param endOfText the token that ends a text (`eos_token`), null where there is none
/// @param unknown the token for what the vocabulary lacks (`unk_token`)
/// @param separator the token between texts (`sep_token`)
/// @param padding the token that fills up a batch (`pad_token`)
/// @param classification the token whose vector stands for the text (`cls_token`)
/// @param mask the token that hides a word (`mask_token`)
/// @param maxLength the longest input in tokens, special ones included; 0 where it is not given
/// @param tokenTypes whether the model is told which tokens are of a second text; else all count as
///   the first's, whatever `tokenizer.json` makes of them
/// @param chatTemplate the template that lays out a conversation, null where there is none
public record TokenizerConfig(
    @Nullable String beginOfText,
    @Nullable String endOfText,
    @Nullable String unknown,
    @Nullable String separator,
    @Nullable String padding,
    @Nullable String classification,
    @Nullable String mask,
    int maxLength,
    boolean tokenTypes,
    @Nullable String chatTemplate) {
  private static final String INPUT_NAMES = "model_input_names";
  private static final String TYPES = "token_type_ids";

  /// The classes whose models are told, where the file does not say it: those of transformers 5.23,
  /// in which it is not the rule any more.
  private static final Pattern TOLD =
      Pattern.compile("(Bert|Electra|Deberta|DebertaV2)Tokenizer(Fast)?");

  /// Nothing is said.
  public static final TokenizerConfig EMPTY =
      new TokenizerConfig(null, null, null, null, null, null, null, 0, true, null);

  public TokenizerConfig {
    if (maxLength < 0) {
      throw new IllegalArgumentException(
          "maxLength must be 0 (not given) or more: received maxLength=" + maxLength);
    }
  }

  /// A language model's: one token begins, ends and separates texts.
  public static TokenizerConfig endOfText(String token) {
    return new TokenizerConfig(token, token, token, null, null, null, null, 0, false, null);
  }

  /// The same with a longest input of `tokens`.
  public TokenizerConfig withMaxLength(int tokens) {
    return new TokenizerConfig(
        beginOfText,
        endOfText,
        unknown,
        separator,
        padding,
        classification,
        mask,
        tokens,
        tokenTypes,
        chatTemplate);
  }

  static TokenizerConfig read(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file));
        JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), in)) {
      parser.nextToken();
      Obj config = Obj.of(file.getFileName().toString(), Json.read(parser));
      double longest = config.has("model_max_length") ? config.number("model_max_length") : 0;
      return new TokenizerConfig(
          content(config, "bos_token"),
          content(config, "eos_token"),
          content(config, "unk_token"),
          content(config, "sep_token"),
          content(config, "pad_token"),
          content(config, "cls_token"),
          content(config, "mask_token"),
          longest > 0 && longest <= Integer.MAX_VALUE ? (int) longest : 0,
          tokenTypes(config),
          config.fields().get("chat_template") instanceof String template ? template : null);
    } catch (JacksonException e) {
      throw new TokenizerFormatException(
          file.getFileName() + " is not well-formed JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static boolean tokenTypes(Obj config) throws TokenizerFormatException {
    if (config.fields().get(INPUT_NAMES) instanceof List<?> names) {
      return names.contains(TYPES);
    }
    return !config.has("tokenizer_class")
        || TOLD.matcher(config.string("tokenizer_class")).matches();
  }

  /// A token stands there as its text or as an object with its text.
  private static @Nullable String content(Obj config, String name) throws TokenizerFormatException {
    Object value = config.fields().get(name);
    return value instanceof String || value == null
        ? (String) value
        : config.object(name).string("content");
  }

  void write(Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file));
        JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      json.writeStringProperty("tokenizer_class", "PreTrainedTokenizerFast");
      json.writeBooleanProperty("clean_up_tokenization_spaces", false);
      write(json, "bos_token", beginOfText);
      write(json, "eos_token", endOfText);
      write(json, "unk_token", unknown);
      write(json, "sep_token", separator);
      write(json, "pad_token", padding);
      write(json, "cls_token", classification);
      write(json, "mask_token", mask);
      if (maxLength > 0) {
        json.writeNumberProperty("model_max_length", maxLength);
      }
      if (tokenTypes) {
        json.writeArrayPropertyStart(INPUT_NAMES);
        List.of("input_ids", TYPES, "attention_mask").forEach(json::writeString);
        json.writeEndArray();
      }
      write(json, "chat_template", chatTemplate);
      json.writeEndObject();
    }
  }

  private static void write(JsonGenerator json, String name, @Nullable String value) {
    if (value != null) {
      json.writeStringProperty(name, value);
    }
  }
}
