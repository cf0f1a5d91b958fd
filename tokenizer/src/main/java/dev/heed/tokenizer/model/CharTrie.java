package dev.heed.tokenizer.model;

/// A trie over UTF-16 units in one hash table of (node, unit) → node.
public final class CharTrie {
  private static final int NONE = -1;

  private long[] keys = new long[1 << 12]; // node << 16 | unit, plus one; 0 where empty
  private int[] children = new int[1 << 12];
  private int[] values = new int[1 << 11];
  private int nodes = 1;

  public CharTrie() {
    values[0] = NONE;
  }

  /// The node where every text begins.
  public static int root() {
    return 0;
  }

  /// The node that `unit` leads to from `node`, or -1.
  public int child(int node, char unit) {
    long key = ((long) node << 16 | unit) + 1;
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    while (keys[slot] != 0) {
      if (keys[slot] == key) {
        return children[slot];
      }
      slot = slot + 1 & mask;
    }
    return NONE;
  }

  /// The value of the text that ends at `node`, or -1.
  public int value(int node) {
    return values[node];
  }

  /// Gives `text` a value; a text that is put twice keeps the last.
  public void put(String text, int value) {
    int node = 0;
    for (int i = 0; i < text.length(); i++) {
      int child = child(node, text.charAt(i));
      node = child == NONE ? grow(node, text.charAt(i)) : child;
    }
    values[node] = value;
  }

  private int grow(int node, char unit) {
    if (2 * nodes >= keys.length) {
      rehash();
    }
    if (nodes == values.length) {
      values = java.util.Arrays.copyOf(values, nodes * 2);
    }
    values[nodes] = NONE;
    insert(keys, children, ((long) node << 16 | unit) + 1, nodes);
    return nodes++;
  }

  private void rehash() {
    long[] largerKeys = new long[keys.length * 2];
    int[] largerChildren = new int[keys.length * 2];
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] != 0) {
        insert(largerKeys, largerChildren, keys[i], children[i]);
      }
    }
    keys = largerKeys;
    children = largerChildren;
  }

  private static void insert(long[] keys, int[] children, long key, int child) {
    int mask = keys.length - 1;
    int slot = slot(key, mask);
    while (keys[slot] != 0) {
      slot = slot + 1 & mask;
    }
    keys[slot] = key;
    children[slot] = child;
  }

  private static int slot(long key, int mask) {
    long h = key * 0x9E3779B97F4A7C15L;
    return (int) (h >>> 32 ^ h) & mask;
  }
}
