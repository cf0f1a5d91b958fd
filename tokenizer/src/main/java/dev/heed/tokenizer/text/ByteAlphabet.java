package dev.heed.tokenizer.text;

/// The printable stand-ins that byte-level tokenizers use for the 256 byte values.
///
/// Bytes that print keep their own character; the other 68 get U+0100 onwards in their order, so
/// that a space is `Ġ` and a line feed `Ċ`.
///
/// Source: `bytes_to_unicode` of GPT-2's encoder.
public final class ByteAlphabet {
  private static final char[] CHARACTERS = new char[256];
  private static final short[] BYTES = new short[0x144];

  static {
    int next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean prints = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
      CHARACTERS[b] = (char) (prints ? b : next++);
    }
    java.util.Arrays.fill(BYTES, (short) -1);
    for (int b = 0; b < 256; b++) {
      BYTES[CHARACTERS[b]] = (short) b;
    }
  }

  private ByteAlphabet() {}

  /// The character that stands for the byte value `b` (0 to 255).
  public static char character(int b) {
    return CHARACTERS[b];
  }

  /// The byte value that `character` stands for, or -1 where it stands for none.
  public static int byteOf(char character) {
    return character < BYTES.length ? BYTES[character] : -1;
  }
}
