package dev.heed.explorer;

import dev.heed.task.CapturedAttention;
import dev.heed.task.ExploredRun;
import dev.heed.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
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
      for (int head = 0; head < layer.heads(); head++) {
        float[] merged = Units.between(queries, keys, head(weights, head), layer.keys());
        out.writeBytes(thumbnail(merged, queries.size(), keys.size()));
      }
    }
    return out.toByteArray();
  }

  /// The weights of one head, packed.
  static float[] head(Tensor weights, int head) {
    long size = (long) weights.shape().dimension(1) * weights.shape().dimension(2) * Float.BYTES;
    return weights.memory().asSlice(head * size, size).toArray(ValueLayout.JAVA_FLOAT);
  }

  private static byte[] thumbnail(float[] weights, int rows, int columns) {
    int height = Math.min(THUMBNAIL, rows);
    int width = Math.min(THUMBNAIL, columns);
    float[] largest = new float[height * width];
    for (int t = 0; t < rows; t++) {
      int y = t * height / rows;
      for (int s = 0; s < columns; s++) {
        int at = y * width + s * width / columns;
        largest[at] = Math.max(largest[at], weights[t * columns + s]);
      }
    }
    return of(largest);
  }
}
