package dev.heed.model.llama;

import java.util.List;

/// How the angles of rotary positions are changed so that a model reads longer texts than it was
/// trained on.
///
/// Source: `modeling_rope_utils.py` of transformers.
public sealed interface RotaryScaling {
  /// The frequencies, in radians a position, in place of the usual ones.
  double[] scaled(double[] frequencies, double theta);

  /// What sines and cosines are multiplied with.
  default double attentionFactor() {
    return 1;
  }

  /// The usual angles.
  record None() implements RotaryScaling {
    @Override
    public double[] scaled(double[] frequencies, double theta) {
      return frequencies;
    }
  }

  /// Positions divided by a factor.
  ///
  /// Source: Chen et al. 2023 (position interpolation).
  record Linear(double factor) implements RotaryScaling {
    public Linear {
      requirePositive("factor", factor);
    }

    @Override
    public double[] scaled(double[] frequencies, double theta) {
      double[] scaled = frequencies.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] /= factor;
      }
      return scaled;
    }
  }

  /// Llama 3.1's: long waves are stretched, short ones left, those between mixed.
  ///
  /// @param lowFrequencyFactor waves longer than `originalLength` over this are stretched
  /// @param highFrequencyFactor waves shorter than `originalLength` over this are left
  /// @param originalLength the longest text of the training
  record Llama3(
      double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalLength)
      implements RotaryScaling {
    public Llama3 {
      requirePositive("factor", factor);
      requirePositive("low_freq_factor", lowFrequencyFactor);
      if (!(highFrequencyFactor > lowFrequencyFactor)) {
        throw new IllegalArgumentException(
            "high_freq_factor must be above low_freq_factor: received %s and %s"
                .formatted(highFrequencyFactor, lowFrequencyFactor));
      }
    }

    @Override
    public double[] scaled(double[] frequencies, double theta) {
      double[] scaled = frequencies.clone();
      for (int i = 0; i < scaled.length; i++) {
        double waves = originalLength * scaled[i] / (2 * Math.PI); // in the longest text
        double stretched = scaled[i] / factor;
        if (waves < lowFrequencyFactor) {
          scaled[i] = stretched;
        } else if (waves <= highFrequencyFactor) {
          double share = (waves - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
          scaled[i] = (1 - share) * stretched + share * scaled[i];
        }
      }
      return scaled;
    }
  }

  /// Peng et al. 2023: as [Llama3], the share a straight line over the dimensions, and attention
  /// sharpened.
  ///
  /// @param betaFast dimensions that turn more often than this in the original length are left
  /// @param betaSlow dimensions that turn less often than this are stretched
  /// @param truncate whether the line's ends are whole dimensions
  record Yarn(
      double factor,
      int originalLength,
      double betaFast,
      double betaSlow,
      boolean truncate,
      double attentionFactor)
      implements RotaryScaling {
    public Yarn {
      requirePositive("factor", factor);
      requirePositive("original_max_position_embeddings", originalLength);
    }

    /// What the attention factor is where a configuration does not say.
    static double usualAttentionFactor(double factor, double mscale) {
      return factor <= 1 ? 1 : 0.1 * mscale * StrictMath.log(factor) + 1;
    }

    @Override
    public double[] scaled(double[] frequencies, double theta) {
      int width = 2 * frequencies.length;
      double from = dimension(betaFast, width, theta);
      double to = dimension(betaSlow, width, theta);
      double low = Math.max(0, truncate ? Math.floor(from) : from);
      double high = Math.min(width - 1, truncate ? Math.ceil(to) : to);
      double span = low == high ? 0.001 : high - low;
      double[] scaled = frequencies.clone();
      for (int i = 0; i < scaled.length; i++) {
        double stretched = Math.clamp((i - low) / span, 0, 1);
        scaled[i] = scaled[i] / factor * stretched + scaled[i] * (1 - stretched);
      }
      return scaled;
    }

    /// The dimension that turns this often in the original length.
    private double dimension(double turns, int width, double theta) {
      return width
          * StrictMath.log(originalLength / (turns * 2 * Math.PI))
          / (2 * StrictMath.log(theta));
    }
  }

  /// Each frequency divided by a number of its own, as GGUF files keep [Llama3].
  record Divided(List<Double> divisors) implements RotaryScaling {
    public Divided {
      divisors = List.copyOf(divisors);
      divisors.forEach(divisor -> requirePositive("a divisor of frequencies", divisor));
    }

    @Override
    public double[] scaled(double[] frequencies, double theta) {
      double[] scaled = frequencies.clone();
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] /= divisors.get(i);
      }
      return scaled;
    }
  }

  private static void requirePositive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + " must be above 0: received " + value);
    }
  }
}
