package dev.heed.explorer;

import dev.heed.task.CapturedAttention;
import dev.heed.task.ExploredRun;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Attention weights as the page gets them: one byte each, round(255 · √w), because with linear
/// bytes 1/512 would be 0.
final class WeightBytes {
  /// The most rows and columns of a thumbnail.
  static final int THUMBNAIL = 64;

  private WeightBytes() {}

  static byte[] of(float[] weights) {
    byte[] bytes = new byte[weights.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = of(weights[i]);
    }
    return bytes;
  }

  private static byte of(float weight) {
    return (byte) Math.round(255 * Math.sqrt(Math.min(1, weight)));
  }

  /// A small picture of each head, layer by layer: at most 64 × 64 bytes, of which each is the
  /// largest weight of its part of the matrix.
  static byte[] thumbnails(ExploredRun run, String kind, Units queries, Units keys) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<CapturedAttention> layers = run.attentions().getOrDefault(kind, List.of());
    for (CapturedAttention layer : layers) {
      Tensor weights = layer.weights();
      long size = 4L * layer.queries() * layer.keys();
      byte[][] pictures = new byte[layer.heads()][];
      Parallel.run(
          pictures.length,
          head -> {
            MemorySegment own = weights.memory().asSlice(head * size, size);
            pictures[head] = thumbnail(own, layer.keys(), queries, keys);
          });
      for (byte[] picture : pictures) {
        out.writeBytes(picture);
      }
    }
    return out.toByteArray();
  }

  private static byte[] thumbnail(MemorySegment weights, int count, Units queries, Units keys) {
    int rows = queries.size();
    int columns = keys.size();
    int height = Math.min(THUMBNAIL, rows);
    int width = Math.min(THUMBNAIL, columns);
    int[] ofTokens = keys.ofTokens(count);
    float[] largest = new float[height * width];
    for (int t = 0; t < rows; t++) {
      int from = t * height / rows * width;
      float[] row = Units.row(queries.tokens().get(t), keys, ofTokens, weights, count);
      int s = 0;
      for (int x = 0; x < width; x++) {
        float most = largest[from + x];
        for (; s < columns && s * width / columns == x; s++) {
          most = row[s] > most ? row[s] : most;
        }
        largest[from + x] = most;
      }
    }
    return of(largest);
  }
}
