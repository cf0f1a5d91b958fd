package dev.heed.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tokenizer.Json.Obj;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;

class VocabularyFilesTest {
  @TempDir private Path directory;

  /// The goldens are from `tools/goldens/vocabulary_files.py`.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "bert-cased",
        "bert-accents",
        "distilbert",
        "mpnet",
        "gpt2",
        "roberta",
        "xlm-roberta",
        "t5",
        "llama",
        "llama-legacy"
      })
  void theFilesOfAFamilyAreTheTokenizerThatTransformersMakesOfThem(String name) throws Exception {
    Path folder =
        Path.of(
            Objects.requireNonNull(getClass().getResource("/vocabulary/" + name), name).toURI());
    Tokenizer tokenizer = Tokenizer.load(folder);
    Obj golden;
    byte[] json = Files.readAllBytes(folder.resolve("golden.json"));
    try (JsonParser parser = Json.FACTORY.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      golden = Obj.of("golden.json", Json.read(parser));
    }
    for (Obj line : golden.objects("lines")) {
      String text = line.string("text");
      assertThat(tokenizer.encode(text).ids()).as(text).isEqualTo(ids(line.list("ids")));
    }
    assertThat(golden.objects("lines")).hasSize(9);
    List<?> pair = golden.list("pair");
    assertThat(tokenizer.encodePair((String) pair.get(0), (String) pair.get(1), true).ids())
        .isEqualTo(ids(golden.list("pair_ids")));
  }

  private static int[] ids(List<?> list) {
    return list.stream().mapToInt(id -> ((Number) id).intValue()).toArray();
  }

  @Test
  void vocabTxtIsBert() throws IOException {
    Files.writeString(
        directory.resolve("vocab.txt"),
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ntrain\n##s\nle\n##ft\n");
    Tokenizer tokenizer = Tokenizer.load(directory);
    assertThat(tokenizer.encode("The trains LEFT [MASK] x").tokens())
        .containsExactly("[CLS]", "the", "train", "##s", "le", "##ft", "[MASK]", "[UNK]", "[SEP]");
    assertThat(tokenizer.encodePair("the", "train", true).typeIds()).containsExactly(0, 0, 0, 1, 1);
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"do_lower_case\":false}");
    assertThat(Tokenizer.load(directory).encode("The", false).tokens()).containsExactly("[UNK]");
  }

  @Test
  void vocabJsonAndMergesTxtAreTheTokenizerThatWroteThem() throws IOException {
    Tokenizer trained = BpeTrainer.of(300).train(List.of("the train left the station the train"));
    StringBuilder vocabulary = new StringBuilder("{");
    for (int id = 0; id < trained.vocabularySize(); id++) {
      vocabulary
          .append(SyntheticTokenizers.quote(String.valueOf(trained.token(id))))
          .append(":" + id + ",");
    }
    vocabulary.setCharAt(vocabulary.length() - 1, '}');
    Files.writeString(directory.resolve("vocab.json"), vocabulary);
    String json = new String(trained.toJson(), StandardCharsets.UTF_8);
    String merges = json.substring(json.indexOf("\"merges\":[[") + 11, json.indexOf("]]"));
    Files.writeString(
        directory.resolve("merges.txt"),
        "#version: 0.2\n" + merges.replace("],[", "\n").replace("\",\"", " ").replace("\"", ""));
    Tokenizer read = Tokenizer.load(directory);
    String text = "the trains left<|endoftext|> thé station";
    assertThat(read.encode(text).ids()).isEqualTo(trained.encode(text).ids());
  }

  @Test
  void aDirectoryWithoutATokenizerSaysWhatWasLookedFor() {
    assertThatThrownBy(() -> Tokenizer.load(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining("vocab.txt");
  }
}
