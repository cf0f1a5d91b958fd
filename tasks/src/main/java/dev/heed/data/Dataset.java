package dev.heed.data;

import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Rows of texts from a user's files, in columns: TSV, CSV, JSON lines, Parquet, plain text,
/// folders of text files. All are UTF-8; what begins as gzip does is unpacked.
///
/// What the columns mean is said when they are asked for ([#rows]): by the names in the first row,
/// where it has them, else by their order. JSON lines and Parquet have names always.
///
/// A row that cannot be used (too few columns, an empty one, damaged JSON) is an error that names
/// its place, unless [#skippingBadRows]; then it is counted.
///
/// Immutable.
public final class Dataset {
  private final String name;
  private final @Nullable List<String> header;
  private final List<Row> all;
  private final List<String> chosen;
  private final @Nullable String group;
  private final boolean skipsBadRows;

  /// Cells as they are read.
  ///
  /// @param place where they stand, such as `reviews.tsv line 12`
  /// @param cells a text a column
  /// @param fault why the row cannot be used, empty where nothing is known against it
  record Row(String place, List<String> cells, String fault) {
    Row {
      cells = List.copyOf(cells);
    }
  }

  /// The rows that can be used.
  ///
  /// @param columns the columns' names, as they were asked for
  /// @param cells the rows, each with a text a column; where an optional column is missing, rows
  ///   are shorter
  /// @param groups what [#groupedBy] says of each row, none where nothing was said
  /// @param faults what is wrong with each of the rows that were skipped
  public record Rows(
      List<String> columns, List<List<String>> cells, List<String> groups, List<String> faults) {
    public Rows {
      columns = List.copyOf(columns);
      cells = List.copyOf(cells);
      groups = List.copyOf(groups);
      faults = List.copyOf(faults);
    }
  }

  /// @param header the columns' names, null where the first row may have them
  Dataset(String name, @Nullable List<String> header, List<Row> all) {
    this(name, header, all, List.of(), null, false);
  }

  private Dataset(
      String name,
      @Nullable List<String> header,
      List<Row> all,
      List<String> chosen,
      @Nullable String group,
      boolean skipsBadRows) {
    this.name = name;
    this.header = header;
    this.all = List.copyOf(all);
    this.chosen = List.copyOf(chosen);
    this.group = group;
    this.skipsBadRows = skipsBadRows;
  }

  /// Reads a file or folder by what its name says: `.tsv`, `.csv`, `.jsonl` or `.ndjson`, `.txt`,
  /// each also with `.gz`; `.parquet`; a folder has a folder a label.
  ///
  /// @throws IllegalArgumentException if the name says something else
  /// @throws UncheckedIOException if a file is missing, damaged or not UTF-8
  public static Dataset of(Path path) {
    if (Files.isDirectory(path)) {
      return folders(path);
    }
    String file = path.getFileName().toString().toLowerCase(Locale.ROOT);
    String base = file.endsWith(".gz") ? file.substring(0, file.length() - 3) : file;
    return switch (base.substring(base.lastIndexOf('.') + 1)) {
      case "tsv", "tab" -> tsv(path);
      case "csv" -> csv(path);
      case "jsonl", "ndjson", "json" -> jsonLines(path);
      case "parquet" -> parquet(path);
      case "txt", "text" -> lines(path);
      default ->
          throw new IllegalArgumentException(
              "data must be a folder of folders or a file that ends in .parquet, or in .tsv, .csv,"
                  + " .jsonl or .txt, perhaps with .gz: received "
                  + path);
    };
  }

  /// A row a line, tabs between the columns. Quotation marks mean themselves.
  public static Dataset tsv(Path file) {
    return new Dataset(file.toString(), null, DatasetReader.tsv(file));
  }

  /// Commas between the columns; what has commas, quotation marks or line breaks stands in
  /// quotation marks (RFC 4180).
  public static Dataset csv(Path file) {
    return new Dataset(file.toString(), null, DatasetReader.csv(file));
  }

  /// A JSON object a line; its keys name the columns. A list counts as its elements with `|`
  /// between.
  public static Dataset jsonLines(Path file) {
    return JsonLines.read(file);
  }

  /// The columns of a Parquet file that hold texts, numbers, truth values, or lists of them; a list
  /// counts as its elements with `|` between. Pages may be unpacked or gzip; for Snappy and
  /// Zstandard a program adds `org.xerial.snappy:snappy-java` or `com.github.luben:zstd-jni`, which
  /// bring machine code (the command line unpacks Snappy by itself).
  public static Dataset parquet(Path file) {
    return ParquetRows.read(file);
  }

  /// A text a line, one column.
  public static Dataset lines(Path file) {
    return new Dataset(file.toString(), null, DatasetReader.lines(file));
  }

  /// A folder a label, in it a file a text. The columns are `label` and `text`.
  ///
  /// @throws IllegalArgumentException if a folder has no file
  public static Dataset folders(Path folder) {
    return new Dataset(folder.toString(), List.of("label", "text"), DatasetReader.folders(folder));
  }

