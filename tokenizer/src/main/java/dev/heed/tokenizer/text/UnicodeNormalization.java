package dev.heed.tokenizer.text;

import java.text.Normalizer;
import java.util.Arrays;

/// The four normalisation forms of Unicode 9, character by character with alignment.
///
/// Source: `unicode-normalization-alignments` 0.1.12, which tells for each character of the result
/// whether it replaces one of the text, was added, or stands for several.
final class UnicodeNormalization {
  private final Normalizer.Form decomposition;
  private final boolean composes;

  private final Rewrite result;

  // Characters that are decomposed and wait to be put in canonical order.
  private int[] waiting = new int[8];
  private int[] waitingChanges = new int[8];
  private int waitingSize;

  // The starter that following marks may compose with, and marks that did not.
  private int starter = -1;
  private int starterChange;
  private int lastClass = -1;
  private int[] marks = new int[8];
  private int[] markChanges = new int[8];
  private int marksSize;

  private UnicodeNormalization(Normalizer.Form form, int capacity) {
    boolean compatible = form == Normalizer.Form.NFKC || form == Normalizer.Form.NFKD;
    decomposition = compatible ? Normalizer.Form.NFKD : Normalizer.Form.NFD;
    composes = form == Normalizer.Form.NFC || form == Normalizer.Form.NFKC;
    result = new Rewrite(capacity);
  }

  static AlignedText apply(AlignedText text, Normalizer.Form form) {
    if (isPlain(text, form) || Normalizer.isNormalized(text.toString(), form)) {
      return text;
    }
    UnicodeNormalization run = new UnicodeNormalization(form, text.length() + 16);
    char[] chars = text.chars();
    for (int i = text.from(); i < text.to(); ) {
      int c = Unicode.codePointAt(chars, i, text.to());
      run.decompose(c);
      i += Character.charCount(c);
    }
    run.finish();
    return text.rewrite(run.result, 0);
  }

  /// Nothing below U+0300 is changed by NFC, nothing below U+00A0 by any form.
  private static boolean isPlain(AlignedText text, Normalizer.Form form) {
    int limit = form == Normalizer.Form.NFC ? 0x300 : 0xa0;
    char[] chars = text.chars();
    for (int i = text.from(); i < text.to(); i++) {
      if (chars[i] >= limit) {
        return false;
      }
    }
    return true;
  }

  private void decompose(int c) {
    if (c < 0xa0 || !ReferenceUnicode.in9(c)) {
      push(c, 0);
      return;
    }
    String parts = Normalizer.normalize(Character.toString(c), decomposition);
    for (int i = 0; i < parts.length(); ) {
      int part = parts.codePointAt(i);
      push(part, i == 0 ? 0 : 1);
      i += Character.charCount(part);
    }
  }

  private void push(int c, int change) {
    if (ReferenceUnicode.combiningClass(c) == 0) {
      flush();
    }
    if (waitingSize == waiting.length) {
      waiting = Arrays.copyOf(waiting, waitingSize * 2);
      waitingChanges = Arrays.copyOf(waitingChanges, waitingSize * 2);
    }
    waiting[waitingSize] = c;
    waitingChanges[waitingSize++] = change;
  }

  /// Puts what waits in canonical order; characters of one class keep theirs.
  private void flush() {
    if (waitingSize > 1) {
      sort();
    }
    for (int i = 0; i < waitingSize; i++) {
      ordered(waiting[i], waitingChanges[i]);
    }
    waitingSize = 0;
  }

  /// Stable and `O(n log n)`: a hostile text may be one run of marks.
  private void sort() {
    long[] keys = new long[waitingSize];
    for (int i = 0; i < waitingSize; i++) {
      keys[i] = (long) ReferenceUnicode.combiningClass(waiting[i]) << 32 | i;
    }
    Arrays.sort(keys);
    int[] characters = waiting.clone();
    int[] changes = waitingChanges.clone();
    for (int i = 0; i < waitingSize; i++) {
      waiting[i] = characters[(int) keys[i]];
      waitingChanges[i] = changes[(int) keys[i]];
    }
  }

  private void ordered(int c, int change) {
    if (!composes) {
      result.add(c, change);
      return;
    }
    int combiningClass = ReferenceUnicode.combiningClass(c);
    if (starter < 0) {
      if (combiningClass != 0) {
        result.add(c, change);
      } else {
        begin(c, change);
      }
      return;
    }
    boolean blocked = lastClass >= combiningClass;
    int composed = lastClass >= 0 && blocked ? -1 : ReferenceUnicode.compose(starter, c);
    if (composed >= 0) {
      starter = composed;
      starterChange += change - 1;
    } else if (combiningClass == 0) {
      release();
      begin(c, change);
    } else {
      keep(c, change);
      lastClass = combiningClass;
    }
  }

  private void begin(int c, int change) {
    starter = c;
    starterChange = change;
    lastClass = -1;
  }

  private void keep(int c, int change) {
    if (marksSize == marks.length) {
      marks = Arrays.copyOf(marks, marksSize * 2);
      markChanges = Arrays.copyOf(markChanges, marksSize * 2);
    }
    marks[marksSize] = c;
    markChanges[marksSize++] = change;
  }

  private void release() {
    if (starter >= 0) {
      result.add(starter, starterChange);
    }
    for (int i = 0; i < marksSize; i++) {
      result.add(marks[i], markChanges[i]);
    }
    marksSize = 0;
    starter = -1;
  }

  private void finish() {
    flush();
    release();
  }
}
