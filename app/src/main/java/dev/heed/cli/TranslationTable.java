package dev.heed.cli;

import dev.heed.cli.picture.SvgBars;
import dev.heed.cli.picture.SvgLines;
import dev.heed.cli.terminal.Table;
import dev.heed.model.ConfigFile;
import dev.heed.task.TranslationComparison.Length;
import dev.heed.task.TranslationComparison.Method;
import dev.heed.task.TranslationComparison.Quality;
import dev.heed.task.TranslationComparison.Run;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The runs of a comparison of translators as tables, pictures and figures.
///
/// @param lengths how the held-out pairs are grouped
/// @param runs may grow
record TranslationTable(List<Method> methods, List<Length> lengths, List<Run> runs) {
  private static final int WIDEST = 40;
  private static final List<String> HEAD =
      List.of(
          "method", "BLEU", "chrF2", "parameters", "learned in", "a translation", "rate", "runs");

  private record Row(Method method, List<Run> runs) {
    Spread bleu() {
      return Spread.of(runs, run -> run.quality().bleu());
    }

    Spread chrF() {
      return Spread.of(runs, run -> run.quality().chrF());
    }

    Spread bleu(int length) {
      return Spread.of(runs, run -> run.byLength().get(length).bleu());
    }

    Spread chrF(int length) {
      return Spread.of(runs, run -> run.byLength().get(length).chrF());
    }

    double seconds() {
      return Spread.of(runs, Run::seconds).mean();
    }

    double secondsAText() {
      return Spread.of(runs, Run::secondsAText).mean();
    }

    List<String> cells() {
      return List.of(
          method.toString(),
          bleu().shown(),
          chrF().shown(),
          String.format(Locale.ROOT, "%,d", runs.getFirst().parameters()),
          String.format(Locale.ROOT, "%.0f s", seconds()),
          String.format(Locale.ROOT, "%.1f ms", 1000 * secondsAText()),
          Double.toString(runs.getFirst().learningRate()),
          Integer.toString(runs.size()));
    }
  }

  private List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    for (Method method : methods) {
      List<Run> own = runs.stream().filter(run -> run.method() == method).toList();
      if (!own.isEmpty()) {
        rows.add(new Row(method, own));
      }
    }
    return rows;
  }

  private List<List<String>> figures() {
    List<List<String>> cells = new ArrayList<>(List.of(HEAD));
    rows().forEach(row -> cells.add(row.cells()));
    return cells;
  }

  private List<String> lengthNames() {
    return lengths.stream()
        .map(length ->
            length.from() == length.to()
                ? Integer.toString(length.from())
                : length.from() + "–" + length.to())
        .toList();
  }

  private List<List<String>> figuresByLength() {
    List<String> head = new ArrayList<>(List.of("BLEU at source words"));
    head.addAll(lengthNames());
    List<List<String>> cells = new ArrayList<>(List.of(head));
    for (Row row : rows()) {
      List<String> line = new ArrayList<>(List.of(row.method.toString()));
      IntStream.range(0, lengths.size()).forEach(i -> line.add(row.bleu(i).shown()));
      cells.add(line);
    }
    return cells;
  }

  /// For people.
  List<String> lines() {
    List<String> lines = new ArrayList<>(Table.lines(figures(), WIDEST));
    lines.add("");
    lines.addAll(Table.lines(figuresByLength(), WIDEST));
    return lines;
  }

  /// @param data the names of the files
  String markdown(String data) {
    StringBuilder text = new StringBuilder("# Translators on " + data + "\n\n");
    text.append(Table.markdown(figures()));
    text.append(
        "\nMean ± standard deviation of the runs. The rate is the learning rate that the tuning"
            + " chose.\n\n![BLEU of each](comparison.svg)\n\n");
    text.append(Table.markdown(figuresByLength()));
    text.append("\n![BLEU by the length of the source](lengths.svg)\n");
    return text.toString();
  }

  /// The picture of all figures.
  String bars() {
    return SvgBars.of(
        "BLEU on the held-out pairs, of 100, mean and standard deviation",
        rows().stream()
            .map(row ->
                new SvgBars.Bar(
                    row.method.toString(),
                    row.bleu().mean() / 100,
                    row.bleu().deviation() / 100,
                    row.bleu().shown()))
            .toList());
  }

  /// The picture of the figures by length.
  String lengthLines() {
    return SvgLines.of(
        "BLEU by the number of words of the source",
        lengthNames(),
        rows().stream()
            .map(row ->
                new SvgLines.Line(
                    row.method.toString(),
                    IntStream.range(0, lengths.size()).mapToObj(i -> row.bleu(i).mean()).toList()))
            .toList());
  }

  /// For programs.
  Map<String, @Nullable Object> values() {
    List<Map<String, @Nullable Object>> results = new ArrayList<>();
    for (Row row : rows()) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("method", row.method.name().toLowerCase(Locale.ROOT));
      values.put("bleu", row.bleu().mean());
      values.put("bleu_deviation", row.bleu().deviation());
      values.put("chrf", row.chrF().mean());
      values.put("chrf_deviation", row.chrF().deviation());
      values.put("parameters", row.runs.getFirst().parameters());
      values.put("seconds", row.seconds());
      values.put("seconds_a_text", row.secondsAText());
      values.put("by_length", byLength(row));
      values.put("runs", row.runs.stream().map(TranslationTable::toMap).toList());
      results.add(values);
    }
    return Map.of("results", results);
  }

  private List<Map<String, @Nullable Object>> byLength(Row row) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    for (int i = 0; i < lengths.size(); i++) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("from", lengths.get(i).from());
      values.put("to", lengths.get(i).to());
      values.put("pairs", lengths.get(i).pairs());
      values.put("bleu", row.bleu(i).mean());
      values.put("bleu_deviation", row.bleu(i).deviation());
      values.put("chrf", row.chrF(i).mean());
      values.put("chrf_deviation", row.chrF(i).deviation());
      all.add(values);
    }
    return all;
  }

  /// A run as a line of the log.
  static Map<String, @Nullable Object> toMap(Run run) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("method", run.method().name());
    map.put("seed", run.seed());
    map.put("bleu", run.quality().bleu());
    map.put("chrf", run.quality().chrF());
    map.put("bleu_by_length", run.byLength().stream().map(Quality::bleu).toList());
    map.put("chrf_by_length", run.byLength().stream().map(Quality::chrF).toList());
    map.put("learning_rate", run.learningRate());
    map.put("steps", run.steps());
    map.put("parameters", run.parameters());
    map.put("seconds", run.seconds());
    map.put("seconds_a_text", run.secondsAText());
    return map;
  }

  /// The run of such a line.
  static Run run(ConfigFile line) {
    List<Double> bleu = numbers(line, "bleu_by_length");
    List<Double> chrF = numbers(line, "chrf_by_length");
    return new Run(
        Method.valueOf(line.string("method")),
        line.integer("seed"),
        new Quality(line.number("bleu"), line.number("chrf")),
        IntStream.range(0, bleu.size())
            .mapToObj(i -> new Quality(bleu.get(i), chrF.get(i)))
            .toList(),
        line.number("learning_rate"),
        line.integer("steps"),
        line.integer("parameters"),
        line.number("seconds"),
        line.number("seconds_a_text"));
  }

  private static List<Double> numbers(ConfigFile line, String key) {
    return line.value(key).orElse(List.of()) instanceof List<?> list
        ? list.stream().map(number -> ((Number) number).doubleValue()).toList()
        : List.of();
  }
}
