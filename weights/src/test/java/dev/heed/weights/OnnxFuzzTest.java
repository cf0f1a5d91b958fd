package dev.heed.weights;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Any bytes at all: a checkpoint or a [WeightsException].
class OnnxFuzzTest {
  static Stream<byte[]> seeds() {
    return Stream.of("all-types.onnx").map(Resources::bytes);
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5m")
  void anyBytesGiveACheckpointOrAClearError(byte[] bytes) {
    Corruption.read(bytes, file -> OnnxReader.read("fuzz", file));
  }
}
