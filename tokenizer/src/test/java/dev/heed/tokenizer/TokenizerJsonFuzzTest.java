package dev.heed.tokenizer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Any bytes at all: a tokenizer or a [TokenizerFormatException].
class TokenizerJsonFuzzTest {
  static Stream<byte[]> seeds() {
    return DamagedFiles.valid();
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5m")
  void anyBytesGiveATokenizerOrAClearError(byte[] bytes) throws IOException {
    DamagedFiles.read(bytes);
  }
}
