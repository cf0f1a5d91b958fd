package dev.heed.tensor;

import org.jspecify.annotations.Nullable;

/// LayerNorm and, where nothing is centred, RMSNorm.
final class ReferenceNorms {
  private static final int ROWS_PER_TASK = 16;

  private ReferenceNorms() {}

  static void forward(
      Tensor x,
      Tensor gain,
      @Nullable Tensor bias,
      double epsilon,
      boolean centred,
      Tensor out,
      @Nullable Tensor mean,
      Tensor rstd) {
    int width = x.shape().width();
    Elements from = Elements.of(x);
    Elements g = Elements.of(gain);
    Elements b = bias == null ? null : Elements.of(bias);
    Elements to = Elements.of(out);
    Elements means = mean == null ? null : Elements.of(mean);
    Elements rstds = Elements.of(rstd);
    forRows(
        x.shape().rows(),
        row -> {
          long base = row * width;
          double centre = 0;
          if (centred) {
            for (int d = 0; d < width; d++) {
              centre += from.get(base + d);
            }
            centre /= width;
          }
          double squares = 0;
          for (int d = 0; d < width; d++) {
            double distance = from.get(base + d) - centre;
            squares += distance * distance;
          }
          double scale = 1 / Math.sqrt(squares / width + epsilon);
          if (means != null) {
            means.set(row, centre);
          }
          rstds.set(row, scale);
          for (int d = 0; d < width; d++) {
            double value = (from.get(base + d) - centre) * scale * g.get(d);
            to.set(base + d, b == null ? value : value + b.get(d));
          }
        });
  }

  static void backward(
      Tensor x,
      Tensor gain,
      @Nullable Tensor mean,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient,
      @Nullable Tensor biasGradient) {
    int width = x.shape().width();
    int rows = x.shape().rows();
    Elements from = Elements.of(x);
    Elements g = Elements.of(gain);
    Elements means = mean == null ? null : Elements.of(mean);
    Elements rstds = Elements.of(rstd);
    Elements dOut = Elements.of(outGradient);
    Elements dx = Elements.of(xGradient);
    forRows(
        rows,
        row -> {
          long base = row * width;
          double centre = means == null ? 0 : means.get(row);
          double scale = rstds.get(row);
          double sum = 0;
          double dot = 0;
          for (int d = 0; d < width; d++) {
            double normed = (from.get(base + d) - centre) * scale;
            double gradient = dOut.get(base + d) * g.get(d);
            sum += gradient;
            dot += gradient * normed;
          }
          double meanGradient = means == null ? 0 : sum / width;
          for (int d = 0; d < width; d++) {
            double normed = (from.get(base + d) - centre) * scale;
            double gradient = dOut.get(base + d) * g.get(d);
            dx.set(base + d, scale * (gradient - meanGradient - normed * dot / width));
          }
        });
    if (gainGradient == null && biasGradient == null) {
      return;
    }
    Elements dGain = gainGradient == null ? null : Elements.of(gainGradient);
    Elements dBias = biasGradient == null ? null : Elements.of(biasGradient);
    forRows(
        width,
        d -> {
          double gainSum = 0;
          double biasSum = 0;
          for (long row = 0; row < rows; row++) {
            double gradient = dOut.get(row * width + d);
            double centre = means == null ? 0 : means.get(row);
            gainSum += gradient * (from.get(row * width + d) - centre) * rstds.get(row);
            biasSum += gradient;
          }
          if (dGain != null) {
            dGain.add(d, gainSum);
          }
          if (dBias != null) {
            dBias.add(d, biasSum);
          }
        });
  }

  private interface Row {
    void run(long row);
  }

  private static void forRows(int rows, Row body) {
    int tasks = (rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK;
    Parallel.run(
        tasks,
        task -> {
          for (long row = (long) task * ROWS_PER_TASK, end = Math.min(rows, row + ROWS_PER_TASK);
              row < end;
              row++) {
            body.run(row);
          }
        });
  }
}
