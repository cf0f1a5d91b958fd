package dev.heed.tokenizer;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PushbackInputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// The texts of files to train a tokenizer on: lines in UTF-8, read when they are asked for, so
/// that files of any size fit. What begins as gzip does is unpacked.
///
/// Lines keep their ends, as in Hugging Face's training, so that a tokenizer learns of them. A line
/// of more than a million UTF-16 units comes in parts.
///
/// A damaged file or one that is not UTF-8 ends the iteration by an [UncheckedIOException] that
/// names it. Not thread-safe.
public final class TextFiles implements Iterable<String> {
  private static final int LONGEST = 1 << 20;
  private static final int BUFFER = 1 << 16;

  private final List<Path> files;
  private long bytesRead;

  private TextFiles(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /// The texts of `files`, one file after the other.
  public static TextFiles of(List<Path> files) {
    return new TextFiles(files);
  }

  /// The size of all files, in bytes as they lie on the disk.
  ///
  /// @throws IOException where one is missing
  public long bytes() throws IOException {
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    return bytes;
  }

  /// How many of [#bytes] were read so far.
  public long bytesRead() {
    return bytesRead;
  }

  @Override
  public Iterator<String> iterator() {
    bytesRead = 0;
    return new Lines();
  }

  private final class Lines implements Iterator<String> {
    private final Iterator<Path> remaining = files.iterator();
    private @Nullable Path file;
    private @Nullable Reader reader;
    private char[] chars = new char[BUFFER];
    private int from;
    private int to;
    private boolean ended = true;
    private long lines;
    private @Nullable String next;

    @Override
    public boolean hasNext() {
      while (next == null && (!ended || remaining.hasNext())) {
        try {
          if (ended) {
            open(remaining.next());
          }
          next = read();
          if (next == null) {
            close();
          }
        } catch (CharacterCodingException e) {
          throw failed("expected UTF-8, which it is not near line " + (lines + 1), e);
        } catch (IOException e) {
          throw e.getMessage() == null || e.getMessage().equals(String.valueOf(file))
              ? new UncheckedIOException(e)
              : failed(e.getMessage(), e);
        }
      }
      return next != null;
    }

    private UncheckedIOException failed(String why, IOException cause) {
      close();
      return new UncheckedIOException(new IOException(file + ": " + why, cause));
    }

    @Override
    public String next() {
      if (!hasNext() || next == null) {
        throw new NoSuchElementException();
      }
      String line = next;
      next = null;
      return line;
    }

    private void open(Path path) throws IOException {
      file = path;
      lines = 0;
      from = 0;
      to = 0;
      InputStream in = new Counted(Files.newInputStream(path));
      try {
        reader = new InputStreamReader(unpacked(in), StandardCharsets.UTF_8.newDecoder());
        ended = false;
      } catch (IOException e) {
        in.close();
        throw e;
      }
      if (fill() && chars[0] == '\uFEFF') {
        from = 1; // a byte order mark
      }
    }

    private static InputStream unpacked(InputStream in) throws IOException {
      PushbackInputStream start = new PushbackInputStream(in, 2);
      byte[] two = start.readNBytes(2);
      start.unread(two);
      boolean gzip = two.length == 2 && two[0] == 0x1f && two[1] == (byte) 0x8b;
      return gzip ? new GZIPInputStream(start, BUFFER) : start;
    }

    private void close() {
      ended = true;
      try {
        if (reader != null) {
          reader.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } finally {
        reader = null;
      }
    }

    /// A line with its end, or the last one without; null at the end of the file.
    private @Nullable String read() throws IOException {
      int searched = from;
      while (true) {
        for (int i = searched; i < to; i++) {
          if (chars[i] == '\n') {
            lines++;
            return take(i + 1);
          }
        }
        if (to - from >= LONGEST) {
          return take(Character.isHighSurrogate(chars[to - 1]) ? to - 1 : to);
        }
        searched = to - from;
        if (!fill()) {
          return from == to ? null : take(to);
        }
      }
    }

    private String take(int end) {
      String line = new String(chars, from, end - from);
      from = end;
      return line;
    }

    /// Moves what is left to the beginning and reads more behind it.
    private boolean fill() throws IOException {
      System.arraycopy(chars, from, chars, 0, to - from);
      to -= from;
      from = 0;
      if (to == chars.length) {
        chars = Arrays.copyOf(chars, to * 2);
      }
      int count = reader == null ? -1 : reader.read(chars, to, chars.length - to);
      to += Math.max(0, count);
      return count > 0;
    }
  }

  private final class Counted extends FilterInputStream {
    Counted(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int one = super.read();
      bytesRead += one < 0 ? 0 : 1;
      return one;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int count = super.read(buffer, offset, length);
      bytesRead += Math.max(0, count);
      return count;
    }
  }
}
