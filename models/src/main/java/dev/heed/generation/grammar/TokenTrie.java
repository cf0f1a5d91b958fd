package dev.heed.generation.grammar;

import dev.heed.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The tokens of a vocabulary as a tree over their bytes, so that what many begin with is looked at
/// once. Special tokens and those without bytes are left out. Immutable and thread-safe.
final class TokenTrie {
  private final byte[][] bytes; // by id
  private final int[] ids; // in the order of their bytes
  private final int[] firstId; // by node, its tokens are ids[firstId[n], firstId[n + 1])
  private final byte[] label;
  private final int[] depth;
  private final int[] skip; // by node, the first node that is not below it
  private final int longest;

  TokenTrie(Tokenizer tokenizer, int vocabulary) {
    bytes = new byte[vocabulary][];
    List<Integer> order = new ArrayList<>();
    long nodes = 0;
    for (int id = 0; id < vocabulary; id++) {
      bytes[id] = tokenizer.isSpecial(id) ? new byte[0] : tokenizer.bytes(id);
      if (bytes[id].length > 0) {
        order.add(id);
        nodes += bytes[id].length;
      }
    }
    order.sort((a, b) -> Arrays.compareUnsigned(bytes[a], bytes[b]));
    ids = order.stream().mapToInt(Integer::intValue).toArray();
    int most = (int) Math.min(nodes, Integer.MAX_VALUE - 16);
    int[] first = new int[most + 1];
    byte[] labels = new byte[most];
    int[] depths = new int[most];
    int count = 0;
    int deepest = 0;
    byte[] before = new byte[0];
    for (int i = 0; i < ids.length; i++) {
      byte[] token = bytes[ids[i]];
      int common = Arrays.mismatch(before, token);
      for (int d = common < 0 ? token.length : common; d < token.length; d++) {
        labels[count] = token[d];
        depths[count] = d;
        // A node on the way to a token has none of its own.
        first[count++] = i;
      }
      deepest = Math.max(deepest, token.length);
      before = token;
    }
    first[count] = ids.length;
    firstId = Arrays.copyOf(first, count + 1);
    label = Arrays.copyOf(labels, count);
    depth = Arrays.copyOf(depths, count);
    longest = deepest;
    skip = new int[count];
    int[] open = new int[deepest + 1];
    Arrays.fill(open, -1);
    for (int node = 0; node <= count; node++) {
      for (int d = node < count ? depth[node] : 0; d <= deepest && open[d] >= 0; d++) {
        skip[open[d]] = node;
        open[d] = -1;
      }
      if (node < count) {
        open[depth[node]] = node;
      }
    }
  }

  /// The bytes of a token; none for those that are left out.
  byte[] bytes(int id) {
    return bytes[id];
  }

  int vocabulary() {
    return bytes.length;
  }

  /// Hears of tokens.
  interface Visitor {
    /// @param after the state after the token, never dead
    void token(int id, Automaton.State after);
  }

  /// Tells all tokens that may come in this state.
  void visit(Automaton automaton, Automaton.State state, Visitor visitor) {
    Automaton.State[] path = new Automaton.State[longest + 1];
    path[0] = state;
    for (int node = 0; node < label.length; ) {
      int d = depth[node];
      Automaton.State after = automaton.next(path[d], label[node] & 0xff);
      if (after.dead()) {
        node = skip[node];
        continue;
      }
      path[d + 1] = after;
      for (int i = firstId[node]; i < firstId[node + 1]; i++) {
        visitor.token(ids[i], after);
      }
      node++;
    }
  }
}
