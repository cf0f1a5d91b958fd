package dev.heed.task;

import dev.heed.model.bert.EncoderHead;
import dev.heed.model.llama.Llama;
import dev.heed.model.modernbert.ModernBert;
import dev.heed.nn.Layer;
import dev.heed.nn.embedding.RotaryPositions;
import dev.heed.nn.embedding.SinusoidalPositions;
import dev.heed.nn.transformer.EncoderDecoder;
import dev.heed.nn.transformer.EncoderDecoderConfiguration;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.Map;

/// How a model tells its tokens where they stand.
///
/// @param way which way it is
/// @param rows positions; or buckets of distances
/// @param columns dimensions; or heads
/// @param values [rows][columns], packed
public record PositionPicture(Way way, int rows, int columns, float[] values) {
  /// The ways.
  public enum Way {
    /// A learned vector for each position is added to the token's.
    LEARNED,
    /// Waves of many lengths are added.
    WAVES,
    /// Queries and keys are turned by an angle that grows with the position: cosines, then sines.
    ROTARY,
    /// A learned number for the distance is added to each score, for each head.
    DISTANCES,
    /// The model has none.
    NONE
  }

  /// The first `most` positions of a model.
  public static PositionPicture of(ExploredModel explored, int most) {
    Layer model = explored.layer();
    int positions = Math.min(most, explored.maximumLength());
    for (Map.Entry<String, Parameter> entry : model.parameters().entrySet()) {
      String name = entry.getKey();
      if (name.endsWith("positions.weight")) {
        Parameter table = entry.getValue();
        // Tables may begin with rows that no position uses: RoBERTa's and BART's two.
        int unused = Math.max(0, table.shape().dimension(0) - explored.maximumLength());
        return rows(Way.LEARNED, table, unused, Math.min(unused + positions, table.shape().rows()));
      }
    }
    if (model instanceof EncoderDecoder both) {
      return waves(both.configuration(), positions);
    }
    if (model instanceof Llama llama) {
      return rotary(llama.rotation(positions), positions);
    }
    if (model instanceof ModernBert modern) {
      return rotary(modern.rotation(positions), positions);
    }
    if (model instanceof EncoderHead head && head.encoder() instanceof ModernBert modern) {
      return rotary(modern.rotation(positions), positions);
    }
    for (Map.Entry<String, Parameter> entry : model.parameters().entrySet()) {
      if (entry.getKey().endsWith("distances.weight")) {
        Parameter table = entry.getValue();
        return rows(Way.DISTANCES, table, 0, table.shape().rows());
      }
    }
    return new PositionPicture(Way.NONE, 0, 0, new float[0]);
  }

  private static PositionPicture rows(Way way, Tensor table, int from, int to) {
    float[] values = table.rows(from, to).toFloatArray();
    return new PositionPicture(way, to - from, table.shape().width(), values);
  }

  private static PositionPicture waves(EncoderDecoderConfiguration shape, int positions) {
    SinusoidalPositions.Layout layout =
        shape.positions() == EncoderDecoderConfiguration.Positions.HALVED_WAVES
            ? SinusoidalPositions.Layout.HALVES
            : SinusoidalPositions.Layout.INTERLEAVED;
    Tensor none = Tensor.zeros(Shape.of(positions, shape.width()), DType.F32);
    int[] all = new int[positions];
    for (int i = 0; i < positions; i++) {
      all[i] = i;
    }
    Tensor waves =
        SinusoidalPositions.of(positions, shape.width(), layout)
            .apply(none, Tensor.of(all, positions));
    return rows(Way.WAVES, waves, 0, positions);
  }

  private static PositionPicture rotary(RotaryPositions turns, int positions) {
    int pairs = turns.cosines().shape().width();
    float[] cosines = turns.cosines().toFloatArray();
    float[] sines = turns.sines().toFloatArray();
    float[] values = new float[positions * 2 * pairs];
    for (int position = 0; position < positions; position++) {
      System.arraycopy(cosines, position * pairs, values, position * 2 * pairs, pairs);
      System.arraycopy(sines, position * pairs, values, (position * 2 + 1) * pairs, pairs);
    }
    return new PositionPicture(Way.ROTARY, positions, 2 * pairs, values);
  }
}
