package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Ours against the Rust tokenizers: ids, token texts, offsets, word ids, segments and masks.
class OracleTest {
  private static final boolean FULL = Boolean.getBoolean("heed.full");
  private static final List<String> LINES = MixedText.lines(FULL ? 90_000 : 10_000, 20_261_122);
  private static final List<String> FEW = LINES.subList(0, FULL ? 1500 : 400);

  /// `"` for quotes and no commas, so that the table stays readable.
  private static String json(String text) {
    return text.replace('\'', '"').replace(';', ',');
  }

  @Test
  void miniLmAgreesOnEveryLineAndOnEveryCodePoint() throws IOException {
    byte[] file;
    try (InputStream in =
        OracleTest.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
      file = in.readAllBytes();
    }
    try (Oracle oracle = new Oracle(file)) {
      LINES.forEach(line -> oracle.agreesOn(line, true));
      english().forEach(line -> oracle.agreesOn(line, true));
      StringBuilder text = new StringBuilder();
      // Beyond the second plane there is little but ideographs.
      for (int c = 0; c < (FULL ? 0x110000 : 0x20400); c++) {
        if (c < 0xd800 || c > 0xdfff) {
          text.append('a').appendCodePoint(c).append("b ").appendCodePoint(c).append("\u0301 ");
        }
        if (c % 64 == 63 && !text.isEmpty()) {
          oracle.agreesOn(text.toString(), true);
          text.setLength(0);
        }
      }
    }
  }

  @Test
  void aTrainedByteLevelTokenizerAgreesOnEveryLine(@TempDir Path directory) throws IOException {
    BpeTrainer.of(4000).train(english()).save(directory);
    try (Oracle oracle = new Oracle(Files.readAllBytes(directory.resolve("tokenizer.json")))) {
      LINES.forEach(line -> oracle.agreesOn(line, true));
      english().forEach(line -> oracle.agreesOn(line, true));
      LINES
          .subList(0, 2000)
          .forEach(line -> oracle.decodesAlike(oracle.ours().encode(line).ids(), true));
    }
  }

