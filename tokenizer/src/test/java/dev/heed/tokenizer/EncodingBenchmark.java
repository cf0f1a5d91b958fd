package dev.heed.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Encoding speed on one thread, ours and Rust's in turn, in MB of UTF-8 a second; the best of the
/// rounds. Rust is called through its Java binding, which makes its strings.
///
/// Arguments: a text file, rounds, then `tokenizer.json` files (MiniLM's without any).
final class EncodingBenchmark {
  private EncodingBenchmark() {}

  public static void main(String[] arguments) throws IOException {
    List<String> lines = Files.readAllLines(Path.of(arguments[0]));
    int rounds = Integer.parseInt(arguments[1]);
    if (arguments.length == 2) {
      try (InputStream in =
          EncodingBenchmark.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
        compare("MiniLM", in.readAllBytes(), lines, rounds);
      }
    }
    for (int i = 2; i < arguments.length; i++) {
      compare(arguments[i], Files.readAllBytes(Path.of(arguments[i])), lines, rounds);
    }
  }

  private static void compare(String name, byte[] json, List<String> lines, int rounds)
      throws IOException {
    double bytes = 0;
    for (String line : lines) {
      bytes += line.getBytes(StandardCharsets.UTF_8).length;
    }
    Tokenizer ours = Tokenizer.read(new ByteArrayInputStream(json));
    try (HuggingFaceTokenizer rust =
        HuggingFaceTokenizer.newInstance(
            new ByteArrayInputStream(json), Map.of("truncation", "false", "padding", "false"))) {
      long[] sink = new long[1];
      double fastestOurs = Double.MAX_VALUE;
      double fastestRust = Double.MAX_VALUE;
      for (int round = 0; round < rounds; round++) {
        fastestOurs =
            Math.min(fastestOurs, seconds(lines, line -> sink[0] += ours.encode(line).size()));
        if (round < 3) {
          fastestRust =
              Math.min(
                  fastestRust,
                  seconds(lines, line -> sink[0] += rust.encode(line).getIds().length));
        }
      }
      System.out.printf(
          "%s: ours %.1f MB/s, Rust %.1f MB/s, ratio %.1f%n",
          name, bytes / fastestOurs / 1e6, bytes / fastestRust / 1e6, fastestRust / fastestOurs);
    }
  }

  private static double seconds(List<String> lines, Consumer<String> encode) {
    long before = System.nanoTime();
    lines.forEach(encode);
    return (System.nanoTime() - before) / 1e9;
  }
}
