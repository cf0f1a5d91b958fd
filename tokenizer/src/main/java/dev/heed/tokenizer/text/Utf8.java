package dev.heed.tokenizer.text;

/// UTF-8 of UTF-16 text, and positions of the one in the other.
public final class Utf8 {
  private Utf8() {}

  /// The bytes of `text` from `from` to `to`; a lone surrogate becomes U+FFFD.
  public static byte[] encode(char[] text, int from, int to) {
    byte[] bytes = new byte[length(text, from, to)];
    int n = 0;
    for (int i = from; i < to; ) {
      int c = Unicode.codePointAt(text, i, to);
      i += Character.charCount(c);
      if (c < 0x80) {
        bytes[n++] = (byte) c;
      } else if (c < 0x800) {
        bytes[n++] = (byte) (0xc0 | c >> 6);
        bytes[n++] = (byte) (0x80 | c & 0x3f);
      } else if (c < 0x10000) {
        bytes[n++] = (byte) (0xe0 | c >> 12);
        bytes[n++] = (byte) (0x80 | c >> 6 & 0x3f);
        bytes[n++] = (byte) (0x80 | c & 0x3f);
      } else {
        bytes[n++] = (byte) (0xf0 | c >> 18);
        bytes[n++] = (byte) (0x80 | c >> 12 & 0x3f);
        bytes[n++] = (byte) (0x80 | c >> 6 & 0x3f);
        bytes[n++] = (byte) (0x80 | c & 0x3f);
      }
    }
    return bytes;
  }

  /// The number of bytes that [#encode] gives.
  public static int length(char[] text, int from, int to) {
    int bytes = 0;
    for (int i = from; i < to; ) {
      int c = Unicode.codePointAt(text, i, to);
      i += Character.charCount(c);
      bytes += Unicode.utf8Length(c);
    }
    return bytes;
  }

  /// Walks forward through a text, from positions in bytes to characters. Positions must not fall.
  public static final class Position {
    private final char[] text;
    private final int to;
    private int begin; // of the character whose last byte is bytesEnd - 1
    private int end;
    private int bytesEnd;

    public Position(char[] text, int from, int to) {
      this.text = text;
      this.to = to;
      begin = from;
      end = from;
    }

    private void moveTo(int at) {
      while (bytesEnd <= at && end < to) {
        int c = Unicode.codePointAt(text, end, to);
        begin = end;
        end += Character.charCount(c);
        bytesEnd += Unicode.utf8Length(c);
      }
    }

    /// Where the character begins that covers the byte `at`, in UTF-16 units.
    public int characterAt(int at) {
      moveTo(at);
      return begin;
    }

    /// Where the character ends that covers the byte before `at`, in UTF-16 units.
    public int characterEnd(int at) {
      moveTo(at - 1);
      return end;
    }
  }
}
