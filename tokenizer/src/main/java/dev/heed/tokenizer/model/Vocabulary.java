package dev.heed.tokenizer.model;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Tokens and their ids, both ways, without a `String` on the way in.
///
/// The characters of all tokens lie in one array behind an open-addressing hash table. Immutable
/// and thread-safe once built.
public final class Vocabulary {
  /// What [#find] answers where the text is not a token.
  public static final int ABSENT = -1;

  private final char[] pool;
  private final int[] offsets; // entry e is pool[offsets[e], offsets[e + 1])
  private final int[] ids;
  private final int[] table; // entry + 1, 0 where empty
  private final @Nullable String[] tokens; // by id
  private final int size;
  private final int longest;

  private Vocabulary(Builder builder, @Nullable String[] tokens) {
    this.pool = Arrays.copyOf(builder.pool, builder.offsets[builder.size]);
    this.offsets = Arrays.copyOf(builder.offsets, builder.size + 1);
    this.ids = Arrays.copyOf(builder.ids, builder.size);
    this.table = builder.table;
    this.tokens = tokens;
    this.size = builder.size;
    int most = 0;
    for (int e = 0; e < size; e++) {
      most = Math.max(most, offsets[e + 1] - offsets[e]);
    }
    this.longest = most;
  }

  /// The number of tokens.
  public int size() {
    return size;
  }

  /// One more than the largest id; ids below it may be unused.
  public int idLimit() {
    return tokens.length;
  }

  /// The id of the token that stands in `text` from `from` to `to`, or [#ABSENT].
  public int find(char[] text, int from, int to) {
    int entry = probe(pool, offsets, table, hash(text, from, to), text, from, to);
    return entry < 0 ? ABSENT : ids[entry];
  }

  /// The longest token that `text` begins with at `from`, as `end << 32 | id`, or [#ABSENT].
  public long findLongest(char[] text, int from, int to) {
    int limit = Math.min(to, from + longest);
    long found = ABSENT;
    int h = 0;
    for (int i = from; i < limit; i++) {
      h = h * 31 + text[i];
      int entry = probe(pool, offsets, table, mix(h), text, from, i + 1);
      if (entry >= 0) {
        found = (long) (i + 1) << 32 | ids[entry];
      }
    }
    return found;
  }

  /// The id of `token`, or [#ABSENT].
  public int find(String token) {
    return find(token.toCharArray(), 0, token.length());
  }

  /// The token with that id, or null where the id is not used.
  public @Nullable String token(int id) {
    return id >= 0 && id < tokens.length ? tokens[id] : null;
  }

  private static int hash(char[] text, int from, int to) {
    int h = 0;
    for (int i = from; i < to; i++) {
      h = h * 31 + text[i];
    }
    return mix(h);
  }

  private static int mix(int h) {
    int mixed = h * 0x9E3779B1;
    return mixed ^ mixed >>> 15;
  }

  private static int probe(
      char[] pool, int[] offsets, int[] table, int hash, char[] text, int from, int to) {
    int mask = table.length - 1;
    for (int slot = hash & mask; ; slot = slot + 1 & mask) {
      int entry = table[slot] - 1;
      if (entry < 0) {
        return ~slot;
      }
      int begin = offsets[entry];
      if (offsets[entry + 1] - begin == to - from
          && Arrays.equals(pool, begin, offsets[entry + 1], text, from, to)) {
        return entry;
      }
    }
  }

  /// Collects tokens; a token that is added twice keeps the id given last.
  public static final class Builder {
    private char[] pool = new char[1 << 12];
    private int[] offsets = new int[1 << 9];
    private int[] ids = new int[1 << 9];
    private int[] table = new int[1 << 10];
    private int size;
    private int largest = -1;

    /// Adds a token.
    ///
    /// @throws IllegalArgumentException where `id` is negative
    public Builder add(String token, int id) {
      return add(token.toCharArray(), 0, token.length(), id);
    }

    /// Adds the token that stands in `text` from `from` to `to`.
    ///
    /// @throws IllegalArgumentException where `id` is negative
    public Builder add(char[] text, int from, int to, int id) {
      if (id < 0) {
        throw new IllegalArgumentException(
            "A token id must be 0 or more: received id=%d for \"%s\""
                .formatted(id, new String(text, from, to - from)));
      }
      largest = Math.max(largest, id);
      if (2 * (size + 1) > table.length) {
        rehash();
      }
      int slot = probe(pool, offsets, table, hash(text, from, to), text, from, to);
      if (slot >= 0) {
        ids[slot] = id;
        return this;
      }
      int end = offsets[size] + (to - from);
      if (end > pool.length) {
        pool = Arrays.copyOf(pool, Math.max(end, pool.length * 2));
      }
      if (size + 2 > offsets.length) {
        offsets = Arrays.copyOf(offsets, offsets.length * 2);
        ids = Arrays.copyOf(ids, ids.length * 2);
      }
      System.arraycopy(text, from, pool, offsets[size], to - from);
      offsets[size + 1] = end;
      ids[size] = id;
      table[~slot] = ++size;
      return this;
    }

    private void rehash() {
      int[] larger = new int[table.length * 2];
      int mask = larger.length - 1;
      for (int e = 0; e < size; e++) {
        int slot = hash(pool, offsets[e], offsets[e + 1]) & mask;
        while (larger[slot] != 0) {
          slot = slot + 1 & mask;
        }
        larger[slot] = e + 1;
      }
      table = larger;
    }

    /// The vocabulary; the builder must not be used afterwards.
    ///
    /// @throws IllegalArgumentException where the largest id is far beyond the number of tokens, as
    ///   only a damaged or hostile file has it
    public Vocabulary build() {
      long allowed = 8L * size + (1 << 20);
      if (largest > allowed) {
        throw new IllegalArgumentException(
            "Expected token ids of at most %d for %d tokens: received id=%d"
                .formatted(allowed, size, largest));
      }
      @Nullable String[] tokens = new String[largest + 1];
      for (int e = 0; e < size; e++) {
        tokens[ids[e]] = new String(pool, offsets[e], offsets[e + 1] - offsets[e]);
      }
      return new Vocabulary(this, tokens);
    }
  }
}
