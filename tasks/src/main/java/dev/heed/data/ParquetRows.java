package dev.heed.data;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.schema.ColumnProjection;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads a Parquet file as a table: its columns of texts, numbers and truth values, and lists of
/// them. Others (pictures, structures) are passed over, unread.
final class ParquetRows {
  static {
    // The library would call a native library where the machine has it, also for pages of a file
    // that was closed meanwhile: that ends the process.
    System.setProperty("hardwood.uselibdeflate", "false");
  }

  private ParquetRows() {}

  /// A file that is read piece by piece and not mapped: a file that shrinks while it is read then
  /// is an error, too.
  private record Pieces(Path file, FileChannel channel) implements InputFile {
    @Override
    public void open() {}

    @Override
    public ByteBuffer readRange(long offset, int length) throws IOException {
      if (offset < 0 || length < 0 || offset > length() - length) {
        throw new IOException(
            "%d bytes at %d are outside of the file's %d".formatted(length, offset, length()));
      }
      ByteBuffer piece = ByteBuffer.allocateDirect(length);
      while (piece.hasRemaining()) {
        if (channel.read(piece, offset + piece.position()) < 0) {
          throw new IOException("the file ended while it was read");
        }
      }
      return piece.flip();
    }

    @Override
    public long length() throws IOException {
      return channel.size();
    }

    @Override
    public String name() {
      return file.getFileName().toString();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /// @throws UncheckedIOException if the file is missing, damaged, or packed in a way that nothing
  ///   here can unpack
  static Dataset read(Path file) {
    try (FileChannel channel = FileChannel.open(file);
        ParquetFileReader reader = ParquetFileReader.open(new Pieces(file, channel))) {
      List<String> columns =
          reader.getFileSchema().getRootNode().children().stream()
              .filter(ParquetRows::isReadable)
              .map(SchemaNode::name)
              .toList();
      return new Dataset(file.toString(), columns, rows(file, reader, columns));
    } catch (NoSuchFileException e) {
      throw new UncheckedIOException(e);
    } catch (IOException | RuntimeException e) {
      throw new UncheckedIOException(
          new IOException(file + " must be a Parquet file that can be read: " + why(e), e));
    }
  }

  /// The messages on the way to the first cause, which says what is wrong.
  private static String why(Throwable failure) {
    Set<String> messages = new LinkedHashSet<>();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      // What wraps a cause without a word of its own repeats it.
      boolean own =
          cause.getCause() == null || !cause.getCause().toString().equals(cause.getMessage());
      if (own && cause.getMessage() != null) {
        messages.add(cause.getMessage());
      }
    }
    return messages.isEmpty() ? failure.toString() : String.join(": ", messages);
  }

  private static List<Dataset.Row> rows(Path file, ParquetFileReader reader, List<String> columns) {
    List<Dataset.Row> rows = new ArrayList<>();
    if (columns.isEmpty()) {
      return rows;
    }
    try (RowReader row =
        reader
            .buildRowReader()
            .projection(ColumnProjection.columns(columns.toArray(String[]::new)))
            .build()) {
      while (row.hasNext()) {
        row.next();
        List<String> cells = columns.stream().map(name -> text(row.getValue(name))).toList();
        rows.add(new Dataset.Row(file + " row " + (rows.size() + 1), cells, ""));
      }
    }
    return rows;
  }

  private static boolean isReadable(SchemaNode column) {
    return switch (column) {
      case SchemaNode.GroupNode group ->
          group.isList()
              && group.getListElement() instanceof SchemaNode.PrimitiveNode element
              && isReadable(element);
      case SchemaNode.PrimitiveNode primitive ->
          primitive.type() != PhysicalType.FIXED_LEN_BYTE_ARRAY
              && primitive.type() != PhysicalType.INT96
              && (primitive.type() != PhysicalType.BYTE_ARRAY
                  || primitive.logicalType() instanceof LogicalType.StringType
                  || primitive.logicalType() instanceof LogicalType.EnumType
                  || primitive.logicalType() instanceof LogicalType.JsonType);
      default -> false;
    };
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case PqList list ->
          list.values().stream().map(ParquetRows::text).collect(Collectors.joining("|"));
      default -> value.toString();
    };
  }
}
