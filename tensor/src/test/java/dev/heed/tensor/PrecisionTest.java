package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrecisionTest {
  @Test
  void itHoldsInsideAndNotAfterwards() {
    assertThat(Precision.current()).isEqualTo(Precision.FP32);
    assertThat(Precision.BF16.<Precision>compute(Precision::current)).isEqualTo(Precision.BF16);
    Precision.BF16.compute(() ->
        Precision.FP32.compute(() -> assertThat(Precision.current()).isEqualTo(Precision.FP32)));
    assertThat(Precision.current()).isEqualTo(Precision.FP32);
  }

  @Test
  void itFollowsAVirtualThreadToItsDeputy() throws InterruptedException {
    List<Precision> seen = new ArrayList<>();
    Thread.ofVirtual()
        .start(() ->
            Precision.BF16.compute(() -> {
              Inference.run(() -> seen.add(Precision.current()));
            }))
        .join();
    assertThat(seen).containsExactly(Precision.BF16);
  }
}
