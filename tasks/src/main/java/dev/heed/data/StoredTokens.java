package dev.heed.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The token ids of texts, outside the heap. Few are in memory; many are in a file that is mapped
/// and that nobody else sees, so that texts larger than memory fit.
public final class StoredTokens {
  /// Tokens that stay in memory: 64 MB.
  private static final long MOST_IN_MEMORY = 1 << 24;

  private final MemorySegment ids;
  private final long[] starts; // of each text, and the end of the last

  private StoredTokens(MemorySegment ids, long[] starts) {
    this.ids = ids;
    this.starts = starts;
  }

  /// A copy of these texts' token ids.
  public static StoredTokens of(List<int[]> texts) {
    try (Writer writer = new Writer(null)) {
      for (int[] text : texts) {
        writer.add(text);
        writer.endText();
      }
      return writer.finish();
    }
  }

  /// The number of texts.
  public int texts() {
    return starts.length - 1;
  }

  /// The number of tokens of a text.
  public long length(int text) {
    return starts[text + 1] - starts[text];
  }

  /// The tokens `from` … `to` − 1 of a text.
  public int[] ids(int text, long from, long to) {
    long start = starts[text];
    return ids.asSlice(4 * (start + from), 4 * (to - from)).toArray(ValueLayout.JAVA_INT);
  }

  /// Takes token ids in the order of the texts, any number at once.
  public static final class Writer implements AutoCloseable {
    private static final int PART = 1 << 20;

    private final @Nullable Path folder;
    private final long mostInMemory;
    private final List<int[]> kept = new ArrayList<>();
    private final List<Long> ends = new ArrayList<>();
    private int[] part = new int[PART];
    private int inPart;
    private long total;
    private @Nullable FileChannel file;

    /// @param folder where the file is until it is closed, if there are many; null for the system's
    ///   folder for such files
    public Writer(@Nullable Path folder) {
      this(folder, MOST_IN_MEMORY);
    }

    Writer(@Nullable Path folder, long mostInMemory) {
      this.folder = folder;
      this.mostInMemory = mostInMemory;
    }

    /// The next tokens of a text.
    ///
    /// @throws UncheckedIOException if the file cannot be written
    public void add(int... ids) {
      for (int done = 0; done < ids.length; ) {
        int count = Math.min(ids.length - done, PART - inPart);
        System.arraycopy(ids, done, part, inPart, count);
        inPart += count;
        done += count;
        total += count;
        if (inPart == PART) {
          endPart();
        }
      }
    }

    /// What comes now is another text's.
    public void endText() {
      ends.add(total);
    }

    private void endPart() {
      kept.add(Arrays.copyOf(part, inPart));
      inPart = 0;
      if (file != null || total > mostInMemory) {
        try {
          spill();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }

    private void spill() throws IOException {
      if (file == null) {
        Path name =
            folder == null
                ? Files.createTempFile("heed", ".tokens")
                : Files.createTempFile(Files.createDirectories(folder), "heed", ".tokens");
        file =
            FileChannel.open(
                name,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
      }
      for (int[] ids : kept) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * ids.length).order(ByteOrder.nativeOrder());
        bytes.asIntBuffer().put(ids);
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
      }
      kept.clear();
    }

    /// All of it; nothing can be added any more.
    ///
    /// @throws UncheckedIOException if the file cannot be written
    public StoredTokens finish() {
      endPart();
      long[] starts = new long[ends.size() + 1];
      for (int i = 0; i < ends.size(); i++) {
        starts[i + 1] = ends.get(i);
      }
      try {
        MemorySegment ids;
        if (file != null) {
          ids = file.map(FileChannel.MapMode.READ_ONLY, 0, 4 * total, Arena.ofAuto());
        } else {
          ids = Arena.ofAuto().allocate(4 * total, 4);
          long at = 0;
          for (int[] some : kept) {
            MemorySegment.copy(some, 0, ids, ValueLayout.JAVA_INT, at, some.length);
            at += 4L * some.length;
          }
          kept.clear();
        }
        return new StoredTokens(ids, starts);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /// Closes the file, of which what [#finish] gave keeps what it needs.
    @Override
    public void close() {
      if (file != null) {
        try {
          file.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
