package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ProfileTest {
  @Test
  void everyOperationIsCountedWithItsWork() {
    Tensor x = Tensor.of(new float[6], 2, 3);
    Tensor weight = Tensor.of(new float[12], 4, 3);
    List<Profile.Part> parts =
        Profile.of(() -> {
          FusedOperations.linear(x, weight, null, Activation.NONE, null);
          FusedOperations.linear(x, weight, null, Activation.NONE, null);
          Operations.add(x, x);
        });
    assertThat(parts).extracting(Profile.Part::operation).contains("linear 3 → 4", "add");
    Profile.Part linear = parts.stream().filter(part -> part.flops() > 0).findFirst().orElseThrow();
    assertThat(linear.calls()).isEqualTo(2);
    assertThat(linear.flops()).isEqualTo(2 * 2 * (2.0 * 3 * 4));
    assertThat(linear.bytes()).isEqualTo(2 * 4.0 * (6 + 12 + 8));
  }

  @Test
  void attentionCountsThePairsThatSeeEachOther() {
    Tensor q = Tensor.of(new float[5 * 8], 5, 8);
    Sequences sequences = Sequences.ofLengths(3, 2);
    AttentionArguments causal = AttentionArguments.full(2, sequences, sequences, 1).causal();
    List<Profile.Part> parts = Profile.of(() -> FusedOperations.attention(q, q, q, causal));
    assertThat(parts).hasSize(1);
    assertThat(parts.getFirst().flops()).isEqualTo(2 * (6 + 3) * 16.0);
  }

  @Test
  void failuresComeThroughAndEndTheProfile() {
    Tensor x = Tensor.of(new float[6], 2, 3);
    Tensor wrong = Tensor.of(new int[] {9}, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Profile.of(() -> FusedOperations.embedding(x, wrong, 1)));
    assertThat(Kernels.active().getClass().getSimpleName()).doesNotStartWith("$Proxy");
  }
}
