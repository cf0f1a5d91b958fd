package dev.heed.tokenizer;

import com.ibm.icu.text.DateFormat;
import com.ibm.icu.text.RuleBasedNumberFormat;
import com.ibm.icu.util.ULocale;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Random;

/// Lines of every kind that a tokenizer meets, made from a seed: many languages, scripts, emoji,
/// code, white space, controls, combining marks, random Unicode. No lone surrogates.
final class MixedText {
  private static final String[] LOCALES = {
    "en", "de", "fr", "es", "zh", "ja", "ar", "hi", "th", "ru", "el", "he", "ko", "tr", "vi", "pl",
    "fa", "ta", "bn", "ka", "hy", "am", "km", "lo", "my", "uk", "cs", "fi", "hu", "ro"
  };

  private static final String[] SNIPPETS = {
    "don't",
    "I'll",
    "we've",
    "THEY'RE",
    "it'ſ",
    "'s",
    "'LL",
    "o'clock",
    "rock'n'roll",
    "<|endoftext|>",
    "<s>",
    "</s>",
    "[CLS]",
    "[MASK]",
    "[UNK]",
    "<pad>",
    "<unk>",
    "<bos>",
    "<|im_start|>",
    "<|begin_of_text|>",
    "<0x0A>",
    "▁",
    "Ġ",
    "##ing",
    "http://x.yz/?q=a&b=%20#f",
    "for (int i = 0; i < n; i++) { x[i] += 0x1F; }",
    "a@b.cd",
    "3.14159e-10",
    "1,000,000",
    "½",
    "²",
    "№ 5",
    "ﬁne",
    "ﬀ",
    "ǅ",
    "İstanbul",
    "ß",
    "ẞ",
    "Ⅷ",
    "①",
    "㍿",
    "ｆｕｌｌ",
    "ﾊﾝｶｸ",
    "한국어",
    "각",
    "e\u0301",
    "a\u0323\u0302",
    "a\u0302\u0323",
    "\u1e69",
    "q\u0307\u0323",
    "\u0344",
    "\ud834\udd5e",
    "\u0f73",
    "\u00a0",
    "\u3000",
    "\u2028",
    "\u0085",
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\u200d",
    "\ufffd",
    "\u0000",
    "\u0007",
    "\u007f",
    "\t",
    "\r\n",
    "\n\n\n",
    "  ",
    "     ",
    " \n ",
    "\u000b",
    "👩‍👩‍👧‍👦",
    "🇩🇪",
    "👍🏽",
    "🚂",
    "❤️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "☃",
    "™",
    "…",
    "—",
    "“q”",
    "‘q’",
    "¿qué?",
    "«oui»",
    "中文字符",
    "日本語テキスト",
    "𠀀𠮷",
    "สวัสดี",
    "नमस्ते",
    "مرحبا",
    "שלום",
    "ᄀ\u1161\u11a8"
  };

  // Starts of Unicode blocks that differ in what tokenizers do with them.
  private static final int[] BLOCKS = {
    0x20, 0x80, 0x100, 0x250, 0x300, 0x370, 0x400, 0x530, 0x590, 0x600, 0x700, 0x780, 0x840, 0x8a0,
    0x900, 0x980, 0xa00, 0xb00, 0xc00, 0xd00, 0xe00, 0xe80, 0xf00, 0x1000, 0x10a0, 0x1100, 0x1200,
    0x13a0, 0x1780, 0x1800, 0x1ab0, 0x1b00, 0x1c00, 0x1d00, 0x1dc0, 0x1e00, 0x1f00, 0x2000, 0x2070,
    0x20a0, 0x20d0, 0x2100, 0x2190, 0x2460, 0x2500, 0x2600, 0x2c00, 0x2e00, 0x2e80, 0x3000, 0x3040,
    0x30a0, 0x3100, 0x3200, 0x3400, 0x4e00, 0x9f00, 0xa000, 0xa640, 0xa880, 0xa980, 0xaa00, 0xac00,
    0xd700, 0xe000, 0xf900, 0xfb00, 0xfe00, 0xfe70, 0xff00, 0xfff0, 0x10000, 0x10900, 0x11000,
    0x11300, 0x11600, 0x12000, 0x13000, 0x16f00, 0x1b000, 0x1d100, 0x1d400, 0x1d7f0, 0x1da00,
    0x1e000, 0x1e900, 0x1ee00, 0x1f000, 0x1f300, 0x1f600, 0x1f900, 0x20000, 0x2a600, 0x2f800,
    0x30000, 0xe0000, 0xe0100, 0xf0000, 0x10ff00
  };

  private final Random random;
  private final RuleBasedNumberFormat[] numbers = new RuleBasedNumberFormat[LOCALES.length];
  private final DateFormat[] dates = new DateFormat[LOCALES.length];

  private MixedText(long seed) {
    random = new Random(seed);
    for (int i = 0; i < LOCALES.length; i++) {
      ULocale locale = new ULocale(LOCALES[i]);
      numbers[i] = new RuleBasedNumberFormat(locale, RuleBasedNumberFormat.SPELLOUT);
      dates[i] = DateFormat.getDateTimeInstance(DateFormat.FULL, DateFormat.FULL, locale);
    }
  }

  /// `count` lines; a line may hold line breaks of its own.
  static List<String> lines(int count, long seed) {
    MixedText text = new MixedText(seed);
    List<String> lines = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      lines.add(text.line());
    }
    return lines;
  }

  private String line() {
    StringBuilder out = new StringBuilder();
    int parts = 1 + random.nextInt(6);
    for (int i = 0; i < parts; i++) {
      part(out);
      if (random.nextInt(3) > 0) {
        out.append(' ');
      }
    }
    return out.toString();
  }

  private void part(StringBuilder out) {
    switch (random.nextInt(8)) {
      case 0, 1 -> out.append(number(random.nextInt(LOCALES.length)));
      case 2 -> out.append(date(random.nextInt(LOCALES.length)));
      case 3, 4 -> out.append(SNIPPETS[random.nextInt(SNIPPETS.length)]);
      case 5 -> block(out, BLOCKS[random.nextInt(BLOCKS.length)], 256);
      case 6 -> ascii(out);
      default -> block(out, 0, 0x110000);
    }
  }

  private String number(int locale) {
    return numbers[locale].format(random.nextInt(1 << random.nextInt(1, 31)));
  }

  private String date(int locale) {
    return dates[locale].format(new Date(random.nextLong(4_000_000_000_000L)));
  }

  private void block(StringBuilder out, int start, int length) {
    int count = 1 + random.nextInt(12);
    for (int i = 0; i < count; i++) {
      int c = Math.min(0x10ffff, start + random.nextInt(length));
      if (c < 0xd800 || c > 0xdfff) {
        out.appendCodePoint(c);
      }
    }
  }

  private void ascii(StringBuilder out) {
    int count = 1 + random.nextInt(30);
    int limit = random.nextBoolean() ? 95 : 26;
    for (int i = 0; i < count; i++) {
      out.append((char) (limit == 95 ? ' ' + random.nextInt(95) : 'a' + random.nextInt(26)));
    }
  }
}
