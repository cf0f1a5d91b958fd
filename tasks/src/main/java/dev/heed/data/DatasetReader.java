package dev.heed.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import dev.heed.tokenizer.TextFiles;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/// Reads the rows of a [Dataset]'s files.
final class DatasetReader {
  private DatasetReader() {}

  /// Lines without anything in them are passed over.
  static List<Dataset.Row> tsv(Path file) {
    List<Dataset.Row> rows = new ArrayList<>();
    Lines lines = new Lines(file);
    while (lines.hasNext()) {
      String line = lines.next();
      if (!line.isBlank()) {
        rows.add(new Dataset.Row(lines.place(), Arrays.asList(line.split("\t", -1)), ""));
      }
    }
    return rows;
  }

  static List<Dataset.Row> lines(Path file) {
    List<Dataset.Row> rows = new ArrayList<>();
    Lines lines = new Lines(file);
    while (lines.hasNext()) {
      String line = lines.next();
      rows.add(new Dataset.Row(lines.place(), List.of(line), ""));
    }
    return rows;
  }

  static List<Dataset.Row> csv(Path file) {
    List<Dataset.Row> rows = new ArrayList<>();
    try (CsvReader<CsvRecord> reader =
        CsvReader.builder()
            .allowMissingFields(true)
            .allowExtraFields(true)
            .skipEmptyLines(true)
            .ofCsvRecord(new TextReader(TextFiles.of(List.of(file)).iterator()))) {
      for (CsvRecord record : reader) {
        String place = file + " line " + record.getStartingLineNumber();
        rows.add(new Dataset.Row(place, record.getFields(), ""));
      }
    } catch (CsvParseException e) {
      // Where the next row would begin is not known.
      String cause = e.getCause() == null ? String.valueOf(e.getMessage()) : e.getCause().toString();
      throw new UncheckedIOException(new IOException(file + " must be CSV: " + cause, e));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return rows;
  }

  static List<Dataset.Row> folders(Path folder) {
    List<Dataset.Row> rows = new ArrayList<>();
    for (Path label : visible(folder)) {
      if (!Files.isDirectory(label)) {
        continue;
      }
      List<Path> texts = visible(label).stream().filter(Files::isRegularFile).toList();
      if (texts.isEmpty()) {
        throw new IllegalArgumentException(label + " must have a file: it is a label without text");
      }
      for (Path text : texts) {
        String whole = String.join("", TextFiles.of(List.of(text))).strip();
        rows.add(
            new Dataset.Row(
                text.toString(), List.of(label.getFileName().toString(), whole), ""));
      }
    }
    return rows;
  }

  private static List<Path> visible(Path folder) {
    try (Stream<Path> inside = Files.list(folder)) {
      return inside
          .filter(path -> !path.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The lines of a file without their ends, and where the last one stands.
  static final class Lines implements Iterator<String> {
    private final Path file;
    private final Iterator<String> parts;
    private long number;

    Lines(Path file) {
      this.file = file;
      this.parts = TextFiles.of(List.of(file)).iterator();
    }

    @Override
    public boolean hasNext() {
      return parts.hasNext();
    }

    @Override
    public String next() {
      number++;
      String line = parts.next();
      if (!line.endsWith("\n") && parts.hasNext()) { // very long lines come in parts
        StringBuilder whole = new StringBuilder(line);
        while (whole.charAt(whole.length() - 1) != '\n' && parts.hasNext()) {
          whole.append(parts.next());
        }
        line = whole.toString();
      }
      int end = line.endsWith("\n") ? line.length() - 1 : line.length();
      return line.substring(0, end > 0 && line.charAt(end - 1) == '\r' ? end - 1 : end);
    }

    String place() {
      return file + " line " + number;
    }
  }

  /// The texts of an iterator as one.
  private static final class TextReader extends Reader {
    private final Iterator<String> texts;
    private String text = "";
    private int at;

    TextReader(Iterator<String> texts) {
      this.texts = texts;
    }

    @Override
    public int read(char[] to, int offset, int length) {
      while (at == text.length()) {
        if (!texts.hasNext()) {
          return -1;
        }
        text = texts.next();
        at = 0;
      }
      int count = Math.min(length, text.length() - at);
      text.getChars(at, at + count, to, offset);
      at += count;
      return count;
    }

    @Override
    public void close() {}
  }
}
