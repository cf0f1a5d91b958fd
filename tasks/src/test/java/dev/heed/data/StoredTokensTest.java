package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredTokensTest {
  @TempDir private Path folder;

  @Test
  void textsComeOutAsTheyWentIn() {
    StoredTokens tokens = StoredTokens.of(List.of(new int[] {7, 8, 9}, new int[0], new int[] {1}));
    assertThat(tokens.texts()).isEqualTo(3);
    assertThat(List.of(tokens.length(0), tokens.length(1), tokens.length(2)))
        .containsExactly(3L, 0L, 1L);
    assertThat(tokens.ids(0, 1, 3)).containsExactly(8, 9);
    assertThat(tokens.ids(1, 0, 0)).isEmpty();
    assertThat(tokens.ids(2, 0, 1)).containsExactly(1);
    assertThat(StoredTokens.of(List.of()).texts()).isZero();
  }

  @Test
  void manyLieInAFileThatLeavesNothingBehind() throws IOException {
    int[] ids = IntStream.range(0, 5_000_000).toArray();
    Path inside = folder.resolve("run");
    StoredTokens tokens;
    try (StoredTokens.Writer writer = new StoredTokens.Writer(inside, 1_000_000)) {
      for (int from = 0; from < ids.length; from += 700_001) {
        writer.add(java.util.Arrays.copyOfRange(ids, from, Math.min(ids.length, from + 700_001)));
        if (from == 700_001) {
          writer.endText();
        }
      }
      writer.endText();
      tokens = writer.finish();
    }
    assertThat(inside).isDirectory();
    try (Stream<Path> left = Files.list(inside)) {
      assertThat(left).isEmpty();
    }
    assertThat(List.of(tokens.length(0), tokens.length(1))).containsExactly(1_400_002L, 3_599_998L);
    assertThat(tokens.ids(0, 1_048_570, 1_048_580))
        .containsExactly(IntStream.range(1_048_570, 1_048_580).toArray());
    assertThat(tokens.ids(1, 3_599_990, 3_599_998))
        .containsExactly(IntStream.range(4_999_992, 5_000_000).toArray());
    TokenBatches batches = TokenBatches.of(tokens, 100, 10, 1, true);
    assertThat(batches.batchesPerEpoch()).isEqualTo(50_001);
    for (long i = 0; i < 10; i++) {
      int[] targets = batches.batch(5000 * i).targets().toIntArray();
      int[] before = batches.batch(5000 * i).ids().toIntArray();
      assertThat(targets.length).isBetween(80, 100);
      for (int j = 0; j < targets.length; j++) {
        assertThat(targets[j]).isEqualTo(before[j] + 1);
      }
    }
  }
}
