package dev.heed.cli;

import dev.heed.cli.picture.AttentionPage;
import dev.heed.cli.picture.LabelledMatrix;
import dev.heed.cli.picture.PngHeatMap;
import dev.heed.cli.picture.SvgHeatMap;
import dev.heed.cli.terminal.HeatMap;
import dev.heed.task.AttentionMaps;
import dev.heed.task.TextLengthException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `heed attention`: which tokens look at which.
@Command(
    name = "attention",
    description = "Draws which tokens of a text look at which, in a head of a layer.")
final class AttentionCommand implements Callable<Integer> {
  private static final String DESCRIPTION =
      "Each row is a token; its cells are how much it attends to each of the tokens on top, and sum"
          + " to 1. Attention is not by itself an explanation of what the model answers.";

  private final HeedCommand heed;

  @Parameters(paramLabel = "TEXT", description = "the text")
  private String text = "";

  @Option(
      names = "--target",
      paramLabel = "TEXT",
      description = "for a translation model: the translation (default: the model's own)")
  private @Nullable String target;

  @Option(
      names = "--layer",
      paramLabel = "L",
      description = "the layer, from 0 (default: the last one; for .csv and .html all)")
  private @Nullable Integer layer;

  @Option(
      names = "--head",
      paramLabel = "H",
      description = "the head, from 0 (default: the mean of all; for .csv and .html all)")
  private @Nullable Integer head;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "a .svg, .png, .csv or .html file to write (default: draw in the terminal)")
  private @Nullable Path file;

  AttentionCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    Path output = file;
    String name = output == null ? "" : output.toString().toLowerCase(Locale.ROOT);
    if (output != null && !name.matches(".*\\.(svg|png|csv|html)")) {
      throw CommandFailure.usage("-o must end in .svg, .png, .csv or .html: received " + output);
    }
    Path directory = SavedModels.orMiniLm(heed);
    AttentionMaps maps;
    try {
      maps = AttentionMaps.of(directory, text, target);
    } catch (TextLengthException e) {
      throw CommandFailure.tooLong(String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
    requireIn("--layer", layer, maps.layers());
    requireIn("--head", head, maps.heads());
    if (output == null) {
      HeatMap.lines(matrix(maps), heed.outTerminal()).forEach(heed.out()::println);
    } else if (name.endsWith(".png")) {
      PngHeatMap.write(matrix(maps), output);
    } else if (name.endsWith(".svg")) {
      WholeFile.write(output, out -> out.print(SvgHeatMap.of(matrix(maps), DESCRIPTION)));
    } else if (name.endsWith(".csv")) {
      WholeFile.write(output, out -> csv(maps, out));
    } else {
      WholeFile.write(
          output,
          out ->
              AttentionPage.write(
                  maps, text, layer == null ? 0 : layer, head == null ? 0 : head, out));
    }
    return ExitCode.DONE.code();
  }

  private static void requireIn(String option, @Nullable Integer number, int count) {
    if (number != null && (number < 0 || number >= count)) {
      throw CommandFailure.usage(
          "%s must be in 0…%d: received %d".formatted(option, count - 1, number));
    }
  }

  private LabelledMatrix matrix(AttentionMaps maps) {
    int chosen = layer == null ? maps.layers() - 1 : layer;
    String title =
        head == null
            ? "Layer %d, mean of %d heads".formatted(chosen, maps.heads())
            : "Layer %d, head %d".formatted(chosen, head);
    return new LabelledMatrix(
        title,
        maps.queries(),
        maps.keys(),
        head == null ? maps.mean(chosen) : maps.head(chosen, head));
  }

  /// A row for each weight of the layers and heads asked for.
  private void csv(AttentionMaps maps, PrintStream out) {
    out.print("layer,head,query,query_token,key,key_token,weight\r\n");
    for (int l = 0; l < maps.layers(); l++) {
      for (int h = 0; h < maps.heads(); h++) {
        if ((layer == null || layer == l) && (head == null || head == h)) {
          float[][] weights = maps.head(l, h);
          for (int t = 0; t < weights.length; t++) {
            for (int s = 0; s < weights[t].length; s++) {
              out.print(
                  "%d,%d,%d,%s,%d,%s,%s\r\n"
                      .formatted(
                          l,
                          h,
                          t,
                          quoted(maps.queries().get(t)),
                          s,
                          quoted(maps.keys().get(s)),
                          weights[t][s]));
            }
          }
        }
      }
    }
  }

  private static String quoted(String token) {
    return '"' + token.replace("\"", "\"\"") + '"';
  }
}
