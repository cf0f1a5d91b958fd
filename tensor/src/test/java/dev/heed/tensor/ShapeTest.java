package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void countsElementsRowsAndWidth() {
    Shape shape = Shape.of(2, 3, 4);
    assertThat(shape.rank()).isEqualTo(3);
    assertThat(shape.elements()).isEqualTo(24);
    assertThat(shape.rows()).isEqualTo(6);
    assertThat(shape.width()).isEqualTo(4);
  }

  @Test
  void aScalarHasOneElementAndNoDimension() {
    Shape scalar = Shape.of();
    assertThat(scalar.rank()).isZero();
    assertThat(scalar.elements()).isEqualTo(1);
    assertThat(scalar.rows()).isEqualTo(1);
    assertThat(scalar.width()).isEqualTo(1);
    assertThat(scalar).hasToString("[]");
  }

  @Test
  void aVectorIsOneRow() {
    assertThat(Shape.of(5).rows()).isEqualTo(1);
    assertThat(Shape.of(5).width()).isEqualTo(5);
  }

  @Test
  void anEmptyDimensionLeavesNoElements() {
    assertThat(Shape.of(0, 5).elements()).isZero();
    assertThat(Shape.of(0, 5).rows()).isZero();
    assertThat(Shape.of(5, 0).rows()).isEqualTo(5);
  }

  @Test
  void countsMoreElementsThanAnIntHolds() {
    assertThat(Shape.of(1 << 20, 1 << 20).elements()).isEqualTo(1L << 40);
  }

  @Test
  void aNegativeAxisCountsFromTheEnd() {
    Shape shape = Shape.of(2, 3, 4);
    assertThat(shape.dimension(0)).isEqualTo(2);
    assertThat(shape.dimension(-1)).isEqualTo(4);
    assertThat(shape.dimension(-3)).isEqualTo(2);
    for (int axis : new int[] {3, -4}) {
      assertThatThrownBy(() -> shape.dimension(axis))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("axis must be in -3…2: received " + axis);
    }
  }

  @Test
  void changesItsWidth() {
    assertThat(Shape.of(2, 3).withWidth(7)).isEqualTo(Shape.of(2, 7));
    assertThatIllegalStateException()
        .isThrownBy(() -> Shape.of().withWidth(1))
        .withMessage("a scalar has no last dimension");
  }

  @Test
  void refusesNegativeExtentsAndTooManyElements() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(2, -1))
        .withMessage("a dimension must be 0 or more: received [2, -1]");
    int most = Integer.MAX_VALUE;
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(most, most, most))
        .withMessageContaining("received [2147483647, 2147483647, 2147483647]");
    assertThat(Shape.of(most, most, most, 0).elements()).isZero();
  }

  @Test
  void isAValueThatNobodyCanChange() {
    int[] dimensions = {2, 3};
    Shape shape = new Shape(dimensions);
    dimensions[0] = 9;
    shape.dimensions()[1] = 9;
    assertThat(shape).isEqualTo(Shape.of(2, 3)).hasSameHashCodeAs(Shape.of(2, 3));
    assertThat(shape).isNotEqualTo(Shape.of(3, 2)).isNotEqualTo(Shape.of(2, 3, 1));
    assertThat(shape).hasToString("[2, 3]");
  }
}
