package dev.heed.tensor;

import static dev.heed.tensor.testing.GradientCheck.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AttentionArgumentsTest {
  private static final int ALL = Integer.MAX_VALUE;
  private static final Sequences THREE_AND_ONE = Sequences.ofLengths(3, 1);

  @Test
  void aQuerySeesTheKeysOfItsWindow() {
    AttentionArguments a = of(2, 2, 2, 1, null, null, null, 0);
    assertThat(a.firstKey(5)).isEqualTo(3);
    assertThat(a.endKey(5, 10)).isEqualTo(7);
    assertThat(a.endKey(5, 6)).isEqualTo(6);
    assertThat(a.firstKey(1)).isZero();
  }

  @Test
  void aQueryWithoutWindowSeesAllKeys() {
    AttentionArguments a = AttentionArguments.full(2, THREE_AND_ONE, THREE_AND_ONE, 1);
    assertThat(a.firstKey(Integer.MAX_VALUE)).isZero();
    assertThat(a.endKey(0, 7)).isEqualTo(7);
    assertThat(a.endKey(Integer.MAX_VALUE, 7)).isEqualTo(7);
    assertThat(a.causal().endKey(0, 7)).isEqualTo(1);
  }

  @Test
  void headsMustBeGroupedEvenly() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(10, 4, ALL, ALL, null, null, null, 0))
        .withMessage("keyValueHeads must divide heads: received heads=10, keyValueHeads=4");
    assertThatIllegalArgumentException().isThrownBy(() -> of(0, 0, ALL, ALL, null, null, null, 0));
  }

  @Test
  void queriesAndKeysMustHaveAsManySequences() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> AttentionArguments.full(1, THREE_AND_ONE, Sequences.ofLengths(3, 1, 2), 1))
        .withMessage("queries and keys must have as many sequences: received 2 and 3");
  }

  @Test
  void windowsMustNotBeNegative() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(1, 1, -1, 0, null, null, null, 0))
        .withMessage("left and right must be 0 or more: received -1 and 0");
  }

  @Test
  void offsetsAndMaskMustFitTheSequences() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(1, 1, ALL, ALL, new int[] {1}, null, null, 0))
        .withMessage("queryOffsets must have one entry a sequence: expected 2, received 1");
    Tensor mask = Tensor.of(new int[] {1, 1, 1}, 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(1, 1, ALL, ALL, null, mask, null, 0))
        .withMessage("keyMask must be I32 [4]: received Tensor I32 [3]");
    Tensor floats = Tensor.of(new float[] {1, 1, 1, 1}, 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(1, 1, ALL, ALL, null, floats, null, 0))
        .withMessage("keyMask must be I32 [4]: received Tensor F32 [4]");
  }

  @Test
  void theRelativeBiasMustReachEveryKeyThatIsSeen() {
    assertThatCode(() -> of(2, 2, ALL, ALL, null, null, input(1, 2, 5), 0))
        .doesNotThrowAnyException();
    assertThatCode(() -> of(2, 2, 1, 0, null, null, input(1, 2, 3), 0)).doesNotThrowAnyException();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(2, 2, ALL, ALL, null, null, input(1, 2, 3), 0))
        .withMessage("relativeBias must be [2, 2·c + 1] with c ≥ 2: received [2, 3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(2, 2, ALL, 0, new int[] {4, 0}, null, input(1, 2, 5), 0))
        .withMessage("relativeBias must be [2, 2·c + 1] with c ≥ 6: received [2, 5]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(2, 2, ALL, ALL, null, null, input(1, 2, 6), 0))
        .withMessageContaining("received [2, 6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(2, 2, ALL, ALL, null, null, input(1, 1, 5), 0))
        .withMessageContaining("received [1, 5]");
  }

  @Test
  void dropoutMustLeaveSomething() {
    for (double rate : new double[] {-0.5, 1, Double.NaN}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> of(1, 1, ALL, ALL, null, null, null, rate))
          .withMessage("dropout must be in [0, 1): received " + rate);
    }
  }

  @Test
  void rowsMustFitHeadsAndSequences() {
    AttentionArguments a = AttentionArguments.full(2, THREE_AND_ONE, THREE_AND_ONE, 1);
    Tensor x = input(1, 4, 6);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.attention(input(1, 3, 6), x, x, a))
        .withMessage("query needs 4 rows of 2 equal heads: received [3, 6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.attention(x, input(1, 4, 5), x, a))
        .withMessage("key needs 4 rows of 2 equal heads: received [4, 5]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.attention(x, x, input(1, 5, 6), a))
        .withMessage("value needs 4 rows of 2 equal heads: received [5, 6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.attention(x, input(1, 4, 4), x, a))
        .withMessage("queries of 2 heads with keys 2 wide must be 4 wide: received [4, 6]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FusedOperations.attention(x, x, x.to(DType.F32), a))
        .withMessage("attention needs equal types: received F64 and F32");
  }

  private static AttentionArguments of(
      int heads,
      int keyValueHeads,
      int left,
      int right,
      int @Nullable [] offsets,
      @Nullable Tensor mask,
      @Nullable Tensor bias,
      double dropout) {
    return new AttentionArguments(
        heads,
        keyValueHeads,
        THREE_AND_ONE,
        THREE_AND_ONE,
        1,
        left,
        right,
        offsets,
        mask,
        bias,
        dropout,
        0);
  }
}
