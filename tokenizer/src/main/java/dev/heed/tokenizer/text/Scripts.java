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
    // The long vowel mark counts as Han; the others changed their script after Unicode 9.
    switch (codePoint) {
      case 0x30fc -> {
        return Character.UnicodeScript.HAN.ordinal();
      }
      case 0x589, 0x61c -> {
        return Character.UnicodeScript.COMMON.ordinal();
      }
      case 0x953, 0x954 -> {
        return Character.UnicodeScript.DEVANAGARI.ordinal();
      }
      default -> {}
    }
    Character.UnicodeScript script = Character.UnicodeScript.of(codePoint);
    return switch (script) {
      case UNKNOWN -> ANY;
      case HIRAGANA, KATAKANA -> Character.UnicodeScript.HAN.ordinal();
      default -> script.ordinal();
    };
  }
}
