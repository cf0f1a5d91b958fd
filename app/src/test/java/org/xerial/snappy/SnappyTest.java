package org.xerial.snappy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SnappyTest {
  private static String unpacked(int room, int... packed) throws IOException {
    byte[] bytes = new byte[packed.length];
    for (int i = 0; i < packed.length; i++) {
      bytes[i] = (byte) packed[i];
    }
    ByteBuffer out = ByteBuffer.allocateDirect(room);
    int length = Snappy.uncompress(ByteBuffer.wrap(bytes), out);
    assertThat(out.position()).isZero();
    assertThat(out.limit()).isEqualTo(length);
    return StandardCharsets.US_ASCII.decode(out).toString();
  }

  @Test
  void literalsAndAllThreeKindsOfCopiesAreUnpacked() throws IOException {
    assertThat(unpacked(9, 0)).isEmpty();
    assertThat(unpacked(9, 3, 2 << 2, 'a', 'b', 'c')).isEqualTo("abc");
    assertThat(unpacked(9, 3, 60 << 2, 2, 'a', 'b', 'c')).isEqualTo("abc");
    assertThat(unpacked(9, 8, 1 << 2, 'a', 'b', 2 << 2 | 1, 2)).isEqualTo("abababab");
    assertThat(unpacked(9, 5, 1 << 2, 'a', 'b', 2 << 2 | 2, 1, 0)).isEqualTo("abbbb");
    assertThat(unpacked(9, 5, 1 << 2, 'a', 'b', 2 << 2 | 3, 2, 0, 0, 0)).isEqualTo("ababa");
  }

  @Test
  void damageIsRefused() {
    assertThatThrownBy(() -> unpacked(9)).hasMessageEndingWith("it ends too early");
    assertThatThrownBy(() -> unpacked(2, 3, 2 << 2, 'a', 'b', 'c'))
        .hasMessageEndingWith("3 bytes must fit into 2");
    assertThatThrownBy(() -> unpacked(9, 4, 2 << 2, 'a', 'b', 'c'))
        .hasMessageEndingWith("1 bytes are missing");
    assertThatThrownBy(() -> unpacked(9, 3, 2 << 2, 'a'))
        .hasMessageEndingWith("a literal of 3 bytes is too long");
    assertThatThrownBy(() -> unpacked(9, 8, 0, 'a', 2 << 2 | 1, 2))
        .hasMessageEndingWith("a copy of 6 bytes from 2 before");
    assertThatThrownBy(() -> unpacked(9, 8, 0, 'a', 2 << 2 | 3, 255, 255, 255, 255))
        .hasMessageContaining("from 4294967295 before");
    assertThatThrownBy(() -> unpacked(9, 255, 255, 255, 255, 255, 1))
        .hasMessageEndingWith("its length has more than 32 bits");
  }

  @Test
  void chanceIsRefusedOrUnpackedButNeverMore() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(30)];
      random.nextBytes(bytes);
      try {
        assertThat(Snappy.uncompress(ByteBuffer.wrap(bytes), ByteBuffer.allocate(64)))
            .isBetween(0, 64);
      } catch (IOException refused) {
        assertThat(refused).hasMessageStartingWith("a Snappy block is damaged: ");
      }
    }
  }
}
