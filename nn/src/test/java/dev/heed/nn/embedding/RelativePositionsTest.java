package dev.heed.nn.embedding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.nn.Initializer;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Tensor;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RelativePositionsTest {
  private static RelativePositions of(int buckets, boolean bothWays, int greatest) {
    return new RelativePositions(buckets, 2, bothWays, greatest, 1, Initializer.seeded(1));
  }

  /// The values are `relative_position_bucket`'s of transformers 5.23, with 32 buckets and 128.
  @Test
  void bucketsAreThoseOfT5() {
    Map<Integer, Integer> bothWays =
        Map.of(0, 0, -1, 1, 1, 17, -7, 7, -8, 8, 11, 24, 12, 25, -63, 13, -64, 14, 200, 31);
    bothWays.forEach((distance, bucket) ->
        assertThat(of(32, true, 128).bucket(distance)).as("%d", distance).isEqualTo(bucket));
    Map<Integer, Integer> back =
        Map.of(5, 0, 0, 0, -15, 15, -16, 16, -20, 17, -64, 26, -127, 31, -1000, 31);
    back.forEach((distance, bucket) ->
        assertThat(of(32, false, 128).bucket(distance)).as("%d", distance).isEqualTo(bucket));
  }

  @Test
  void eachDistanceHasTheNumberOfItsBucketAndItsGradientReachesIt() {
    RelativePositions positions = of(8, true, 16);
    Tensor bias = positions.bias(3);
    Tensor weight = Objects.requireNonNull(positions.parameters().get("weight"));
    assertThat(bias.shape().dimensions()).containsExactly(2, 7);
    for (int head = 0; head < 2; head++) {
      for (int distance = -3; distance <= 3; distance++) {
        assertThat(bias.get(head, distance + 3))
            .isEqualTo(weight.get(positions.bucket(distance), head));
      }
    }
    Operations.sum(bias).backward();
    Tensor gradient = Objects.requireNonNull(weight.gradient());
    int first = positions.bucket(-3);
    assertThat(gradient.get(first, 0)).isEqualTo(first == positions.bucket(-2) ? 2.0 : 1.0);
    assertThat(gradient.get(4, 1)).isZero(); // a key after the query is at 1 or more
  }

  @Test
  void tooFewBucketsAreRefused() {
    assertThatThrownBy(() -> of(2, true, 128))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("buckets=2");
    assertThatThrownBy(() -> of(32, true, 8))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("greatest=8");
  }
}
