package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.WordPieceTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizedTextTest {
  private final Tokenizer tokenizer =
      WordPieceTrainer.of(40).train(List.of("the cat sat", "a dog"));

  @TempDir Path folder;

  @Test
  void secondTextsAreToldFromFirstOnesWhereTheModelIsToldOfThem() throws IOException {
    assertThat(TokenizedText.of(tokenizer, "the cat", "a dog").types()).contains(0, 1);
    tokenizer.save(folder);
    Path config = folder.resolve("tokenizer_config.json");
    String text = Files.readString(config);
    assertThat(text).contains("\"token_type_ids\",");
    Files.writeString(config, text.replace("\"token_type_ids\",", ""));
    TokenizedText untold = TokenizedText.of(Tokenizer.load(folder), "the cat", "a dog");
    assertThat(untold.types()).containsOnly(0);
    assertThat(untold.ids()).isEqualTo(TokenizedText.of(tokenizer, "the cat", "a dog").ids());
  }

  @Test
  void packedTextsStandOneAfterTheOther() {
    TokenizedText one = TokenizedText.of(tokenizer, "the cat", null);
    TokenizedText two = TokenizedText.of(tokenizer, "a", "dog");
    TokenizedText.Packed packed = TokenizedText.pack(List.of(one, two));
    assertThat(packed.sequences().start(1)).isEqualTo(one.length());
    assertThat(packed.ids().toIntArray()).startsWith(one.ids()).endsWith(two.ids());
    assertThat(packed.types().toIntArray()).endsWith(two.types());
  }
}
