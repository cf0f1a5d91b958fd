package dev.heed.tokenizer;

import dev.heed.tokenizer.Json.Obj;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.normalizer.Precompiled;
import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.SplitBehavior;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads the normalizers, pre-tokenizers and decoders of a `tokenizer.json`.
final class PartReader {
  private PartReader() {}

  static Normalizer normalizer(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "BertNormalizer" ->
          new Normalizer.Bert(
              part.bool("clean_text", true),
              part.bool("handle_chinese_chars", true),
              part.has("strip_accents") ? (Boolean) part.bool("strip_accents", false) : null,
              part.bool("lowercase", true));
      case "NFC" -> new Normalizer.UnicodeForm(Form.NFC);
      case "NFD" -> new Normalizer.UnicodeForm(Form.NFD);
      case "NFKC" -> new Normalizer.UnicodeForm(Form.NFKC);
      case "NFKD" -> new Normalizer.UnicodeForm(Form.NFKD);
      case "Lowercase" -> new Normalizer.Lowercase();
      case "Strip" ->
          new Normalizer.Strip(part.bool("strip_left", true), part.bool("strip_right", true));
      case "StripAccents" -> new Normalizer.StripAccents();
      case "Nmt" -> new Normalizer.Nmt();
      case "Replace" -> new Normalizer.Replace(pattern(part), part.string("content"));
      case "Prepend" -> new Normalizer.Prepend(part.string("prepend"));
      case "ByteLevel" -> new Normalizer.ByteLevel();
      case "Precompiled" ->
          new Precompiled(
              Base64.getDecoder()
                  .decode(
                      part.has("precompiled_charsmap")
                          ? part.string("precompiled_charsmap")
                          : "AAAAAA=="));
      case "Sequence" -> {
        List<Normalizer> parts = new ArrayList<>();
        for (Obj step : part.objects("normalizers")) {
          parts.add(normalizer(step));
        }
        yield new Normalizer.Sequence(parts);
      }
      default ->
          throw part.unknown(
              "BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Replace,"
                  + " Prepend, ByteLevel, Precompiled, Sequence");
    };
  }

  static PreTokenizer preTokenizer(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "BertPreTokenizer" -> new PreTokenizer.Bert();
      case "ByteLevel" ->
          new PreTokenizer.ByteLevel(
              part.bool("add_prefix_space", true),
              part.bool("trim_offsets", true),
              part.bool("use_regex", true));
      case "CharDelimiterSplit" -> new PreTokenizer.CharDelimiterSplit(part.character("delimiter"));
      case "Metaspace" ->
          new PreTokenizer.Metaspace(
              Character.toString(part.character("replacement")),
              prepend(part),
              part.bool("split", true));
      case "Whitespace" -> new PreTokenizer.Whitespace();
      case "WhitespaceSplit" -> new PreTokenizer.WhitespaceSplit();
      case "Digits" -> new PreTokenizer.Digits(part.bool("individual_digits", false));
      case "Punctuation" ->
          new PreTokenizer.Punctuation(
              part.has("behavior") ? behavior(part) : SplitBehavior.ISOLATED);
      case "Split" ->
          new PreTokenizer.Split(pattern(part), behavior(part), part.bool("invert", false));
      case "UnicodeScripts" -> new PreTokenizer.UnicodeScripts();
      case "FixedLength" -> new PreTokenizer.FixedLength(part.integer("length", 5));
      case "Sequence" -> {
        List<PreTokenizer> parts = new ArrayList<>();
        for (Obj step : part.objects("pretokenizers")) {
          parts.add(preTokenizer(step));
        }
        yield new PreTokenizer.Sequence(parts);
      }
      default ->
          throw part.unknown(
              "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Metaspace, Whitespace,"
                  + " WhitespaceSplit, Digits, Punctuation, Split, UnicodeScripts, FixedLength,"
                  + " Sequence");
    };
  }

  static Decoder decoder(Obj part) throws TokenizerFormatException {
    return switch (part.type()) {
      case "ByteLevel" -> new Decoder.ByteLevel();
      case "WordPiece" ->
          new Decoder.WordPiece(
              part.has("prefix") ? part.string("prefix") : "##", part.bool("cleanup", true));
      case "Metaspace" ->
          new Decoder.Metaspace(Character.toString(part.character("replacement")), prepend(part));
      case "BPEDecoder" -> new Decoder.Bpe(part.has("suffix") ? part.string("suffix") : "</w>");
      case "CTC" ->
          new Decoder.Ctc(
              part.string("pad_token"),
              part.string("word_delimiter_token"),
              part.bool("cleanup", true));
      case "Replace" -> new Decoder.Replace(pattern(part), part.string("content"));
      case "Fuse" -> new Decoder.Fuse();
      case "Strip" ->
          new Decoder.Strip(
              part.character("content"), part.integer("start", 0), part.integer("stop", 0));
      case "ByteFallback" -> new Decoder.ByteFallback();
      case "Sequence" -> {
        List<Decoder> parts = new ArrayList<>();
        for (Obj step : part.objects("decoders")) {
          parts.add(decoder(step));
        }
        yield new Decoder.Sequence(parts);
      }
      default ->
          throw part.unknown(
              "ByteLevel, WordPiece, Metaspace, BPEDecoder, CTC, Replace, Fuse, Strip,"
                  + " ByteFallback, Sequence");
    };
  }

  /// `prepend_scheme`, for which older files say `add_prefix_space`.
  private static PreTokenizer.Metaspace.Prepend prepend(Obj part) throws TokenizerFormatException {
    String scheme =
        part.has("prepend_scheme")
            ? part.string("prepend_scheme")
            : part.bool("add_prefix_space", true) ? "always" : "never";
    return switch (scheme) {
      case "always" -> PreTokenizer.Metaspace.Prepend.ALWAYS;
      case "first" -> PreTokenizer.Metaspace.Prepend.FIRST;
      case "never" -> PreTokenizer.Metaspace.Prepend.NEVER;
      default -> throw part.unknown("prepend_scheme", "always, first, never");
    };
  }

  private static SplitBehavior behavior(Obj part) throws TokenizerFormatException {
    String name = part.string("behavior");
    for (SplitBehavior behavior : SplitBehavior.values()) {
      if (behavior.jsonName().equals(name)) {
        return behavior;
      }
    }
    throw part.unknown(
        "behavior", "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous");
  }

  /// `{"Regex": …}`, `{"String": …}`, or the text alone.
  private static Expression pattern(Obj part) throws TokenizerFormatException {
    @Nullable Object value = part.fields().get("pattern");
    if (value instanceof String text) {
      return Expression.literal(text);
    }
    Obj pattern = part.object("pattern");
    if (!pattern.has("Regex")) {
      return Expression.literal(pattern.string("String"));
    }
    try {
      return Expression.regex(pattern.string("Regex"));
    } catch (IllegalArgumentException e) {
      throw new TokenizerFormatException(pattern.path() + ": " + e.getMessage(), e);
    }
  }
}
