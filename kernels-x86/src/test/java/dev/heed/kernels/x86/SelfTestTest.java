package dev.heed.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Precision;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/// The self-test before first use.
class SelfTestTest {
  @Test
  void kernelsOfEveryLevelPassInWhateverPrecisionTheFirstUseIs() {
    List<Level> levels = new ArrayList<>(Levels.available());
    levels.addAll(Levels.withBfloat());
    levels.addAll(Levels.quantized());
    for (Level level : levels) {
      for (Precision precision : Precision.values()) {
        Optional<String> failure = precision.compute(() -> SelfTest.failure(Levels.kernels(level)));
        assertThat(failure).as(level + " in " + precision).isEmpty();
      }
    }
  }

  @Test
  void tilesThatDoNothingAreFound() {
    Assumptions.assumeTrue(Levels.withBfloat().contains(Level.AMX), "no AVX512-BF16");
    X86Kernels kernels = new X86Kernels(new IdleTiles());
    assertThat(SelfTest.failure(kernels).orElseThrow()).startsWith("product of 8 bits must give ");
    Kernels exactIn8Bits =
        new ReferenceKernels() {
          @Override
          public void matmul(Tensor a, boolean ta, Tensor b, boolean tb, Tensor out, boolean add) {
            kernels.matmul(a, ta, b, tb, out, add);
          }
        };
    assertThat(SelfTest.failure(exactIn8Bits).orElseThrow()).startsWith("matmul must give ");
  }

  @Test
  void wrongSumsOfBytesAreFound() {
    Assumptions.assumeTrue(Levels.has(Level.AVX2), "no AVX2");
    X86Kernels kernels = new X86Kernels(new OtherDotProducts(VectorOp.VPADDD));
    assertThat(SelfTest.failure(kernels).orElseThrow()).startsWith("product of 8 bits must give ");
  }

  @Test
  void whatIsWrongInBfloat16OnlyIsFound() {
    var wrong =
        new ReferenceKernels() {
          @Override
          public void attention(
              Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
            boolean rounds = Precision.current() == Precision.BF16;
            super.attention(q, k, rounds ? k : v, a, out, logSumExp);
          }
        };
    assertThat(SelfTest.failure(wrong).orElseThrow()).startsWith("attention must give ");
  }

  @Test
  void oneWrongElementIsFoundAndSaid() {
    var wrong =
        new ReferenceKernels() {
          @Override
          public void softmax(Tensor x, Tensor out) {
            super.softmax(x, out);
            float[] values = out.toFloatArray();
            values[values.length - 1] = Float.NaN;
            out.copyFrom(Tensor.of(values, out.shape().dimensions()));
          }
        };
    assertThat(SelfTest.failure(wrong).orElseThrow())
        .startsWith("arithmetic must give ")
        .endsWith("on this processor: received NaN");
  }

  @Test
  void aLevelThatFailsGivesWayToTheNextThatTheProcessorHasAndThenToNone() {
    Cpu cpu = new Cpu("a processor", Optional.of(Level.AVX512BF16), false, 0, 0, 0);
    List<Level> asked = new ArrayList<>();
    var offer =
        X86KernelsProvider.tested(
            cpu,
            Level.AVX512,
            (level, kernels) -> {
              asked.add(level);
              return level == Level.AVX2 ? Optional.empty() : Optional.of("matmul is wrong");
            });
    assertThat(asked).containsExactly(Level.AVX512, Level.AVX2);
    assertThat(offer.kernels()).isNotNull().extracting(k -> k.name()).isEqualTo("x86 avx2");
    assertThat(offer.reason())
        .isEqualTo("avx512 failed its self-test: matmul is wrong; avx2 on a processor");

    var below =
        X86KernelsProvider.tested(
            cpu,
            Level.AMX,
            (level, kernels) ->
                level.compareTo(Level.VNNI) > 0 ? Optional.of("bfloat16") : Optional.empty());
    assertThat(below.kernels()).isNotNull().extracting(k -> k.name()).isEqualTo("x86 vnni");
    assertThat(below.reason()).startsWith("avx512bf16 failed its self-test: bfloat16; vnni on ");

    Cpu withAvxVnni = new Cpu("a processor", Optional.of(Level.AVX512), true, 0, 0, 0);
    var none =
        X86KernelsProvider.tested(withAvxVnni, Level.AMX, (level, kernels) -> Optional.of("bad"));
    assertThat(none.kernels()).isNull();
    assertThat(none.reason())
        .isEqualTo(
            "avx512 failed its self-test: bad; avxvnni failed its self-test: bad;"
                + " avx2 failed its self-test: bad");
  }
}
