package dev.heed.tokenizer;

import dev.heed.tokenizer.PostProcessor.Special;
import dev.heed.tokenizer.text.Unicode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// Encodings joined, cut and filled up.
///
/// Source: `tokenizer/encoding.rs` of Hugging Face tokenizers.
final class Encodings {
  private Encodings() {}

  static Encoding empty(IntFunction<@Nullable String> tokens) {
    return special(new Special(List.of(), List.of()), 0, tokens);
  }

  /// The tokens that a post-processor adds.
  static Encoding special(Special special, int typeId, IntFunction<@Nullable String> tokens) {
    int n = special.ids().size();
    Map<Integer, String> surfaces = null;
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      ids[i] = special.ids().get(i);
      if (!special.tokens().get(i).equals(tokens.apply(ids[i]))) {
        surfaces = surfaces == null ? new HashMap<>() : surfaces;
        surfaces.put(i, special.tokens().get(i));
      }
    }
    return new Encoding(
        ids,
        new int[n],
        new int[n],
        filled(n, Encoding.NONE),
        filled(n, typeId),
        filledBytes(n, (byte) Encoding.NONE),
        filledBytes(n, (byte) 1),
        filledBytes(n, (byte) 1),
        surfaces,
        tokens,
        List.of());
  }

  private static int[] filled(int n, int value) {
    int[] items = new int[n];
    Arrays.fill(items, value);
    return items;
  }

  private static byte[] filledBytes(int n, byte value) {
    byte[] items = new byte[n];
    Arrays.fill(items, value);
    return items;
  }

  static Encoding withTypeId(Encoding e, int typeId) {
    return new Encoding(
        e.ids,
        e.starts,
        e.ends,
        e.words,
        filled(e.size(), typeId),
        e.sequences,
        e.special,
        e.attention,
        e.surfaces,
        e.tokens,
        e.overflowing);
  }

  static Encoding withWordId(Encoding e, int word) {
    return new Encoding(
        e.ids,
        e.starts,
        e.ends,
        filled(e.size(), word),
        e.typeIds,
        e.sequences,
        e.special,
        e.attention,
        e.surfaces,
        e.tokens,
        e.overflowing);
  }

  private static Encoding withOverflowing(Encoding e, List<Encoding> overflowing) {
    return new Encoding(
        e.ids,
        e.starts,
        e.ends,
        e.words,
        e.typeIds,
        e.sequences,
        e.special,
        e.attention,
        e.surfaces,
        e.tokens,
        List.copyOf(overflowing));
  }

  /// One after the other. Every further window of a part is joined with every one of the rest.
  static Encoding join(List<Encoding> parts) {
    if (parts.size() == 1) {
      return parts.getFirst();
    }
    if (parts.stream().allMatch(part -> part.overflowing.isEmpty())) {
      return joinPlain(parts);
    }
    Encoding joined = parts.getFirst();
    for (Encoding part : parts.subList(1, parts.size())) {
      List<Encoding> windows = new ArrayList<>();
      for (Encoding window : joined.overflowing) {
        windows.add(joinPlain(List.of(window, part)));
        for (Encoding other : part.overflowing) {
          windows.add(joinPlain(List.of(window, other)));
        }
      }
      for (Encoding other : part.overflowing) {
        windows.add(joinPlain(List.of(joined, other)));
      }
      joined = withOverflowing(joinPlain(List.of(joined, part)), windows);
    }
    return joined;
  }

  private static Encoding joinPlain(List<Encoding> parts) {
    int n = 0;
    for (Encoding part : parts) {
      n += part.size();
    }
    Encoding joined =
        new Encoding(
            new int[n],
            new int[n],
            new int[n],
            new int[n],
            new int[n],
            new byte[n],
            new byte[n],
            new byte[n],
            joinSurfaces(parts),
            parts.getFirst().tokens,
            List.of());
    int at = 0;
    for (Encoding part : parts) {
      at = copy(part, 0, part.size(), joined, at);
    }
    return joined;
  }

  private static @Nullable Map<Integer, String> joinSurfaces(List<Encoding> parts) {
    Map<Integer, String> surfaces = null;
    int at = 0;
    for (Encoding part : parts) {
      if (part.surfaces != null) {
        surfaces = surfaces == null ? new HashMap<>() : surfaces;
        for (Map.Entry<Integer, String> entry : part.surfaces.entrySet()) {
          surfaces.put(at + entry.getKey(), entry.getValue());
        }
      }
      at += part.size();
    }
    return surfaces;
  }

  private static int copy(Encoding from, int begin, int end, Encoding to, int at) {
    int n = end - begin;
    System.arraycopy(from.ids, begin, to.ids, at, n);
    System.arraycopy(from.starts, begin, to.starts, at, n);
    System.arraycopy(from.ends, begin, to.ends, at, n);
    System.arraycopy(from.words, begin, to.words, at, n);
    System.arraycopy(from.typeIds, begin, to.typeIds, at, n);
    System.arraycopy(from.sequences, begin, to.sequences, at, n);
    System.arraycopy(from.special, begin, to.special, at, n);
    System.arraycopy(from.attention, begin, to.attention, at, n);
    return at + n;
  }

  private static Encoding slice(Encoding e, int begin, int end) {
    Map<Integer, String> surfaces = null;
    if (e.surfaces != null) {
      surfaces = new HashMap<>();
      for (Map.Entry<Integer, String> entry : e.surfaces.entrySet()) {
        if (entry.getKey() >= begin && entry.getKey() < end) {
          surfaces.put(entry.getKey() - begin, entry.getValue());
        }
      }
    }
    return new Encoding(
        Arrays.copyOfRange(e.ids, begin, end),
        Arrays.copyOfRange(e.starts, begin, end),
        Arrays.copyOfRange(e.ends, begin, end),
        Arrays.copyOfRange(e.words, begin, end),
        Arrays.copyOfRange(e.typeIds, begin, end),
        Arrays.copyOfRange(e.sequences, begin, end),
        Arrays.copyOfRange(e.special, begin, end),
        Arrays.copyOfRange(e.attention, begin, end),
        surfaces,
        e.tokens,
        List.of());
  }

  /// The first window of `longest` tokens, the others as its overflow.
  static Encoding truncate(Encoding e, int longest, int stride, Side side) {
    int n = e.size();
    if (longest >= n) {
      return e;
    }
    if (longest == 0) {
      return withOverflowing(slice(e, 0, 0), List.of(e));
    }
    if (stride >= longest) {
      throw new IllegalArgumentException(
          "The stride must be less than the %d tokens of a window: received stride=%d"
              .formatted(longest, stride));
    }
    int step = longest - stride;
    List<Encoding> windows = new ArrayList<>();
    if (side == Side.RIGHT) {
      for (int begin = 0; begin < n; begin += step) {
        int end = Math.min(begin + longest, n);
        windows.add(slice(e, begin, end));
        if (end == n) {
          break;
        }
      }
    } else {
      for (int end = n; end > 0; end -= step) {
        int begin = Math.max(0, end - longest);
        windows.add(slice(e, begin, end));
        if (begin == 0) {
          break;
        }
      }
    }
    return withOverflowing(windows.getFirst(), windows.subList(1, windows.size()));
  }

  /// The same, filled up to `target` tokens; its overflow too.
  static Encoding pad(Encoding e, int target, Padding padding) {
    List<Encoding> overflowing = new ArrayList<>();
    for (Encoding window : e.overflowing) {
      overflowing.add(pad(window, target, padding));
    }
    int missing = target - e.size();
    if (missing <= 0) {
      return withOverflowing(e, overflowing);
    }
    List<Integer> ids = new ArrayList<>();
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < missing; i++) {
      ids.add(padding.id());
      tokens.add(padding.token());
    }
    Encoding fill = special(new Special(ids, tokens), padding.typeId(), e.tokens);
    Arrays.fill(fill.attention, (byte) 0);
    Encoding padded = joinPlain(padding.side() == Side.RIGHT ? List.of(e, fill) : List.of(fill, e));
    return withOverflowing(padded, overflowing);
  }

  /// Spans without the white space that tokens begin and end with.
  static Encoding trimOffsets(Encoding e, boolean addPrefixSpace) {
    int n = e.size();
    int[] starts = e.starts.clone();
    int[] ends = e.ends.clone();
    for (int i = 0; i < n; i++) {
      String token = e.token(i);
      int leading = 0;
      while (leading < token.length() && isSpace(token.charAt(leading))) {
        leading++;
      }
      int trailing = 0;
      while (trailing < token.length() && isSpace(token.charAt(token.length() - 1 - trailing))) {
        trailing++;
      }
      if (leading > 0) {
        boolean first = i == 0 || starts[i] == 0;
        // One space before the first token was put there and is in no span.
        int cut = first && addPrefixSpace && leading == 1 ? 0 : leading;
        starts[i] = Math.min(starts[i] + cut, ends[i]);
      }
      if (trailing > 0 && ends[i] >= trailing) {
        ends[i] = Math.max(ends[i] - trailing, starts[i]);
      }
    }
    List<Encoding> overflowing = new ArrayList<>();
    for (Encoding window : e.overflowing) {
      overflowing.add(trimOffsets(window, addPrefixSpace));
    }
    return new Encoding(
        e.ids,
        starts,
        ends,
        e.words,
        e.typeIds,
        e.sequences,
        e.special,
        e.attention,
        e.surfaces,
        e.tokens,
        overflowing);
  }

  private static boolean isSpace(char c) {
    return c == 'Ġ' || Unicode.isWhitespace(c);
  }
}
