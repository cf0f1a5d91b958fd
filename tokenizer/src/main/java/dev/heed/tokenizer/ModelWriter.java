package dev.heed.tokenizer;

import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Merges;
import dev.heed.tokenizer.model.Model;
import dev.heed.tokenizer.model.Unigram;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.model.WordLevel;
import dev.heed.tokenizer.model.WordPiece;
import tools.jackson.core.JsonGenerator;

/// Writes the `model` of a `tokenizer.json`.
final class ModelWriter {
  private final JsonGenerator json;

  ModelWriter(JsonGenerator json) {
    this.json = json;
  }

  void model(Model model) {
    json.writeStartObject();
    switch (model) {
      case Bpe bpe -> bpe(bpe);
      case WordPiece wordPiece -> {
        json.writeStringProperty("type", "WordPiece");
        json.writeStringProperty("unk_token", wordPiece.unknownToken());
        json.writeStringProperty("continuing_subword_prefix", wordPiece.continuingPrefix());
        json.writeNumberProperty("max_input_chars_per_word", wordPiece.longestWord());
        vocabulary(wordPiece.vocabulary());
      }
      case WordLevel wordLevel -> {
        json.writeStringProperty("type", "WordLevel");
        vocabulary(wordLevel.vocabulary());
        json.writeStringProperty("unk_token", wordLevel.unknownToken());
      }
      case Unigram unigram -> unigram(unigram);
    }
    json.writeEndObject();
  }

  private void bpe(Bpe bpe) {
    Bpe.Options options = bpe.options();
    json.writeStringProperty("type", "BPE");
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

  private void unigram(Unigram unigram) {
    json.writeStringProperty("type", "Unigram");
    if (unigram.unknownId() < 0) {
      json.writeNullProperty("unk_id");
    } else {
      json.writeNumberProperty("unk_id", unigram.unknownId());
    }
    json.writeArrayPropertyStart("vocab");
    for (int id = 0; id < unigram.visible(); id++) {
      json.writeStartArray();
      json.writeString(unigram.pieces().get(id));
      // JSON has no infinity; so unlikely a token is not cut either.
      json.writeNumber(Math.max(unigram.score(id), -1e6));
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeBooleanProperty("byte_fallback", unigram.byteFallback());
  }
}
