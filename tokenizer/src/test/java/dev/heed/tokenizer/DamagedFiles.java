package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/// Files that use many parts, and what a reader promises of any bytes: a tokenizer, which then
/// encodes and decodes, or a [TokenizerFormatException].
final class DamagedFiles {
  private static final List<String> LINES =
      List.of("The train left the station on time.", "naïve café 🚂 日本語 3,141.59", "  a\tb  ");

  private static final String NORMALIZER =
      """
      {"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Replace","pattern":{"Regex":"\\\\s+"},\
      "content":" "},{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,\
      "strip_accents":null,"lowercase":true},{"type":"Strip","strip_left":true,"strip_right":true},\
      {"type":"Prepend","prepend":"▁"}]}\
      """;
  private static final String PRE_TOKENIZER =
      """
      {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"[a-z]+|\\\\p{N}{1,3}"},\
      "behavior":"Isolated","invert":false},{"type":"Digits","individual_digits":true},\
      {"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}]}\
      """;
  private static final String TEMPLATE =
      """
      {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x","type_id":0}},{"Sequence":\
      {"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B",\
      "type_id":1}}],"special_tokens":{"x":{"id":"x","ids":[0],"tokens":["[UNK]"]}}}\
      """;

  private DamagedFiles() {}

  /// Valid files, one for each algorithm.
  static Stream<byte[]> valid() {
    return Stream.of(
        BpeTrainer.of(270).train(LINES).toJson(),
        WordPieceTrainer.of(60).train(LINES).toJson(),
        UnigramTrainer.of(40).train(LINES).toJson(),
        SyntheticTokenizers.file(
            NORMALIZER, PRE_TOKENIZER, TEMPLATE, SyntheticTokenizers.unigram(LINES, true, 1)),
        SyntheticTokenizers.file(
            "null",
            PRE_TOKENIZER,
            TEMPLATE,
            SyntheticTokenizers.bpe(
                LINES, 1, "\"unk_token\":\"[UNK]\",\"byte_fallback\":true", true)),
        SyntheticTokenizers.file(
            NORMALIZER, "null", TEMPLATE, SyntheticTokenizers.wordLevel(LINES)));
  }

  /// Whether these bytes are a tokenizer; where they are not, the message says something.
  static boolean read(byte[] json) throws IOException {
    Tokenizer tokenizer;
    try {
      tokenizer = Tokenizer.read(new ByteArrayInputStream(json));
    } catch (TokenizerFormatException e) {
      assertThat(e.getMessage()).isNotBlank();
      return false;
    }
    for (String line : LINES) {
      try {
        tokenizer.decode(tokenizer.encode(line).ids());
        tokenizer.encodePair(line, "and this", true);
      } catch (IllegalStateException e) {
        // What only a text can show: an expression that takes too long, a text without a token.
        assertThat(e.getMessage()).isNotBlank();
      }
    }
    assertThat(new String(tokenizer.toJson(), StandardCharsets.UTF_8)).startsWith("{");
    return true;
  }
}
