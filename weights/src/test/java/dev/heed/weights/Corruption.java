package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/// Damages valid files in seeded ways and holds readers to their promise: a checkpoint or a
/// [WeightsException], nothing else.
final class Corruption {
  private static final long[] INTERESTING = {
    0,
    1,
    2,
    7,
    0x7f,
    0x80,
    0xff,
    0x7fff_ffff,
    0x8000_0000L,
    0xffff_ffffL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -8,
    1L << 32,
    1L << 61
  };

  private Corruption() {}

  /// Reads `rounds` damaged copies of `valid`.
  static void check(byte[] valid, int rounds, Function<MemorySegment, Checkpoint> reader) {
    readAll(reader.apply(MemorySegment.ofArray(valid)));
    var random = new SplittableRandom(20260101);
    int refused = 0;
    for (int round = 0; round < rounds; round++) {
      byte[] damaged = damage(valid, random);
      try {
        refused += read(damaged, reader) ? 0 : 1;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("round " + round + " of the seeded corruption", e);
      }
    }
    // Else the reader checks nothing, or the damage does none.
    assertThat(refused).isGreaterThan(rounds / 20);
  }

  /// Whether these bytes are a checkpoint; where they are not, the message must say why.
  static boolean read(byte[] bytes, Function<MemorySegment, Checkpoint> reader) {
    try {
      readAll(reader.apply(MemorySegment.ofArray(bytes)));
      return true;
    } catch (WeightsException e) {
      assertThat(e).hasMessageContaining("expected").hasMessageContaining("found");
      return false;
    }
  }

  /// Looks at every tensor, at the elements of those that are not large, and at what is said.
  static void readAll(Checkpoint checkpoint) {
    checkpoint.metadata();
    if (checkpoint instanceof GgufFile file) {
      for (GgufValue value : file.values().values()) {
        if (value instanceof GgufArray array && array.elementType() == GgufValue.Type.TEXT) {
          array.texts();
        }
      }
    }
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.tensor(name);
      if (tensor.shape().elements() <= 1 << 16) {
        tensor.toDoubles();
      }
    }
  }

  private static byte[] damage(byte[] valid, SplittableRandom random) {
    byte[] damaged = valid.clone();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes && damaged.length > 8; i++) {
      // Headers stand at the ends of files, and most damage should hit them.
      int range = random.nextInt(3) == 0 ? damaged.length : Math.min(damaged.length, 1024);
      int at = random.nextInt(range);
      if (random.nextInt(4) == 0) {
        at = damaged.length - 1 - at;
      }
      switch (random.nextInt(6)) {
        case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> damaged[at] = (byte) random.nextInt(256);
        case 2 -> damaged = Arrays.copyOf(damaged, at + 1);
        case 3 -> {
          long value = INTERESTING[random.nextInt(INTERESTING.length)];
          int width = 1 << random.nextInt(4);
          for (int b = 0; b < width && at + b < damaged.length; b++) {
            damaged[at + b] = (byte) (value >>> 8 * b);
          }
        }
        case 4 -> {
          int from = random.nextInt(damaged.length);
          int count = Math.min(random.nextInt(1, 64), damaged.length - Math.max(at, from));
          System.arraycopy(damaged, from, damaged, at, count);
        }
        default -> {
          // Digits of JSON numbers: still a number, another one.
          if (damaged[at] >= '0' && damaged[at] <= '9') {
            damaged[at] = (byte) ('0' + random.nextInt(10));
          } else {
            damaged[at]++;
          }
        }
      }
    }
    return damaged;
  }
}
