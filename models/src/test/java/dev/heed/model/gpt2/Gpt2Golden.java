package dev.heed.model.gpt2;

import dev.heed.model.Golden;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;

/// What `transformers` computed with a tiny GPT-2 (`tools/goldens/gpt2.py`).
public final class Gpt2Golden {
  private static final Golden GOLDEN = new Golden("gpt2");

  private Gpt2Golden() {}

  /// The directory as `save_pretrained` wrote it.
  public static Path directory() {
    return GOLDEN.directory();
  }

  /// Token ids by their name in the script.
  public static int[] ids(String name) {
    return GOLDEN.integers(name);
  }

  /// Numbers by their name in the script.
  public static double[] numbers(String name) {
    return GOLDEN.numbers(name);
  }

  static void requireClose(String name, Tensor received) {
    GOLDEN.requireClose(name, received);
  }

  static void requireClose(String name, double[] received) {
    GOLDEN.requireClose(name, received);
  }
}
