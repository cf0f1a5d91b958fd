package dev.heed.nn.norm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.nn.Golden;
import dev.heed.nn.Initializer;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

class NormTest {
  private final Initializer initializer = Initializer.seeded(1);

  @Test
  void layerNormAgreesWithPyTorch() {
    LayerNorm norm = new LayerNorm(6, 1e-5, true, initializer);
    Golden.check("layer-norm", norm, Golden.OPERATION, in -> norm.apply(in.input("x")));
  }

  @Test
  void layerNormWithoutBiasAgreesWithPyTorch() {
    LayerNorm norm = new LayerNorm(6, 1e-3, false, initializer);
    Golden.check("layer-norm-no-bias", norm, Golden.OPERATION, in -> norm.apply(in.input("x")));
  }

  @Test
  void rmsNormAgreesWithPyTorch() {
    RmsNorm norm = new RmsNorm(6, 1e-6, initializer);
    Golden.check("rms-norm", norm, Golden.OPERATION, in -> norm.apply(in.input("x")));
  }

  @Test
  void layerNormMakesMeanZeroAndVarianceOne() {
    LayerNorm norm = new LayerNorm(4, 0, true, initializer);
    double[] row = norm.apply(Tensor.of(new float[] {1, 2, 4, 13}, 1, 4)).toDoubleArray();
    double sum = 0;
    double squares = 0;
    for (double value : row) {
      sum += value;
      squares += value * value;
    }
    assertThat(sum).isCloseTo(0, within(1e-6));
    assertThat(squares / 4).isCloseTo(1, within(1e-6));
  }

  @Test
  void aRowOfEqualNumbersStaysFinite() {
    Tensor x = Tensor.of(new float[] {3, 3, 3, 0, 0, 0}, 2, 3);
    assertThat(new LayerNorm(3, 1e-5, true, initializer).apply(x).toFloatArray()).containsOnly(0);
    assertThat(new RmsNorm(3, 1e-6, initializer).apply(x).rows(1, 2).toFloatArray())
        .containsOnly(0);
  }
}
