package dev.heed.tokenizer.model;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tokens in the order in which they are found: id, span in the original text, word.
public final class TokenBuffer {
  private int[] ids;
  private int[] starts;
  private int[] ends;
  private int[] words;
  private int size;
  private @Nullable Map<Integer, String> surfaces;

  public TokenBuffer(int capacity) {
    int length = Math.max(8, capacity);
    ids = new int[length];
    starts = new int[length];
    ends = new int[length];
    words = new int[length];
  }

  public void add(int id, int start, int end, int word) {
    int i = size;
    if (i == ids.length) {
      grow();
    }
    ids[i] = id;
    starts[i] = start;
    ends[i] = end;
    words[i] = word;
    size = i + 1;
  }

  /// Adds a token whose text is not the one that the vocabulary has for its id.
  public void add(int id, int start, int end, int word, String surface) {
    if (surfaces == null) {
      surfaces = new HashMap<>();
    }
    surfaces.put(size, surface);
    add(id, start, end, word);
  }

  private void grow() {
    int length = ids.length * 2;
    ids = Arrays.copyOf(ids, length);
    starts = Arrays.copyOf(starts, length);
    ends = Arrays.copyOf(ends, length);
    words = Arrays.copyOf(words, length);
  }

  public int size() {
    return size;
  }

  public int[] ids() {
    return Arrays.copyOf(ids, size);
  }

  public int[] starts() {
    return Arrays.copyOf(starts, size);
  }

  public int[] ends() {
    return Arrays.copyOf(ends, size);
  }

  public int[] words() {
    return Arrays.copyOf(words, size);
  }

  /// Texts of tokens that differ from the vocabulary's, by position; null where there are none.
  public @Nullable Map<Integer, String> surfaces() {
    return surfaces;
  }
}
