package dev.heed.model;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Any bytes at all as `config.json`: a model or a [ModelException].
class ConfigFuzzTest {
  @TempDir private static Path parent;

  private static List<Path> folders = List.of();

  static List<byte[]> seeds() throws IOException {
    List<byte[]> seeds = new ArrayList<>();
    List<Path> opened = new ArrayList<>();
    for (Path model : DamagedConfig.models()) {
      seeds.add(Files.readAllBytes(model.resolve("config.json")));
      opened.add(DamagedConfig.withWeightsOf(model, parent));
    }
    folders = opened;
    return seeds;
  }

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "5m")
  void anyBytesGiveAModelOrAClearError(byte[] bytes) {
    for (Path folder : folders) {
      DamagedConfig.open(folder, bytes);
    }
  }
}
