package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a zip archive whose entries are not compressed, as PyTorch writes them, so that each entry
/// is a slice of the file. [java.util.zip.ZipFile] does not tell where an entry lies.
///
/// Source: PKWARE's APPNOTE, sections 4.3 and 4.5.3.
final class StoredZip {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int END_64 = 0x06064b50;
  private static final int END_64_BYTES = 56;
  private static final int LOCATOR_64 = 0x07064b50;
  private static final int LOCATOR_64_BYTES = 20;
  private static final int CENTRAL = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int MAX_COMMENT = 0xffff;
  private static final long ABSENT_32 = 0xffff_ffffL;
  private static final int MAX_ENTRIES = 1 << 18;

  private final String source;
  private final MemorySegment file;

  /// Where the central directory lies, and how many entries it has.
  private record Directory(long begin, long bytes, long entries) {}

  /// Where an entry's bytes lie.
  private record Extent(String name, long begin, long end) {}

  private StoredZip(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  /// The entries' contents by name, in the order of the archive's directory.
  ///
  /// @param source the file, for messages
  static Map<String, MemorySegment> entries(String source, MemorySegment file) {
    return new StoredZip(source, file).entries();
  }

  private Map<String, MemorySegment> entries() {
    Directory directory = directory();
    if (directory.entries() > Math.min(MAX_ENTRIES, directory.bytes() / CENTRAL_BYTES)) {
      throw wrong(
          "at most " + Math.min(MAX_ENTRIES, directory.bytes() / CENTRAL_BYTES) + " entries",
          String.valueOf(directory.entries()));
    }
    MemorySegment headers = file.asSlice(directory.begin(), directory.bytes());
    Map<String, MemorySegment> entries = new LinkedHashMap<>();
    List<Extent> extents = new ArrayList<>();
    long at = 0;
    for (long i = 0; i < directory.entries(); i++) {
      check(headers, at, CENTRAL_BYTES, CENTRAL, "an entry of the directory");
      int nameBytes = u16(headers, at + 28);
      int extraBytes = u16(headers, at + 30);
      long bytes = (long) CENTRAL_BYTES + nameBytes + extraBytes + u16(headers, at + 32);
      checkRange(headers, at, bytes, "an entry of the directory");
      MemorySegment header = headers.asSlice(at, bytes);
      Extent extent = extent(header, nameBytes, extraBytes);
      extents.add(extent);
      MemorySegment data = file.asSlice(extent.begin(), extent.end() - extent.begin());
      if (entries.put(extent.name(), data) != null) {
        throw wrong("each entry once", extent.name() + " twice");
      }
      at += bytes;
    }
    checkOverlaps(extents);
    return Collections.unmodifiableMap(entries);
  }

  private Directory directory() {
    long size = file.byteSize();
    for (long at = size - END_BYTES; at >= Math.max(0, size - END_BYTES - MAX_COMMENT); at--) {
      if (file.get(Elements.INT, at) == END && u16(file, at + 20) == size - at - END_BYTES) {
        return directory(at);
      }
    }
    throw wrong("a zip archive", "none, or a part of one");
  }

  private Directory directory(long end) {
    long entries = u16(file, end + 10);
    long bytes = u32(file, end + 12);
    long begin = u32(file, end + 16);
    if (entries == 0xffff || bytes == ABSENT_32 || begin == ABSENT_32) {
      long locator = end - LOCATOR_64_BYTES;
      check(file, locator, LOCATOR_64_BYTES, LOCATOR_64, "the locator of the zip64 directory");
      long end64 = file.get(Elements.LONG, locator + 8);
      check(file, end64, END_64_BYTES, END_64, "the end of the zip64 directory");
      entries = file.get(Elements.LONG, end64 + 32);
      bytes = file.get(Elements.LONG, end64 + 40);
      begin = file.get(Elements.LONG, end64 + 48);
    }
    checkRange(file, begin, bytes, "the directory");
    if (entries < 0) {
      throw wrong("a count of entries", Long.toUnsignedString(entries));
    }
    return new Directory(begin, bytes, entries);
  }

  private Extent extent(MemorySegment header, int nameBytes, int extraBytes) {
    String name = text(header, CENTRAL_BYTES, nameBytes);
    int flags = u16(header, 8);
    int method = u16(header, 10);
    long stored = u32(header, 20);
    long size = u32(header, 24);
    long local = u32(header, 42);
    if (size == ABSENT_32 || stored == ABSENT_32 || local == ABSENT_32) {
      MemorySegment extra =
          extra64(name, header.asSlice((long) CENTRAL_BYTES + nameBytes, extraBytes));
      long at = 0;
      // Only those that did not fit are there, in this order.
      if (size == ABSENT_32) {
        size = u64(name, extra, at);
        at += 8;
      }
      if (stored == ABSENT_32) {
        stored = u64(name, extra, at);
        at += 8;
      }
      if (local == ABSENT_32) {
        local = u64(name, extra, at);
      }
    }
    if (method != 0 || (flags & 1) != 0 || stored != size) {
      throw wrong(
          name + " neither compressed nor encrypted",
          "method " + method + ", flags " + flags + ", " + stored + " bytes for " + size);
    }
    check(file, local, LOCAL_BYTES, LOCAL, name);
    int localNameBytes = u16(file, local + 26);
    long begin = local + LOCAL_BYTES + localNameBytes + u16(file, local + 28);
    checkRange(file, begin, size, name);
    if (!text(file, local + LOCAL_BYTES, localNameBytes).equals(name)) {
      throw wrong(
          "an entry named " + name + " at " + local,
          text(file, local + LOCAL_BYTES, localNameBytes));
    }
    return new Extent(name, begin, begin + size);
  }

  /// The zip64 part of an entry's extra fields.
  private MemorySegment extra64(String name, MemorySegment extra) {
    long at = 0;
    while (extra.byteSize() - at >= 4) {
      int bytes = u16(extra, at + 2);
      checkRange(extra, at + 4, bytes, "an extra field of " + name);
      if (u16(extra, at) == 1) {
        return extra.asSlice(at + 4, bytes);
      }
      at += 4 + bytes;
    }
    throw wrong("zip64 sizes for " + name, "none");
  }

  private long u64(String name, MemorySegment extra, long at) {
    checkRange(extra, at, 8, "the zip64 sizes of " + name);
    return extra.get(Elements.LONG, at);
  }

  private void checkOverlaps(List<Extent> extents) {
    extents.sort(Comparator.comparingLong(Extent::begin).thenComparingLong(Extent::end));
    for (int i = 1; i < extents.size(); i++) {
      if (extents.get(i).begin() < extents.get(i - 1).end()) {
        throw wrong(
            "entries that do not overlap",
            extents.get(i - 1).name() + " and " + extents.get(i).name());
      }
    }
  }

  private void check(MemorySegment in, long at, int bytes, int signature, String what) {
    checkRange(in, at, bytes, what);
    if (in.get(Elements.INT, at) != signature) {
      throw wrong(
          what + " at " + at + " with the signature " + Integer.toHexString(signature),
          Integer.toHexString(in.get(Elements.INT, at)));
    }
  }

  private void checkRange(MemorySegment in, long at, long bytes, String what) {
    if (at < 0 || bytes < 0 || at > in.byteSize() || bytes > in.byteSize() - at) {
      throw wrong(
          what + " inside its " + in.byteSize() + " bytes",
          Long.toUnsignedString(bytes) + " bytes at " + Long.toUnsignedString(at));
    }
  }

  private String text(MemorySegment in, long at, int bytes) {
    checkRange(in, at, bytes, "a name");
    return new String(in.asSlice(at, bytes).toArray(JAVA_BYTE), UTF_8);
  }

  private static int u16(MemorySegment in, long at) {
    return Short.toUnsignedInt(in.get(Elements.SHORT, at));
  }

  private static long u32(MemorySegment in, long at) {
    return Integer.toUnsignedLong(in.get(Elements.INT, at));
  }

  private WeightsException wrong(String expected, String found) {
    return new WeightsException(source + ": expected " + expected + ": found " + found);
  }
}
