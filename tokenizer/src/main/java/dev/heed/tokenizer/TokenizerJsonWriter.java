package dev.heed.tokenizer;

import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Merges;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.split.PreTokenizer;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/// Writes a `tokenizer.json` that Hugging Face opens.
final class TokenizerJsonWriter {
  private final JsonGenerator json;

  private TokenizerJsonWriter(JsonGenerator json) {
    this.json = json;
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
    json.writeNullProperty("truncation");
    json.writeNullProperty("padding");
    json.writeArrayPropertyStart("added_tokens");
    definition.addedTokens().stream()
        .sorted(Comparator.comparingInt(AddedToken::id))
        .forEach(this::addedToken);
    json.writeEndArray();
    json.writeNullProperty("normalizer");
    preTokenizer(definition.preTokenizer());
    postProcessor(definition.postProcessor());
    decoder(definition.decoder());
    model(definition.model());
    json.writeEndObject();
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

  private void preTokenizer(@Nullable PreTokenizer part) {
    json.writeName("pre_tokenizer");
    switch (part) {
      case null -> json.writeNull();
      case PreTokenizer.ByteLevel b ->
          byteLevel(b.addPrefixSpace(), b.trimOffsets(), b.useRegex());
    }
  }

  private void postProcessor(@Nullable PostProcessor part) {
    json.writeName("post_processor");
    switch (part) {
      case null -> json.writeNull();
      case PostProcessor.ByteLevel b ->
          byteLevel(b.addPrefixSpace(), b.trimOffsets(), b.useRegex());
    }
  }

  private void decoder(@Nullable Decoder part) {
    json.writeName("decoder");
    switch (part) {
      case null -> json.writeNull();
      case Decoder.ByteLevel _ -> byteLevel(true, true, true);
    }
  }

  private void byteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {
    start("ByteLevel");
    json.writeBooleanProperty("add_prefix_space", addPrefixSpace);
    json.writeBooleanProperty("trim_offsets", trimOffsets);
    json.writeBooleanProperty("use_regex", useRegex);
    json.writeEndObject();
  }

  private void start(String type) {
    json.writeStartObject();
    json.writeStringProperty("type", type);
  }

  private void model(Model model) {
    json.writeName("model");
    switch (model) {
      case Bpe bpe -> bpe(bpe);
    }
  }

  private void bpe(Bpe bpe) {
    Bpe.Options options = bpe.options();
    start("BPE");
    json.writeNullProperty("dropout");
    json.writeStringProperty("unk_token", options.unknownToken());
    json.writeStringProperty("continuing_subword_prefix", options.continuingPrefix());
    json.writeStringProperty("end_of_word_suffix", options.endOfWordSuffix());
    json.writeBooleanProperty("fuse_unk", options.fuseUnknown());
    json.writeBooleanProperty("byte_fallback", options.byteFallback());
    json.writeBooleanProperty("ignore_merges", options.ignoreMerges());
    vocabulary(bpe.vocabulary());
    json.writeArrayPropertyStart("merges");
    Merges merges = bpe.merges();
    for (int rank = 0; rank < merges.size(); rank++) {
      json.writeStartArray();
      json.writeString(bpe.vocabulary().token(merges.left(rank)));
      json.writeString(bpe.vocabulary().token(merges.right(rank)));
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void vocabulary(Vocabulary vocabulary) {
    json.writeObjectPropertyStart("vocab");
    for (int id = 0; id < vocabulary.idLimit(); id++) {
      String token = vocabulary.token(id);
      if (token != null) {
        json.writeNumberProperty(token, id);
      }
    }
    json.writeEndObject();
  }
}
