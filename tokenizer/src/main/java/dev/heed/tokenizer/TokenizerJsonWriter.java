package dev.heed.tokenizer;

import dev.heed.tokenizer.PostProcessor.Piece;
import dev.heed.tokenizer.PostProcessor.Special;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/// Writes a `tokenizer.json` that Hugging Face opens.
final class TokenizerJsonWriter {
  private final JsonGenerator json;
  private final PartWriter parts;

  private TokenizerJsonWriter(JsonGenerator json) {
    this.json = json;
    this.parts = new PartWriter(json);
  }

  static void write(TokenizerDefinition definition, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
      write(definition, out);
    }
  }

  static void write(TokenizerDefinition definition, OutputStream out) {
    try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      new TokenizerJsonWriter(json).definition(definition);
    }
  }

  private void definition(TokenizerDefinition definition) {
    json.writeStartObject();
    json.writeStringProperty("version", "1.0");
    truncation(definition.truncation());
    padding(definition.padding());
    json.writeArrayPropertyStart("added_tokens");
    definition.addedTokens().forEach(this::addedToken);
    json.writeEndArray();
    json.writeName("normalizer");
    parts.normalizer(definition.normalizer());
    json.writeName("pre_tokenizer");
    parts.preTokenizer(definition.preTokenizer());
    json.writeName("post_processor");
    postProcessor(definition.postProcessor());
    json.writeName("decoder");
    parts.decoder(definition.decoder());
    json.writeName("model");
    new ModelWriter(json).model(definition.model());
    json.writeEndObject();
  }

  private void truncation(@Nullable Truncation truncation) {
    json.writeName("truncation");
    if (truncation == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    json.writeStringProperty("direction", name(truncation.side()));
    json.writeNumberProperty("max_length", truncation.maxLength());
    json.writeStringProperty(
        "strategy",
        switch (truncation.strategy()) {
          case LONGEST_FIRST -> "LongestFirst";
          case ONLY_FIRST -> "OnlyFirst";
          case ONLY_SECOND -> "OnlySecond";
        });
    json.writeNumberProperty("stride", truncation.stride());
    json.writeEndObject();
  }

  private void padding(@Nullable Padding padding) {
    json.writeName("padding");
    if (padding == null) {
      json.writeNull();
      return;
    }
    json.writeStartObject();
    json.writeName("strategy");
    if (padding.length() == 0) {
      json.writeString("BatchLongest");
    } else {
      json.writeStartObject();
      json.writeNumberProperty("Fixed", padding.length());
      json.writeEndObject();
    }
    json.writeStringProperty("direction", name(padding.side()));
    json.writeName("pad_to_multiple_of");
    if (padding.multipleOf() == 0) {
      json.writeNull();
    } else {
      json.writeNumber(padding.multipleOf());
    }
    json.writeNumberProperty("pad_id", padding.id());
    json.writeNumberProperty("pad_type_id", padding.typeId());
    json.writeStringProperty("pad_token", padding.token());
    json.writeEndObject();
  }

  private static String name(Side side) {
    return side == Side.LEFT ? "Left" : "Right";
  }

  private void addedToken(AddedToken token) {
    json.writeStartObject();
    json.writeNumberProperty("id", token.id());
    json.writeStringProperty("content", token.content());
    json.writeBooleanProperty("single_word", token.singleWord());
    json.writeBooleanProperty("lstrip", token.stripLeft());
    json.writeBooleanProperty("rstrip", token.stripRight());
    json.writeBooleanProperty("normalized", token.normalized());
    json.writeBooleanProperty("special", token.special());
    json.writeEndObject();
  }

  private void postProcessor(@Nullable PostProcessor part) {
    switch (part) {
      case null -> json.writeNull();
      case PostProcessor.ByteLevel b ->
          parts.byteLevel(b.addPrefixSpace(), b.trimOffsets(), b.useRegex());
      case PostProcessor.Bert bert -> {
        parts.start("BertProcessing");
        tokenAndId("sep", bert.separator());
        tokenAndId("cls", bert.classification());
        json.writeEndObject();
      }
      case PostProcessor.Roberta roberta -> {
        parts.start("RobertaProcessing");
        tokenAndId("sep", roberta.separator());
        tokenAndId("cls", roberta.classification());
        json.writeBooleanProperty("trim_offsets", roberta.trimOffsets());
        json.writeBooleanProperty("add_prefix_space", roberta.addPrefixSpace());
        json.writeEndObject();
      }
      case PostProcessor.Template template -> template(template);
      case PostProcessor.Sequence sequence -> {
        parts.start("Sequence");
        json.writeArrayPropertyStart("processors");
        sequence.parts().forEach(this::postProcessor);
        json.writeEndArray();
        json.writeEndObject();
      }
    }
  }

  private void tokenAndId(String name, Special special) {
    json.writeArrayPropertyStart(name);
    json.writeString(special.tokens().getFirst());
    json.writeNumber(special.ids().getFirst());
    json.writeEndArray();
  }

  private void template(PostProcessor.Template template) {
    parts.start("TemplateProcessing");
    Map<String, Special> specials = new LinkedHashMap<>();
    pieces("single", template.single(), specials);
    pieces("pair", template.pair(), specials);
    json.writeObjectPropertyStart("special_tokens");
    specials.forEach(this::special);
    json.writeEndObject();
    json.writeEndObject();
  }

  private void pieces(String name, List<Piece> pieces, Map<String, Special> specials) {
    json.writeArrayPropertyStart(name);
    for (Piece piece : pieces) {
      json.writeStartObject();
      switch (piece) {
        case Piece.Text text -> {
          json.writeObjectPropertyStart("Sequence");
          json.writeStringProperty("id", text.sequence() == 0 ? "A" : "B");
        }
        case Piece.Added added -> {
          specials.put(added.name(), added.special());
          json.writeObjectPropertyStart("SpecialToken");
          json.writeStringProperty("id", added.name());
        }
      }
      json.writeNumberProperty("type_id", piece.typeId());
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void special(String name, Special special) {
    json.writeObjectPropertyStart(name);
    json.writeStringProperty("id", name);
    json.writeArrayPropertyStart("ids");
    special.ids().forEach(json::writeNumber);
    json.writeEndArray();
    json.writeArrayPropertyStart("tokens");
    special.tokens().forEach(json::writeString);
    json.writeEndArray();
    json.writeEndObject();
  }

  /// A name as files write it.
  static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
