package dev.heed.cli;

import dev.heed.cli.terminal.Table;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `heed similar`: how alike texts are.
@Command(name = "similar", description = "Says how alike in meaning texts are, each to each.")
final class SimilarCommand implements Callable<Integer> {
  private static final int WIDEST = 40;

  private final HeedCommand heed;

  @Mixin private TextInput input = new TextInput();
  @Mixin private ResultOutput output = new ResultOutput();

  SimilarCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    List<String> texts = new ArrayList<>();
    input.forEach(heed, texts::add);
    if (texts.size() < 2) {
      throw CommandFailure.usage("expected two texts or more: received " + texts.size());
    }
    float[][] matrix = Embedders.load(heed).embedder().similarities(texts);
    output.write(heed, out -> write(texts, matrix, out));
    return ExitCode.DONE.code();
  }

  private void write(List<String> texts, float[][] matrix, PrintStream out) throws IOException {
    switch (output.format()) {
      case TEXT -> {
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < matrix.length; i++) {
          List<String> row = new ArrayList<>();
          row.add(texts.get(i));
          for (float value : matrix[i]) {
            row.add(String.format(Locale.ROOT, "%7.4f", value));
          }
          rows.add(row);
        }
        Table.lines(rows, WIDEST).forEach(out::println);
      }
      case JSON, JSONL ->
          Json.write(
              out,
              output.format(),
              json -> {
                json.writeStartObject();
                json.writeArrayPropertyStart("texts");
                texts.forEach(json::writeString);
                json.writeEndArray();
                json.writeArrayPropertyStart("similarity");
                for (float[] row : matrix) {
                  json.writeStartArray();
                  for (float value : row) {
                    json.writeNumber(value);
                  }
                  json.writeEndArray();
                }
                json.writeEndArray();
                json.writeEndObject();
              });
    }
  }
}
