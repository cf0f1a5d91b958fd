package dev.heed.tokenizer;

import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.normalizer.Precompiled;
import dev.heed.tokenizer.normalizer.SentencePieceNormalizer;
import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.SplitBehavior;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Writes the normalizers, pre-tokenizers and decoders of a `tokenizer.json`.
final class PartWriter {
  private final JsonGenerator json;

  PartWriter(JsonGenerator json) {
    this.json = json;
  }

  void start(String type) {
    json.writeStartObject();
    json.writeStringProperty("type", type);
  }

  private void plain(String type) {
    start(type);
    json.writeEndObject();
  }

  void normalizer(@Nullable Normalizer part) {
    switch (part) {
      case null -> json.writeNull();
      case Normalizer.Bert bert -> {
        start("BertNormalizer");
        json.writeBooleanProperty("clean_text", bert.cleanText());
        json.writeBooleanProperty("handle_chinese_chars", bert.handleChineseChars());
        Boolean stripAccents = bert.stripAccents();
        if (stripAccents == null) {
          json.writeNullProperty("strip_accents");
        } else {
          json.writeBooleanProperty("strip_accents", stripAccents);
        }
        json.writeBooleanProperty("lowercase", bert.lowercase());
        json.writeEndObject();
      }
      case Normalizer.UnicodeForm form -> plain(form.form().name());
      case Normalizer.Lowercase _ -> plain("Lowercase");
      case Normalizer.Strip strip -> {
        start("Strip");
        json.writeBooleanProperty("strip_left", strip.left());
        json.writeBooleanProperty("strip_right", strip.right());
        json.writeEndObject();
      }
      case Normalizer.StripAccents _ -> plain("StripAccents");
      case Normalizer.Nmt _ -> plain("Nmt");
      case Normalizer.Replace replace -> replace(replace.pattern(), replace.content());
      case Normalizer.Prepend prepend -> {
        start("Prepend");
        json.writeStringProperty("prepend", prepend.text());
        json.writeEndObject();
      }
      case Normalizer.ByteLevel _ -> plain("ByteLevel");
      case Precompiled precompiled -> {
        start("Precompiled");
        json.writeStringProperty(
            "precompiled_charsmap", Base64.getEncoder().encodeToString(precompiled.table()));
        json.writeEndObject();
      }
      case SentencePieceNormalizer spm -> sentencePiece(spm);
      case Normalizer.Sequence sequence -> {
        start("Sequence");
        json.writeArrayPropertyStart("normalizers");
        sequence.parts().forEach(this::normalizer);
        json.writeEndArray();
        json.writeEndObject();
      }
    }
  }

  /// The nearest that a `tokenizer.json` can say.
  private void sentencePiece(SentencePieceNormalizer spm) {
    List<Normalizer> parts = new ArrayList<>();
    if (spm.table() != null) {
      parts.add(spm.table());
    }
    if (spm.removeExtraWhitespace()) {
      parts.add(new Normalizer.Strip(true, true));
      parts.add(new Normalizer.Replace(Expression.regex(" {2,}"), " "));
    }
    parts.add(new Normalizer.Replace(Expression.literal(" "), "▁"));
    if (spm.addDummyPrefix()) {
      parts.add(new Normalizer.Prepend("▁"));
    }
    normalizer(new Normalizer.Sequence(parts));
  }

  private void replace(Expression pattern, String content) {
    start("Replace");
    pattern(pattern);
    json.writeStringProperty("content", content);
    json.writeEndObject();
  }

  private void pattern(Expression pattern) {
    json.writeObjectPropertyStart("pattern");
    json.writeStringProperty(pattern.isLiteral() ? "String" : "Regex", pattern.source());
    json.writeEndObject();
  }

