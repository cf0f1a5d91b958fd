package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class KernelsTest {
  @Test
  void theReferenceServesWhereNothingFasterIsFound() {
    assertThat(Kernels.active().name()).isEqualTo("reference");
    assertThat(Kernels.report()).containsExactly("reference: in use");
  }

  @Test
  void thePropertyChoosesTheReference() throws Exception {
    assertThat(chosen("reference")).isEqualTo("reference");
  }

  @Test
  void aNameThatIsNotThereIsRefusedNotReplaced() throws Exception {
    assertThat(chosen("abacus"))
        .isEqualTo("heed.kernels must be reference, vector or x86 and work here: received abacus");
  }

  private static String chosen(String kernels) throws Exception {
    List<String> flags = List.of("-Dheed.kernels=" + kernels);
    return ForkedJvm.run(flags, PrintKernels.class).out().strip();
  }

  /// Prints the name of the kernels in use, or why there are none.
  static final class PrintKernels {
    public static void main(String[] arguments) {
      try {
        System.out.println(Kernels.active().name());
      } catch (IllegalStateException e) {
        System.out.println(e.getMessage());
      }
    }
  }
}
