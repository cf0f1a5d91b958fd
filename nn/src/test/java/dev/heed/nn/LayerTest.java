package dev.heed.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.DType;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import org.junit.jupiter.api.Test;

class LayerTest {
  private static final class Two extends Layer {
    final Linear first = layer("first", new Linear(2, 3, true, Initializer.seeded(1)));
    final Linear second = layer("second", new Linear(3, 2, false, Initializer.seeded(2)));
    final Parameter scale = parameter("scale", Tensor.of(new float[] {1, 1}, 2));

    Tensor apply(Tensor x) {
      return Operations.multiply(second.apply(first.apply(x)), scale);
    }
  }

  private static final class Tied extends Layer {
    final Linear first = layer("first", new Linear(2, 2, false, Initializer.seeded(1)));
    final Parameter again = parameter("again", first.weight());
  }

  private static final class Twice extends Layer {
    void register() {
      parameter("weight", Tensor.of(new float[] {1}, 1));
    }
  }

  @Test
  void namesParametersByTheWayToThemInOrder() {
    assertThat(new Two().parameters().keySet())
        .containsExactly("scale", "first.weight", "first.bias", "second.weight");
    assertThat(new Two().parameterCount()).isEqualTo(2 + 6 + 3 + 6);
  }

  @Test
  void listsATiedParameterOnce() {
    Tied tied = new Tied();
    assertThat(tied.parameters()).hasSize(1).containsValue(tied.again);
    assertThat(tied.parameterCount()).isEqualTo(4);
  }

  @Test
  void refusesANameTwice() {
    Twice layer = new Twice();
    layer.register();
    assertThatThrownBy(layer::register)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a parameter name must be new: received weight");
  }

  @Test
  void aFrozenPartGetsNoGradientButLetsItThrough() {
    Two layer = new Two();
    layer.second.setFrozen(true);
    Tensor x = Tensor.of(new float[] {1, 2}, 1, 2);
    Operations.sum(layer.apply(x)).backward();
    assertThat(layer.second.weight().gradient()).isNull();
    assertThat(layer.first.weight().gradient()).isNotNull();
    layer.second.setFrozen(false);
    Operations.sum(layer.apply(x)).backward();
    assertThat(layer.second.weight().gradient()).isNotNull();
  }

  @Test
  void changesTheTypeOfAllParametersInPlace() {
    Two layer = new Two();
    Parameter weight = layer.first.weight();
    double before = weight.get(1, 1);
    layer.convertTo(DType.F64);
    assertThat(layer.parameters().values()).allMatch(p -> p.dtype() == DType.F64);
    assertThat(layer.first.weight()).isSameAs(weight);
    assertThat(weight.get(1, 1)).isEqualTo(before);
  }
}
