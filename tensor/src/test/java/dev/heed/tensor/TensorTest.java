package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TensorTest {
  @Test
  void holdsWhatItWasMadeOfRowByRow() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    assertThat(x.shape()).isEqualTo(Shape.of(2, 3));
    assertThat(x.dtype()).isEqualTo(DType.F32);
    assertThat(x.get(1, 0)).isEqualTo(4);
    assertThat(x.toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
    assertThat(Tensor.of(new int[] {7, -8}, 2).toIntArray()).containsExactly(7, -8);
    assertThat(Tensor.of(new double[] {Math.PI}).item()).isEqualTo(Math.PI);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "I32", "F64"})
  void isAlignedTo64BytesAndHasItsElementsAndNoMore(DType dtype) {
    for (int elements : new int[] {0, 1, 3, 17, 5000, 300_000}) {
      Tensor x = Tensor.zeros(Shape.of(elements), dtype);
      assertThat(x.memory().address() % 64).isZero();
      assertThat(x.memory().byteSize()).isEqualTo((long) elements * dtype.bytes());
      for (double value : x.toDoubleArray()) {
        assertThat(value).isZero();
      }
    }
  }

  @Test
  void roundsToBf16ByNearestEven() {
    float[] from = {1, 1.00390625f, 1.01171875f, 1.003f, -3.0e38f, 3.4e38f, 1e-40f, -0f};
    float[] rounded = Tensor.of(from, from.length).to(DType.BF16).toFloatArray();
    // 1 + 1/256 lies between 1 and 1 + 1/128: to the even 1; 1 + 3/256 to the even 1 + 1/64.
    assertThat(rounded[0]).isEqualTo(1);
    assertThat(rounded[1]).isEqualTo(1);
    assertThat(rounded[2]).isEqualTo(1.015625f);
    assertThat(rounded[3]).isEqualTo(1);
    assertThat(rounded[4]).isEqualTo(Float.intBitsToFloat(0xFF62 << 16));
    assertThat(rounded[5]).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(Float.floatToRawIntBits(rounded[6])).isEqualTo(0x00010000);
    assertThat(Float.floatToRawIntBits(rounded[7])).isEqualTo(0x80000000);
  }

  @Test
  void bf16KeepsNaNAndInfinity() {
    float quietest = Float.intBitsToFloat(0x7F800001); // would round to infinity
    float[] from = {Float.NaN, quietest, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    float[] rounded = Tensor.of(from, 4).to(DType.BF16).toFloatArray();
    assertThat(rounded[0]).isNaN();
    assertThat(rounded[1]).isNaN();
    assertThat(rounded[2]).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(rounded[3]).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void everyBf16NumberSurvivesTheWayToF32AndBack() {
    Tensor all = Tensor.empty(Shape.of(1 << 16), DType.BF16);
    for (int bits = 0; bits < 1 << 16; bits++) {
      all.memory().setAtIndex(ValueLayout.JAVA_SHORT, bits, (short) bits);
    }
    Tensor back = all.to(DType.F32).to(DType.BF16);
    for (int bits = 0; bits < 1 << 16; bits++) {
      boolean nan = (bits & 0x7F80) == 0x7F80 && (bits & 0x7F) != 0;
      short expected = (short) (nan ? bits | 0x40 : bits);
      assertThat(back.memory().getAtIndex(ValueLayout.JAVA_SHORT, bits)).isEqualTo(expected);
    }
  }

  @Test
  void aCopyIsIndependent() {
    Tensor x = Tensor.of(new float[] {1, 2}, 2).requireGradient(true);
    Tensor copy = x.copy();
    Elements.of(x).set(0, 9);
    assertThat(copy.toFloatArray()).containsExactly(1, 2);
    assertThat(copy.requiresGradient()).isFalse();
  }

  @Test
  void rowsAndOtherShapesShareTheMemory() {
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
    Elements.of(x.rows(1, 3)).set(0, 30);
    Elements.of(x.withShape(Shape.of(6))).set(5, 60);
    assertThat(x.toFloatArray()).containsExactly(1, 2, 30, 4, 5, 60);
    assertThat(x.rows(1, 1).elements()).isZero();
  }

  @Test
  void copiesFromAnotherTypeByConverting() {
    Tensor x = Tensor.zeros(Shape.of(2), DType.F32);
    x.copyFrom(Tensor.of(new double[] {0.1, 2}, 2));
    assertThat(x.toFloatArray()).containsExactly(0.1f, 2);
  }

  @Test
  void liesOverMemoryThatIsThereAlready() {
    MemorySegment memory = Arena.ofAuto().allocate(12, 4);
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, 2, 5);
    Tensor x = Tensor.over(memory, Shape.of(3), DType.F32);
    assertThat(x.toFloatArray()).containsExactly(0, 0, 5);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.over(memory, Shape.of(4), DType.F32))
        .withMessage("memory of F32 [4] must have 16 bytes: received 12");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.over(MemorySegment.ofArray(new int[3]), Shape.of(3), DType.I32))
        .withMessageContaining("memory must be off the heap");
  }

  @Test
  void aParameterIsACopyAndChangesItsTypeInPlace() {
    Tensor value = Tensor.of(new float[] {1.001f, 2}, 2);
    Parameter parameter = Parameter.of(value);
    assertThat(parameter.requiresGradient()).isTrue();
    Elements.of(value).set(1, 9);
    assertThat(parameter.toFloatArray()).containsExactly(1.001f, 2);
    Operations.sum(parameter).backward();
    parameter.convertTo(DType.BF16);
    assertThat(parameter.dtype()).isEqualTo(DType.BF16);
    assertThat(parameter.gradient()).isNull();
    assertThat(parameter.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void aFrozenParameterOfBf16BecomesF32WhenItIsThawed() {
    for (Tensor value :
        List.of(Tensor.of(new float[] {1, 2, 3}, 3), Tensor.of(new float[6], 2, 3))) {
      Parameter parameter = Parameter.of(value);
      parameter.share(value.to(DType.BF16));
      assertThat(parameter.dtype()).isEqualTo(DType.BF16);
      parameter.setFrozen(false);
      assertThat(parameter.dtype()).isEqualTo(DType.F32);
      assertThat(parameter.toFloatArray()).isEqualTo(value.toFloatArray());
      parameter.convertTo(DType.BF16);
      parameter.setFrozen(false); // which it is not
      assertThat(parameter.dtype()).isEqualTo(DType.BF16);
    }
  }

  @Test
  void aParameterSharesMemoryUntilItIsThawed() {
    Parameter parameter = Parameter.of(Tensor.withoutElements(Shape.of(2), DType.F32));
    assertThat(parameter.hasElements()).isFalse();
    assertThatIllegalStateException().isThrownBy(() -> parameter.get(0));
    Tensor given = Tensor.of(new float[] {1, 2}, 2);
    MemorySegment readOnly = given.memory().asReadOnly();
    parameter.share(Tensor.over(readOnly, Shape.of(2), DType.F32));
    assertThat(parameter.isFrozen()).isTrue();
    assertThat(parameter.memory()).isEqualTo(readOnly);
    parameter.setFrozen(false);
    parameter.copyFrom(Tensor.of(new float[] {3, 4}, 2));
    assertThat(parameter.toFloatArray()).containsExactly(3, 4);
    assertThat(given.toFloatArray()).containsExactly(1, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> parameter.share(Tensor.of(new float[] {1}, 1)))
        .withMessage("elements must have the shape [2]: received [1]");
  }

  @Test
  void saysWhatItExpectedAndReceived() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tensor.of(new float[] {1, 2, 3}, 2, 2))
        .withMessage("shape [2, 2] has 4 elements: received 3");
    Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
    assertThatIllegalStateException()
        .isThrownBy(x::item)
        .withMessage("item() needs one element: this is Tensor F32 [2, 2]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> x.get(1))
        .withMessage("get() needs 2 indices: received 1");
    assertThatThrownBy(() -> x.get(0, 2)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> x.rows(1, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatIllegalStateException()
        .isThrownBy(() -> Tensor.of(new float[] {1}, 1).rows(0, 1))
        .withMessage("rows() needs a matrix: this is Tensor F32 [1]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> x.copyFrom(Tensor.of(new float[] {1}, 1)))
        .withMessage("copyFrom() needs shape [2, 2]: received [1]");
    assertThatIllegalStateException()
        .isThrownBy(x::toIntArray)
        .withMessage("toIntArray() needs I32: this is Tensor F32 [2, 2]");
  }
}
