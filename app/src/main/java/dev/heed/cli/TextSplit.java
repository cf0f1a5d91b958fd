package dev.heed.cli;

import dev.heed.tokenizer.TextFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/// The text of some files, the end of each held out.
///
/// @param learned what is learned from, a text a file; read from the disk each time
/// @param heldOut what the model is tried on
/// @param learnedBytes how much is learned from, in UTF-8
/// @param digest the SHA-256 of all of it
record TextSplit(List<Beginning> learned, List<String> heldOut, long learnedBytes, String digest) {
  /// Characters that are held out of all files: all of them are in memory, and tried often.
  private static final long MOST_HELD_OUT = 2_000_000;

  /// Shorter than the parts of a longer line.
  private static final int HUGE_LINE = 1 << 19;

  /// The first characters of a file, by lines.
  record Beginning(Path file, long characters) implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      Iterator<String> lines = TextFiles.of(List.of(file)).iterator();
      return new Iterator<>() {
        private long left = characters;

        @Override
        public boolean hasNext() {
          return left > 0 && lines.hasNext();
        }

        @Override
        public String next() {
          if (!hasNext()) {
            throw new NoSuchElementException();
          }
          String line = lines.next();
          String kept = line.length() > left ? line.substring(0, (int) left) : line;
          left -= kept.length();
          return kept;
        }
      };
    }

    /// At most so many of these characters.
    Beginning atMost(long count) {
      return new Beginning(file, Math.min(characters, count));
    }
  }

  /// How long a file is.
  private record Size(long characters, long bytes) {}

  /// Reads the files from end to end; the last `share` of each, but at most some millions of
  /// characters, from the beginning of a line, is held out.
  static TextSplit read(List<Path> files, double share) throws IOException {
    TrainCommand.texts(files); // all are there
    List<Beginning> learned = new ArrayList<>();
    List<String> heldOut = new ArrayList<>();
    long learnedBytes = 0;
    MessageDigest digest = sha256();
    for (Path file : files) {
      Size size = size(file, digest);
      long wanted = (long) (size.characters * (1 - share));
      long most = MOST_HELD_OUT / files.size();
      StringBuilder end = new StringBuilder();
      long cut = cut(file, Math.max(wanted, size.characters - most), end);
      Beginning beginning = new Beginning(file, cut);
      if (isBlank(beginning) || end.toString().isBlank()) {
        throw CommandFailure.usage(
            "%s must have text to learn from and, in its last %s %%, text to try it on: received %d"
                    .formatted(file, Math.round(100 * share), size.characters)
                + " characters");
      }
      learned.add(beginning);
      heldOut.add(end.toString());
      learnedBytes += size.bytes - bytes(end.toString());
    }
    return new TextSplit(learned, heldOut, learnedBytes, HexFormat.of().formatHex(digest.digest()));
  }

  private static Size size(Path file, MessageDigest digest) {
    long characters = 0;
    long bytes = 0;
    for (String line : TextFiles.of(List.of(file))) {
      byte[] encoded = line.getBytes(StandardCharsets.UTF_8);
      digest.update(encoded);
      characters += line.length();
      bytes += encoded.length;
    }
    return new Size(characters, bytes);
  }

  /// Where the last line begins that begins at `wanted` + 1 or before; `wanted` if only the first
  /// one does. The parts in which [TextFiles] gives a huge line count as lines: no text is too long
  /// to be held here.
  ///
  /// @param end gets the text from there on
  private static long cut(Path file, long wanted, StringBuilder end) {
    long begun = 0; // where `end` begins
    long read = 0;
    for (String line : TextFiles.of(List.of(file))) {
      end.append(line);
      read += line.length();
      if ((line.endsWith("\n") || line.length() >= HUGE_LINE) && read <= wanted + 1) {
        end.setLength(0);
        begun = read;
      }
    }
    if (begun == 0) {
      end.delete(0, (int) Math.min(wanted, end.length()));
      return wanted;
    }
    return begun;
  }

  private static boolean isBlank(Iterable<String> lines) {
    for (String line : lines) {
      if (!line.isBlank()) {
        return false;
      }
    }
    return true;
  }

  long heldOutBytes() {
    return heldOut.stream().mapToLong(TextSplit::bytes).sum();
  }

  private static long bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
