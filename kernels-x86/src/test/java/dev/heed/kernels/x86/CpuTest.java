package dev.heed.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// Which levels follow from what a processor says of itself.
class CpuTest {
  private static final int AVX2_AND_BMI2 = 1 << 5 | 1 << 8;
  private static final int AVX512 = AVX2_AND_BMI2 | 1 << 16 | 1 << 17 | 1 << 30 | 1 << 31;
  private static final int VNNI = 1 << 11;
  private static final int AVX_VNNI = 1 << 4;
  private static final int BF16 = 1 << 5;
  private static final int AMX = 1 << 22 | 1 << 24 | 1 << 25;
  private static final int SAVES_256_BITS = 0x7;
  private static final int SAVES_512_BITS = 0xE7;
  private static final int SAVES_TILES = 0x600E7;

  private static Cpu cpu(int b, int c, int d, int further, int saved, boolean tiles) {
    Cpu.Units units =
        Cpu.Units.of(new Cpu.Leaf(1, b, c, d), new Cpu.Leaf(further, 0, 0, 0), saved, () -> tiles);
    return new Cpu("a processor", units.level(), units.avxVnni(), 0, 0, 0);
  }

  @Test
  void avxVnniIsALevelOfItsOwnWhereAvx512IsMissing() {
    Cpu avx2 = cpu(AVX2_AND_BMI2, 0, 0, BF16, SAVES_256_BITS, false);
    assertThat(avx2.level()).contains(Level.AVX2);
    assertThat(Level.values()).filteredOn(avx2::has).containsExactly(Level.AVX2);
    Cpu avxVnni = cpu(AVX2_AND_BMI2, 0, 0, AVX_VNNI, SAVES_256_BITS, false);
    assertThat(avxVnni.level()).contains(Level.AVXVNNI);
    assertThat(Level.values()).filteredOn(avxVnni::has).containsExactly(Level.AVX2, Level.AVXVNNI);
  }

  @Test
  void processorsWithAvx512HaveAvxVnniOnlyIfTheySaySo() {
    Cpu without = cpu(AVX512, VNNI, 0, BF16, SAVES_512_BITS, false);
    assertThat(without.level()).contains(Level.AVX512BF16);
    assertThat(Level.values())
        .filteredOn(without::has)
        .containsExactly(Level.AVX2, Level.AVX512, Level.VNNI, Level.AVX512BF16);
    Cpu with = cpu(AVX512, VNNI, AMX, BF16 | AVX_VNNI, SAVES_TILES, true);
    assertThat(with.level()).contains(Level.AMX);
    assertThat(Level.values()).allMatch(with::has);
  }

  @Test
  void aLevelNeedsTheInstructionsOfTheLevelBeforeIt() {
    assertThat(cpu(0, VNNI, 0, AVX_VNNI, SAVES_256_BITS, false).level()).isEmpty();
    assertThat(cpu(AVX512, 0, 0, BF16, SAVES_512_BITS, false).level()).contains(Level.AVX512);
    assertThat(cpu(AVX512, VNNI, AMX, 0, SAVES_TILES, true).level()).contains(Level.VNNI);
  }

  @Test
  void aLevelNeedsTheSystemToSaveItsRegisters() {
    Cpu none = cpu(AVX512, VNNI, AMX, BF16 | AVX_VNNI, 0x3, true);
    assertThat(none.level()).isEmpty();
    assertThat(Level.values()).noneMatch(none::has);
    assertThat(cpu(AVX512, VNNI, AMX, BF16, SAVES_256_BITS, true).level()).contains(Level.AVX2);
    assertThat(cpu(AVX512, VNNI, AMX, BF16 | AVX_VNNI, SAVES_256_BITS, true).level())
        .contains(Level.AVXVNNI);
    assertThat(cpu(AVX512, VNNI, AMX, BF16, SAVES_512_BITS, true).level())
        .contains(Level.AVX512BF16);
    assertThat(cpu(AVX512, VNNI, AMX, BF16, SAVES_TILES, false).level()).contains(Level.AVX512BF16);
  }

  /// Not the other way round: an older Linux does not know of newer units.
  @Test
  void whatLinuxNamesIsFound() throws Exception {
    Path file = Path.of("/proc/cpuinfo");
    assumeThat(file).exists();
    String flags = Files.readString(file);
    assumeThat(ExecutableMemory.isX86()).isTrue();
    Cpu cpu = Cpu.detect();
    requireIfNamed(flags, "avx_vnni", cpu, Level.AVXVNNI);
    requireIfNamed(flags, "avx512_vnni", cpu, Level.VNNI);
    requireIfNamed(flags, "avx512_bf16", cpu, Level.AVX512BF16);
  }

  private static void requireIfNamed(String flags, String flag, Cpu cpu, Level level) {
    if (flags.contains(" " + flag)) {
      assertThat(cpu.has(level)).as(flag).isTrue();
    }
  }
}
