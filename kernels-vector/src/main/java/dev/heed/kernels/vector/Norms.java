package dev.heed.kernels.vector;

import static dev.heed.kernels.vector.Lanes.COUNT;
import static dev.heed.kernels.vector.Lanes.broadcast;
import static dev.heed.kernels.vector.Lanes.get;
import static dev.heed.kernels.vector.Lanes.load;
import static dev.heed.kernels.vector.Lanes.part;
import static dev.heed.kernels.vector.Lanes.set;
import static dev.heed.kernels.vector.Lanes.store;
import static dev.heed.kernels.vector.Lanes.zero;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// LayerNorm and, where there is no mean, RMSNorm.
///
/// @param x the input, rows of `width`
/// @param gain one row
/// @param mean the rows' means; null for RMSNorm
/// @param rstd the rows' 1/√(variance + epsilon)
record Norms(
    int rows,
    int width,
    MemorySegment x,
    MemorySegment gain,
    @Nullable MemorySegment mean,
    MemorySegment rstd) {

  /// out = (x − mean) · rstd · gain + bias; writes the means and the rstds.
  void forward(@Nullable MemorySegment bias, double epsilon, MemorySegment out) {
    Rows.forRows(
        rows,
        2L * width,
        (first, end) -> {
          for (long row = first; row < end; row++) {
            long at = 4 * row * width;
            float centre = mean == null ? 0 : sum(at) / width;
            float scale = (float) (1 / Math.sqrt(squares(at, centre) / (double) width + epsilon));
            if (mean != null) {
              set(mean, 4 * row, centre);
            }
            set(rstd, 4 * row, scale);
            write(at, centre, scale, bias, out);
          }
        });
  }

  private float sum(long at) {
    int whole = Lanes.whole(width);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      sum = sum.add(load(x, at + 4L * i));
    }
    if (whole < width) {
      sum = sum.add(part(x, at + 4L * whole, width - whole, 0));
    }
    return Lanes.sum(sum);
  }

  private float squares(long at, float centre) {
    int whole = Lanes.whole(width);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector distance = load(x, at + 4L * i).sub(centre);
      sum = distance.fma(distance, sum);
    }
    if (whole < width) {
      FloatVector distance = part(x, at + 4L * whole, width - whole, centre).sub(centre);
      sum = distance.fma(distance, sum);
    }
    return Lanes.sum(sum);
  }

  private void write(
      long at, float centre, float scale, @Nullable MemorySegment bias, MemorySegment out) {
    int whole = Lanes.whole(width);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector normed = load(x, at + 4L * i).sub(centre).mul(scale);
      FloatVector gained = normed.mul(load(gain, 4L * i));
      store(bias == null ? gained : gained.add(load(bias, 4L * i)), out, at + 4L * i);
    }
    for (int i = whole; i < width; i++) {
      float gained = normed(at, centre, scale, i) * get(gain, 4L * i);
      set(out, at + 4L * i, bias == null ? gained : gained + get(bias, 4L * i));
    }
  }

  private float normed(long at, float centre, float scale, int i) {
    return (get(x, at + 4L * i) - centre) * scale;
  }

  /// The gradients; those of gain and bias are added to.
  void backward(
      MemorySegment outGradient,
      MemorySegment xGradient,
      @Nullable MemorySegment gainGradient,
      @Nullable MemorySegment biasGradient) {
    Rows.addUp(
        rows,
        width,
        2 * width,
        (first, end, sums, offset) -> {
          for (long row = first; row < end; row++) {
            long at = 4 * row * width;
            float centre = mean == null ? 0 : get(mean, 4 * row);
            float scale = get(rstd, 4 * row);
            float share = scale / width;
            float meanGradient = mean == null ? 0 : share * sumOfGradients(at, outGradient);
            float dot = share * dot(at, centre, scale, outGradient);
            backward(at, centre, scale, meanGradient, dot, outGradient, xGradient);
            addGradients(at, centre, scale, outGradient, sums, offset);
          }
        },
        (sums, offset) -> {
          if (gainGradient != null) {
            addRow(sums, offset, gainGradient);
          }
          if (biasGradient != null) {
            addRow(sums, offset + 4L * width, biasGradient);
          }
        });
  }

  private void addRow(MemorySegment part, long offset, MemorySegment sums) {
    Elementwise.add(sums, 0, part, offset, 1, sums, 0, width);
  }

  private float sumOfGradients(long at, MemorySegment outGradient) {
    return Dots.dot(width, outGradient, at, gain, 0);
  }

  private float dot(long at, float centre, float scale, MemorySegment outGradient) {
    int whole = Lanes.whole(width);
    FloatVector sum = zero();
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector normed = load(x, at + 4L * i).sub(centre).mul(scale);
      sum = load(outGradient, at + 4L * i).mul(load(gain, 4L * i)).fma(normed, sum);
    }
    float dot = Lanes.sum(sum);
    for (int i = whole; i < width; i++) {
      float gradient = get(outGradient, at + 4L * i) * get(gain, 4L * i);
      dot = Math.fma(gradient, normed(at, centre, scale, i), dot);
    }
    return dot;
  }

  /// xGradient = scale · gradient − meanGradient − normed · dot.
  private void backward(
      long at,
      float centre,
      float scale,
      float meanGradient,
      float dot,
      MemorySegment outGradient,
      MemorySegment xGradient) {
    int whole = Lanes.whole(width);
    FloatVector negated = broadcast(-dot);
    for (int i = 0; i < whole; i += COUNT) {
      FloatVector normed = load(x, at + 4L * i).sub(centre).mul(scale);
      FloatVector gradient = load(outGradient, at + 4L * i).mul(load(gain, 4L * i)).mul(scale);
      store(normed.fma(negated, gradient.sub(meanGradient)), xGradient, at + 4L * i);
    }
    for (int i = whole; i < width; i++) {
      float gradient = get(outGradient, at + 4L * i) * get(gain, 4L * i) * scale;
      float value = Math.fma(normed(at, centre, scale, i), -dot, gradient - meanGradient);
      set(xGradient, at + 4L * i, value);
    }
  }

  /// Adds outGradient · normed to a row at `offset`, and outGradient to the row after it.
  private void addGradients(
      long at,
      float centre,
      float scale,
      MemorySegment outGradient,
      MemorySegment sums,
      long offset) {
    int whole = Lanes.whole(width);
    for (int i = 0; i < whole; i += COUNT) {
      long gains = offset + 4L * i;
      long biases = gains + 4L * width;
      FloatVector normed = load(x, at + 4L * i).sub(centre).mul(scale);
      FloatVector gradient = load(outGradient, at + 4L * i);
      store(gradient.fma(normed, load(sums, gains)), sums, gains);
      store(gradient.add(load(sums, biases)), sums, biases);
    }
    for (int i = whole; i < width; i++) {
      long gains = offset + 4L * i;
      long biases = gains + 4L * width;
      float gradient = get(outGradient, at + 4L * i);
      set(sums, gains, Math.fma(gradient, normed(at, centre, scale, i), get(sums, gains)));
      set(sums, biases, get(sums, biases) + gradient);
    }
  }
}
