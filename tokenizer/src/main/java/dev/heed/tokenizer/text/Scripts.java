package dev.heed.tokenizer.text;

/// Scripts as SentencePiece tells them apart: Unicode 9's, kana counted as Han.
public final class Scripts {
  /// Before any character was seen.
  public static final int NONE = -2;

  /// Spaces and characters without a script: they join whatever is around them.
  public static final int ANY = -1;

  private Scripts() {}

  /// A number for the character's script, or [#ANY].
  public static int of(int codePoint) {
    if (codePoint == ' ' || !ReferenceUnicode.in9(codePoint)) {
      return ANY;
    }
    if (codePoint == 0x30fc) {
      return Character.UnicodeScript.HAN.ordinal();
    }
    Character.UnicodeScript script = Character.UnicodeScript.of(codePoint);
    return switch (script) {
      case UNKNOWN -> ANY;
      case HIRAGANA, KATAKANA -> Character.UnicodeScript.HAN.ordinal();
      default -> script.ordinal();
    };
  }
}
