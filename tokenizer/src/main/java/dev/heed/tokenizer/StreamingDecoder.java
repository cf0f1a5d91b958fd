package dev.heed.tokenizer;

import java.util.Arrays;

/// Text from ids that come one at a time: each call gives the text that has become certain.
///
/// A character whose bytes are spread over several tokens is held back until it is whole. The
/// pieces joined are what [Tokenizer#decode(int...)] gives for all ids. For one thread.
public final class StreamingDecoder {
  /// A character has four bytes at most, so a further token cannot complete an older one.
  private static final int LONGEST_WAIT = 4;

  private final Tokenizer tokenizer;
  private int[] ids = new int[16];
  private int size;
  private String before = ""; // the text of the context, ids[0, context)
  private int context;

  StreamingDecoder(Tokenizer tokenizer, int[] before) {
    this.tokenizer = tokenizer;
    int kept = Math.min(before.length, LONGEST_WAIT);
    System.arraycopy(before, before.length - kept, ids, 0, kept);
    size = kept;
    String text = text(0);
    if (text.endsWith("\ufffd")) { // the first new character would be counted as an old one
      size = 0;
    } else {
      context = kept;
      this.before = text;
    }
  }

  /// Takes the next id and answers the text that is now certain, often empty.
  public String next(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, size * 2);
    }
    ids[size++] = id;
    String text = text(0);
    if (text.endsWith("\ufffd") && size - context < LONGEST_WAIT) {
      return "";
    }
    return release(text);
  }

  /// The text that was held back; what never became a character comes out as U+FFFD.
  public String finish() {
    String rest = release(text(0));
    size = 0;
    context = 0;
    before = "";
    return rest;
  }

  private String text(int from) {
    return tokenizer.decode(Arrays.copyOfRange(ids, from, size));
  }

  /// Keeps only the newest tokens as context, which decides about the space before the next word.
  private String release(String text) {
    if (text.length() <= before.length()) {
      return "";
    }
    String piece = text.substring(before.length());
    int keep = Math.min(size, Math.max(1, size - context));
    System.arraycopy(ids, size - keep, ids, 0, keep);
    size = keep;
    context = keep;
    before = text(0);
    return piece;
  }
}