  /// The material of the development machines, where it is.
  @Test
  void germanFrenchAndSpanishAgree(@TempDir Path directory) throws IOException {
    Path data = Path.of(System.getProperty("heed.root", "..")).resolve("../shared/data");
    assumeThat(data).as("the shared data, which only development machines have").isDirectory();
    BpeTrainer trainer = BpeTrainer.of(3000);
    List<String> lines = new ArrayList<>();
    int most = FULL ? 29_000 : 4000;
    for (String name :
        List.of("multi30k/train.de.gz", "multi30k/train.fr.gz", "eng-spa/train.tsv.gz")) {
      lines.addAll(lines(new GZIPInputStream(Files.newInputStream(data.resolve(name))), most));
    }
    trainer.train(lines).save(directory);
    try (Oracle oracle = new Oracle(Files.readAllBytes(directory.resolve("tokenizer.json")))) {
      lines.forEach(line -> oracle.agreesOn(line, true));
    }
    assertThat(lines).hasSizeGreaterThan(10_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'NFC'}",
        "{'type':'NFD'}",
        "{'type':'NFKC'}",
        "{'type':'NFKD'}",
        "{'type':'Lowercase'}",
        "{'type':'Strip';'strip_left':true;'strip_right':true}",
        "{'type':'Strip';'strip_left':false;'strip_right':true}",
        "{'type':'StripAccents'}",
        "{'type':'Nmt'}",
        "{'type':'Prepend';'prepend':'▁x'}",
        "{'type':'Replace';'pattern':{'String':' '};'content':'▁▁'}",
        "{'type':'Replace';'pattern':{'Regex':'\\\\s+|[aeiou]x?'};'content':''}",
        "{'type':'Replace';'pattern':{'Regex':'x*'};'content':'-'}",
        "{'type':'BertNormalizer';'clean_text':true;'handle_chinese_chars':true;"
            + "'strip_accents':null;'lowercase':true}",
        "{'type':'BertNormalizer';'clean_text':false;'handle_chinese_chars':true;"
            + "'strip_accents':true;'lowercase':false}",
        "{'type':'Sequence';'normalizers':[{'type':'NFKD'};{'type':'StripAccents'};"
            + "{'type':'Lowercase'};{'type':'NFC'};{'type':'Prepend';'prepend':'▁'}]}",
        "{'type':'Sequence';'normalizers':[{'type':'NFD'};{'type':'ByteLevel'}]}",
      })
  void normalizersAgree(String normalizer) throws IOException {
    String model = SyntheticTokenizers.unigram(FEW, false, 7);
    agree(SyntheticTokenizers.file(json(normalizer), "null", "null", model));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'BertPreTokenizer'}",
        "{'type':'ByteLevel';'add_prefix_space':true;'trim_offsets':true;'use_regex':true}",
        "{'type':'ByteLevel';'add_prefix_space':true;'trim_offsets':true;'use_regex':false}",
        "{'type':'CharDelimiterSplit';'delimiter':'e'}",
        "{'type':'Metaspace';'replacement':'▁';'prepend_scheme':'always';'split':true}",
        "{'type':'Metaspace';'replacement':'▁';'prepend_scheme':'first';'split':true}",
        "{'type':'Metaspace';'replacement':'▁';'prepend_scheme':'never';'split':false}",
        "{'type':'Whitespace'}",
        "{'type':'WhitespaceSplit'}",
        "{'type':'Digits';'individual_digits':true}",
        "{'type':'Digits';'individual_digits':false}",
        "{'type':'Punctuation';'behavior':'Isolated'}",
        "{'type':'Punctuation';'behavior':'MergedWithNext'}",
        "{'type':'UnicodeScripts'}",
        "{'type':'Split';'pattern':{'String':' '};'behavior':'MergedWithPrevious';'invert':false}",
        "{'type':'Split';'pattern':{'Regex':' ?[a-z]+'};'behavior':'Contiguous';'invert':false}",
        "{'type':'Split';'pattern':{'Regex':'\\\\w+'};'behavior':'Removed';'invert':true}",
        "{'type':'Split';'pattern':{'Regex':'(?<=[a-z])(?=\\\\d)|\\\\s+(?!\\\\S)|[[:punct:]&&[^-]]'};"
            + "'behavior':'MergedWithNext';'invert':false}",
        "{'type':'Split';'pattern':{'Regex':'(?i)[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?"
            + "[\\\\p{Lu}\\\\p{Lt}\\\\p{M}]*[\\\\p{Ll}\\\\p{Lm}\\\\p{Lo}\\\\p{M}]+(?i:s|t|re)?"
            + "|\\\\p{N}{1;3}|\\\\s*[\\\\r\\\\n]++|\\\\h+|\\\\p{Han}{2}'};"
            + "'behavior':'Isolated';'invert':false}",
        "{'type':'Sequence';'pretokenizers':[{'type':'WhitespaceSplit'};{'type':'Punctuation';"
            + "'behavior':'Isolated'};{'type':'Digits';'individual_digits':true}]}",
      })
  void preTokenizersAgree(String preTokenizer) throws IOException {
    String model = SyntheticTokenizers.wordLevel(FEW);
    agree(SyntheticTokenizers.file("null", json(preTokenizer), "null", model));
  }

  @Test
  void scriptsAgreeOnEveryCodePointOfTheFirstPlanes() throws IOException {
    String model = SyntheticTokenizers.wordLevel(FEW);
    byte[] file =
        SyntheticTokenizers.file("null", json("{'type':'UnicodeScripts'}"), "null", model);
    StringBuilder text = new StringBuilder();
    try (Oracle oracle = new Oracle(file)) {
      for (int c = 0x80; c < 0x20000; c++) {
        if (c < 0xd800 || c > 0xdfff) {
          // Between letters of four scripts, so that joining one of them shows.
          text.append('a').appendCodePoint(c).append('б').appendCodePoint(c);
          text.append('ա').appendCodePoint(c).append('क').appendCodePoint(c).append("中ع");
        }
        if (c % 64 == 63) {
          oracle.agreesOn(text.toString(), false);
          text.setLength(0);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "null, false",
    "'{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"first\",\"split\":true}',"
        + " true"
  })
  void unigramAgrees(String preTokenizer, boolean byteFallback) throws IOException {
    String model = SyntheticTokenizers.unigram(FEW, byteFallback, 3);
    agree(SyntheticTokenizers.file("null", preTokenizer, "null", model));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'unk_token':'[UNK]';'fuse_unk':false;'byte_fallback':false;'ignore_merges':false",
        "'unk_token':'[UNK]';'fuse_unk':true;'byte_fallback':false;'ignore_merges':true",
        "'unk_token':null;'fuse_unk':false;'byte_fallback':false;'ignore_merges':false",
        "'unk_token':'[UNK]';'fuse_unk':true;'byte_fallback':true;'ignore_merges':false",
      })
  void bpeAgrees(String options) throws IOException {
    String model =
        SyntheticTokenizers.bpe(FEW, 5, json(options), options.contains("'byte_fallback':true"));
    agree(SyntheticTokenizers.file("null", "{\"type\":\"WhitespaceSplit\"}", "null", model));
    agree(SyntheticTokenizers.file("null", "null", "null", model));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'BertProcessing';'sep':['[SEP]';7];'cls':['[CLS]';8]}",
        "{'type':'RobertaProcessing';'sep':['</s>';7];'cls':['<s>';8];'trim_offsets':true;"
            + "'add_prefix_space':true}",
        "{'type':'ByteLevel';'add_prefix_space':false;'trim_offsets':true;'use_regex':true}",
        "{'type':'Sequence';'processors':[{'type':'ByteLevel';'add_prefix_space':true;"
            + "'trim_offsets':true;'use_regex':true};{'type':'TemplateProcessing';"
            + "'single':[{'SpecialToken':{'id':'x';'type_id':0}};{'Sequence':{'id':'A';'type_id':2}}];"
            + "'pair':[{'Sequence':{'id':'B';'type_id':0}};{'Sequence':{'id':'A';'type_id':1}}];"
            + "'special_tokens':{'x':{'id':'x';'ids':[5;6];'tokens':['x';'y']}}}]}",
      })
  void postProcessorsAgree(String postProcessor) throws IOException {
    String model = SyntheticTokenizers.wordPiece(FEW, 9);
    byte[] file =
        SyntheticTokenizers.file("null", "{\"type\":\"Whitespace\"}", json(postProcessor), model);
    agree(file);
    try (Oracle oracle = new Oracle(file)) {
      for (int i = 0; i + 1 < 200; i++) {
        oracle.agreesOnPair(FEW.get(i), FEW.get(i + 1), i % 2 == 0);
      }
    }
  }

  /// Real tokenizers of large models, where `tools/tokenizers/fetch.sh` has put them.
  @ParameterizedTest
  @ValueSource(strings = {"llama3", "qwen3", "gemma3"})
  void largeModelsAgree(String name) throws IOException {
    Path file =
        Path.of(System.getProperty("heed.root", ".."))
            .resolve("runs/tokenizers/" + name + "/tokenizer.json");
    assumeThat(file).as("fetched by tools/tokenizers/fetch.sh").exists();
    try (Oracle oracle = new Oracle(Files.readAllBytes(file))) {
      LINES.forEach(line -> oracle.agreesOn(line, true));
      english().forEach(line -> oracle.agreesOn(line, true));
      LINES
          .subList(0, 2000)
          .forEach(line -> oracle.decodesAlike(oracle.ours().encode(line).ids(), false));
    }
  }

  private static void agree(byte[] file) throws IOException {
    try (Oracle oracle = new Oracle(file)) {
      for (int i = 0; i < FEW.size(); i++) {
        oracle.agreesOn(FEW.get(i), i % 2 == 0);
      }
      // What is written is what was read.
      try (Oracle written = new Oracle(oracle.ours().toJson())) {
        for (String line : FEW.subList(0, 100)) {
          written.agreesOn(line, true);
          assertThat(written.ours().encode(line).ids()).isEqualTo(oracle.ours().encode(line).ids());
        }
      }
    }
  }

  /// Glosses of WordNet.
  private static List<String> english() throws IOException {
    return lines(
        OracleTest.class.getResourceAsStream("/net/sf/extjwnl/data/wordnet/wn31/data.adj"),
        FULL ? 18_000 : 4000);
  }

  private static List<String> lines(InputStream in, int most) throws IOException {
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine();
          line != null && lines.size() < most;
          line = reader.readLine()) {
        int gloss = line.indexOf('|');
        lines.add(gloss < 0 ? line : line.substring(gloss + 2));
      }
    }
    return lines;
  }
}