  /// The same with other columns, which stand for those that [#rows] asks for, in that order. Each
  /// is a name, or a number from 1; where all are numbers, the first row has no names.
  public Dataset withColumns(List<String> columns) {
    return new Dataset(name, header, all, columns, group, skipsBadRows);
  }

  /// The same with a column, a name or a number from 1, whose equal values belong together: they
  /// are never split between what is learned and what is held out.
  public Dataset groupedBy(String column) {
    return new Dataset(name, header, all, chosen, column, skipsBadRows);
  }

  /// The same, passing over rows that cannot be used.
  public Dataset skippingBadRows() {
    return new Dataset(name, header, all, chosen, group, true);
  }

  /// Where the rows come from, for messages.
  public String name() {
    return name;
  }

  /// The SHA-256 of all cells: tells whether the data is what it was.
  public String sha256() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Row row : all) {
        for (String cell : row.cells) {
          digest.update(cell.getBytes(StandardCharsets.UTF_8));
          digest.update((byte) 0);
        }
        digest.update((byte) 1);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// The rows with these columns.
  ///
  /// @param required the names of columns that there must be
  /// @param optional further ones, which count where they are there
  /// @throws IllegalArgumentException if a column is missing, or a row cannot be used
  public Rows rows(List<String> required, List<String> optional) {
    return rows(required, optional, Set.of());
  }

  /// The same.
  ///
  /// @param mayBeEmpty the columns whose cells may be empty
  public Rows rows(List<String> required, List<String> optional, Set<String> mayBeEmpty) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException(name + " must have a row: it is empty");
    }
    List<String> wanted = new ArrayList<>(required);
    wanted.addAll(optional);
    if (!chosen.isEmpty() && (chosen.size() < required.size() || chosen.size() > wanted.size())) {
      throw new IllegalArgumentException(
          "the columns must stand for %s%s: received %s"
              .formatted(required, optional.isEmpty() ? "" : " and perhaps " + optional, chosen));
    }
    boolean firstIsHeader = header == null && firstIsHeader(required);
    List<String> names = header != null ? header : firstIsHeader ? all.getFirst().cells : List.of();
    int width = names.isEmpty() ? usualWidth() : names.size();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < (chosen.isEmpty() ? wanted : chosen).size(); i++) {
      boolean byOrder = chosen.isEmpty() && names.isEmpty();
      String column =
          byOrder ? Integer.toString(i + 1) : (chosen.isEmpty() ? wanted : chosen).get(i);
      int place = place(column, names, width);
      if (place >= 0) {
        places.add(place);
      } else if (i < required.size() || !chosen.isEmpty()) {
        throw missing(column, names, width);
      } else {
        break;
      }
    }
    int grouping = group == null ? -1 : place(group, names, width);
    if (group != null && grouping < 0) {
      throw missing(group, names, width);
    }
    List<String> columns = wanted.subList(0, places.size());
    List<List<String>> cells = new ArrayList<>();
    List<String> groups = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    for (Row row : firstIsHeader ? all.subList(1, all.size()) : all) {
      String fault = fault(row, width, columns, places, mayBeEmpty);
      if (fault.isEmpty()) {
        cells.add(places.stream().map(row.cells::get).toList());
        if (grouping >= 0) {
          groups.add(row.cells.get(grouping));
        }
      } else if (skipsBadRows) {
        faults.add(row.place + ": " + fault);
      } else {
        throw new IllegalArgumentException(row.place + ": " + fault);
      }
    }
    return new Rows(columns, cells, groups, faults);
  }

  /// How many cells most rows have.
  private int usualWidth() {
    Map<Integer, Integer> counts = new TreeMap<>();
    all.forEach(row -> counts.merge(row.cells.size(), 1, Integer::sum));
    return Collections.max(counts.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  private boolean firstIsHeader(List<String> required) {
    List<String> first = all.getFirst().cells;
    return chosen.isEmpty()
        ? required.stream().allMatch(column -> place(column, first, first.size()) >= 0)
        : !chosen.stream().allMatch(Dataset::isNumber);
  }

  /// Where a column stands, −1 if it is not there.
  private static int place(String column, List<String> names, int width) {
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).strip().equalsIgnoreCase(column)) {
        return i;
      }
    }
    int number = isNumber(column) ? Integer.parseInt(column) : 0;
    return number <= width ? number - 1 : -1;
  }

  private IllegalArgumentException missing(String column, List<String> names, int width) {
    return new IllegalArgumentException(
        "%s must have the column %s: it has %s"
            .formatted(name, column, names.isEmpty() ? width : names));
  }

  private static String fault(
      Row row, int width, List<String> columns, List<Integer> places, Set<String> mayBeEmpty) {
    if (!row.fault.isEmpty()) {
      return row.fault;
    }
    if (row.cells.size() != width) {
      return "expected %d columns: received %d".formatted(width, row.cells.size());
    }
    for (int i = 0; i < places.size(); i++) {
      if (row.cells.get(places.get(i)).isBlank() && !mayBeEmpty.contains(columns.get(i))) {
        return columns.get(i) + " must not be empty";
      }
    }
    return "";
  }

  private static boolean isNumber(String column) {
    return column.matches("[1-9][0-9]{0,4}");
  }
}
