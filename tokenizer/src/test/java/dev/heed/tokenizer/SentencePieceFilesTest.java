package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tokenizer.Json.Obj;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

/// Models and ids made by `tools/goldens/sentencepiece_goldens.py` with SentencePiece itself.
class SentencePieceFilesTest {
  @TempDir private Path directory;

  @Test
  void marianGivesTheIdsOfSentencePieceAndAnEnd() throws IOException {
    byte[] file = resource("unigram.model");
    SentencePieceModel model = SentencePieceModel.read(file);
    Files.write(directory.resolve("source.spm"), file);
    StringBuilder vocabulary = new StringBuilder("{");
    for (int id = 0; id < model.pieces().size(); id++) {
      String piece = model.pieces().get(id);
      vocabulary.append(SyntheticTokenizers.quote(piece)).append(':').append(id).append(',');
    }
    vocabulary.append("\">>fr<<\":").append(model.pieces().size()).append('}');
    Files.writeString(directory.resolve("vocab.json"), vocabulary);
    Tokenizer tokenizer = Tokenizer.load(directory);
    int end = tokenizer.idOf("</s>").orElseThrow();
    for (Obj golden : goldens("unigram.json")) {
      int[] ids = tokenizer.encode(golden.string("text")).ids();
      assertThat(Arrays.copyOf(ids, ids.length - 1))
          .as(Oracle.escape(golden.string("text")))
          .isEqualTo(ids(golden));
      assertThat(ids[ids.length - 1]).isEqualTo(end);
    }
    Encoding toFrench = tokenizer.encode(">>fr<< The train");
    assertThat(toFrench.id(0)).isEqualTo(model.pieces().size());
    assertThat(toFrench.tokens()).startsWith(">>fr<<", "▁The");
    assertThat(tokenizer.decode(toFrench.ids())).isEqualTo("The train");
  }

  @Test
  void aPieceThatMariansVocabularyLacksIsUnknown() throws IOException {
    Files.write(directory.resolve("source.spm"), resource("unigram.model"));
    Files.writeString(
        directory.resolve("vocab.json"), "{\"</s>\":0,\"<unk>\":1,\"▁The\":2,\"<pad>\":3}");
    Tokenizer tokenizer = Tokenizer.load(directory);
    assertThat(tokenizer.encode("The").ids()).containsExactly(2, 0);
    assertThat(tokenizer.encode("The a").ids()).startsWith(2, 1).endsWith(0);
  }

  @Test
  void bytePairEncodingWithBytesGivesTheIdsOfSentencePiece() throws IOException {
    Files.write(directory.resolve("tokenizer.model"), resource("bpe.model"));
    Tokenizer tokenizer = Tokenizer.load(directory);
    for (Obj golden : goldens("bpe.json")) {
      String text = golden.string("text");
      // A space mark in the text itself is one for SentencePiece and for transformers alike.
      assertThat(tokenizer.encode(text, false).ids())
          .as(Oracle.escape(text))
          .isEqualTo(ids(golden));
    }
    assertThat(tokenizer.encode("x").id(0)).isEqualTo(tokenizer.idOf("<s>").orElseThrow());
    assertThat(tokenizer.decode(tokenizer.encode("the ☃ train").ids())).isEqualTo("the ☃ train");
  }

  @Test
  void theTokenizersOfFamiliesAgreeWithRustOnWhatTheyWrite() throws IOException {
    Files.write(directory.resolve("spiece.model"), resource("unigram.model"));
    for (String family : List.of("T5Tokenizer", "XLMRobertaTokenizer")) {
      Files.writeString(
          directory.resolve("tokenizer_config.json"), "{\"tokenizer_class\":\"" + family + "\"}");
      Tokenizer tokenizer = Tokenizer.load(directory);
      try (Oracle oracle = new Oracle(tokenizer.toJson())) {
        for (String line : MixedText.lines(1500, 3)) {
          oracle.agreesOn(line, true);
          assertThat(tokenizer.encode(line).ids()).isEqualTo(oracle.ours().encode(line).ids());
        }
      }
    }
  }

  @Test
  void aFileCutOffAnywhereIsRefusedOrReadButNeverBreaks() throws IOException {
    byte[] file = resource("bpe.model");
    for (int length = 0; length < file.length; length += 7) {
      byte[] cut = Arrays.copyOf(file, length);
      try {
        assertThat(SentencePieceModel.read(cut).pieces()).isNotEmpty();
      } catch (TokenizerFormatException e) {
        assertThat(e).hasMessageContaining("SentencePiece");
      }
    }
    assertThatThrownBy(() -> SentencePieceModel.read(new byte[] {10, (byte) 0xff, 0x7f}))
        .isInstanceOf(TokenizerFormatException.class)
        .hasMessageContaining("0 are left");
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in =
        SentencePieceFilesTest.class.getResourceAsStream("/sentencepiece/" + name)) {
      return in.readAllBytes();
    }
  }

  private static List<Obj> goldens(String name) throws IOException {
    String text = "{\"goldens\":" + new String(resource(name), StandardCharsets.UTF_8) + "}";
    try (JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), text)) {
      parser.nextToken();
      return Obj.of(name, Json.read(parser)).objects("goldens");
    }
  }

  private static int[] ids(Obj golden) throws TokenizerFormatException {
    return golden.list("ids").stream().mapToInt(id -> ((Number) id).intValue()).toArray();
  }
}