  void preTokenizer(@Nullable PreTokenizer part) {
    switch (part) {
      case null -> json.writeNull();
      case PreTokenizer.Bert _ -> plain("BertPreTokenizer");
      case PreTokenizer.ByteLevel b -> byteLevel(b.addPrefixSpace(), b.trimOffsets(), b.useRegex());
      case PreTokenizer.CharDelimiterSplit split -> {
        start("CharDelimiterSplit");
        json.writeStringProperty("delimiter", Character.toString(split.delimiter()));
        json.writeEndObject();
      }
      case PreTokenizer.Metaspace metaspace ->
          metaspace(metaspace.replacement(), metaspace.prepend(), metaspace.split());
      case PreTokenizer.Whitespace _ -> plain("Whitespace");
      case PreTokenizer.WhitespaceSplit _ -> plain("WhitespaceSplit");
      case PreTokenizer.Digits digits -> {
        start("Digits");
        json.writeBooleanProperty("individual_digits", digits.individual());
        json.writeEndObject();
      }
      case PreTokenizer.Punctuation punctuation -> {
        start("Punctuation");
        behavior(punctuation.behavior());
        json.writeEndObject();
      }
      case PreTokenizer.Split split -> {
        start("Split");
        pattern(split.pattern());
        behavior(split.behavior());
        json.writeBooleanProperty("invert", split.invert());
        json.writeEndObject();
      }
      case PreTokenizer.UnicodeScripts _ -> plain("UnicodeScripts");
      case PreTokenizer.FixedLength fixed -> {
        start("FixedLength");
        json.writeNumberProperty("length", fixed.length());
        json.writeEndObject();
      }
      case PreTokenizer.Sequence sequence -> {
        start("Sequence");
        json.writeArrayPropertyStart("pretokenizers");
        sequence.parts().forEach(this::preTokenizer);
        json.writeEndArray();
        json.writeEndObject();
      }
    }
  }

  private void behavior(SplitBehavior behavior) {
    json.writeStringProperty("behavior", behavior.jsonName());
  }

  private void metaspace(
      String replacement, PreTokenizer.Metaspace.Prepend prepend, boolean split) {
    start("Metaspace");
    json.writeStringProperty("replacement", replacement);
    json.writeStringProperty("prepend_scheme", TokenizerJsonWriter.lower(prepend));
    json.writeBooleanProperty("split", split);
    json.writeEndObject();
  }

  void byteLevel(boolean addPrefixSpace, boolean trimOffsets, boolean useRegex) {
    start("ByteLevel");
    json.writeBooleanProperty("add_prefix_space", addPrefixSpace);
    json.writeBooleanProperty("trim_offsets", trimOffsets);
    json.writeBooleanProperty("use_regex", useRegex);
    json.writeEndObject();
  }

  void decoder(@Nullable Decoder part) {
    switch (part) {
      case null -> json.writeNull();
      case Decoder.ByteLevel _ -> byteLevel(true, true, true);
      case Decoder.WordPiece wordPiece -> {
        start("WordPiece");
        json.writeStringProperty("prefix", wordPiece.prefix());
        json.writeBooleanProperty("cleanup", wordPiece.cleanup());
        json.writeEndObject();
      }
      case Decoder.Metaspace m -> metaspace(m.replacement(), m.prepend(), true);
      case Decoder.Bpe bpe -> {
        start("BPEDecoder");
        json.writeStringProperty("suffix", bpe.suffix());
        json.writeEndObject();
      }
      case Decoder.Ctc ctc -> {
        start("CTC");
        json.writeStringProperty("pad_token", ctc.paddingToken());
        json.writeStringProperty("word_delimiter_token", ctc.wordDelimiter());
        json.writeBooleanProperty("cleanup", ctc.cleanup());
        json.writeEndObject();
      }
      case Decoder.Replace replace -> replace(replace.pattern(), replace.content());
      case Decoder.Fuse _ -> plain("Fuse");
      case Decoder.Strip strip -> {
        start("Strip");
        json.writeStringProperty("content", Character.toString(strip.content()));
        json.writeNumberProperty("start", strip.start());
        json.writeNumberProperty("stop", strip.stop());
        json.writeEndObject();
      }
      case Decoder.ByteFallback _ -> plain("ByteFallback");
      case Decoder.Sequence sequence -> {
        start("Sequence");
        json.writeArrayPropertyStart("decoders");
        sequence.parts().forEach(this::decoder);
        json.writeEndArray();
        json.writeEndObject();
      }
    }
  }
}
