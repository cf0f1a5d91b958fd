package dev.heed.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What a tagger learns from: sentences in words, each with its label.
///
/// @param sentences the sentences
/// @param faults what is wrong with each of the sentences that were skipped
public record TaggedTexts(List<Sentence> sentences, List<String> faults) {
  private static final int CONLL_U = 10;

  /// Words and a label for each.
  public record Sentence(List<String> words, List<String> labels) {
    public Sentence {
      words = List.copyOf(words);
      labels = List.copyOf(labels);
      if (words.size() != labels.size()) {
        throw new IllegalArgumentException(
            "there must be a label for each word: received %d words, %d labels"
                .formatted(words.size(), labels.size()));
      }
    }
  }

  public TaggedTexts {
    sentences = List.copyOf(sentences);
    faults = List.copyOf(faults);
  }

  /// Reads a file in the manner of CoNLL: a word a line, its label in the last column, an empty
  /// line between sentences.
  ///
  /// @throws IllegalArgumentException if a line cannot be used, or there is no sentence
  public static TaggedTexts conll(Path file) {
    return conll(file, List.of(), false);
  }

  /// The same. Columns stand apart by tabs, in a file that has any, else by spaces. Lines that
  /// begin a document (`-DOCSTART-`) are passed over, and in a file with tabs comments (`#`), in
  /// one of CoNLL-U's ten columns also joined words and empty nodes (`1-2`, `8.1`).
  ///
  /// @param columns the numbers of the word's column and the label's, from 1; empty for the first
  ///   and the last
  /// @param skipBad whether sentences with a line that cannot be used are counted, not refused
  public static TaggedTexts conll(Path file, List<String> columns, boolean skipBad) {
    if (!columns.isEmpty()
        && (columns.size() != 2
            || !columns.stream().allMatch(column -> column.matches("[1-9][0-9]?")))) {
      throw new IllegalArgumentException(
          "the columns of CoNLL must be two numbers, the word's and the label's: received "
              + columns);
    }
    List<String> lines = new ArrayList<>();
    DatasetReader.Lines all = new DatasetReader.Lines(file);
    all.forEachRemaining(lines::add);
    Reader reader = new Reader(file, columns, lines.stream().anyMatch(l -> l.contains("\t")));
    for (int i = 0; i < lines.size(); i++) {
      reader.add(i + 1, lines.get(i));
    }
    reader.end();
    if (!skipBad && !reader.faults.isEmpty()) {
      throw new IllegalArgumentException(reader.faults.getFirst());
    }
    if (reader.sentences.isEmpty()) {
      throw new IllegalArgumentException(
          file + " must have a word and its label on a line, as CoNLL: received no sentence");
    }
    return new TaggedTexts(reader.sentences, reader.faults);
  }

  private static final class Reader {
    private final Path file;
    private final List<String> columns;
    private final boolean tabs;
    private final List<Sentence> sentences = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private List<String> words = new ArrayList<>();
    private List<String> labels = new ArrayList<>();
    private int width;
    private String fault = "";

    Reader(Path file, List<String> columns, boolean tabs) {
      this.file = file;
      this.columns = columns;
      this.tabs = tabs;
    }

    void add(int number, String line) {
      if (line.isBlank() || line.startsWith("-DOCSTART-")) {
        end();
        return;
      }
      if (tabs && line.startsWith("#") && !line.contains("\t")) {
        return;
      }
      String[] cells = tabs ? line.split("\t", -1) : line.strip().split(" +");
      if (cells.length == CONLL_U && cells[0].matches("[0-9]+[-.][0-9]+")) {
        return;
      }
      width = width == 0 ? cells.length : width;
      int word = columns.isEmpty() ? 0 : Integer.parseInt(columns.getFirst()) - 1;
      int label = columns.isEmpty() ? cells.length - 1 : Integer.parseInt(columns.getLast()) - 1;
      if (cells.length != width || width < 2 || word >= width || label >= width) {
        wrong(
            number,
            "expected %d columns: received %d".formatted(expected(word, label), cells.length));
      } else if (cells[word].isBlank() || cells[label].isBlank()) {
        wrong(number, "a word and its label must not be empty");
      } else {
        words.add(cells[word].strip());
        labels.add(cells[label].strip());
      }
    }

    private int expected(int word, int label) {
      return Math.max(Math.max(2, width), Math.max(word, label) + 1);
    }

    private void wrong(int number, String what) {
      fault = fault.isEmpty() ? "%s line %d: %s".formatted(file, number, what) : fault;
    }

    void end() {
      if (!fault.isEmpty()) {
        faults.add(fault);
      } else if (!words.isEmpty()) {
        sentences.add(new Sentence(words, labels));
      }
      fault = "";
      words = new ArrayList<>();
      labels = new ArrayList<>();
    }
  }

  /// All labels, in alphabetical order.
  public List<String> labels() {
    Set<String> all = new TreeSet<>();
    sentences.forEach(sentence -> all.addAll(sentence.labels));
    return List.copyOf(all);
  }

  /// How many words there are.
  public long words() {
    return sentences.stream().mapToLong(sentence -> sentence.words.size()).sum();
  }

  /// Sentences to learn from, and sentences to try it on.
  public record Split(TaggedTexts learned, TaggedTexts heldOut) {}

  /// Holds out the share `heldOut` of the sentences, chosen by `seed`; equal ones stay together.
  ///
  /// @throws IllegalArgumentException if nothing would remain on one side
  public Split split(double heldOut, long seed) {
    GroupSplit<Sentence> split = GroupSplit.of(sentences, Sentence::words, heldOut, seed);
    return new Split(
        new TaggedTexts(split.learned(), List.of()), new TaggedTexts(split.heldOut(), List.of()));
  }
}
