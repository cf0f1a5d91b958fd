package dev.heed.explorer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Numbers for the page: 32 bits each, the lowest byte first, as JavaScript's arrays have them.
final class Binary {
  private final ByteBuffer bytes;

  private Binary(int numbers) {
    this.bytes = ByteBuffer.allocate(numbers * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  static Binary of(int numbers) {
    return new Binary(numbers);
  }

  Binary integers(int... values) {
    for (int value : values) {
      bytes.putInt(value);
    }
    return this;
  }

  Binary floats(float... values) {
    for (float value : values) {
      bytes.putFloat(value);
    }
    return this;
  }

  byte[] bytes() {
    return bytes.array();
  }
}
