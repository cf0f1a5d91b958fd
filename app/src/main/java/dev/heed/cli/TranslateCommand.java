package dev.heed.cli;

import dev.heed.task.TextTranslator;
import dev.heed.task.Translator.Translation;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;

/// `heed translate`: texts in another language.
@Command(name = "translate", description = "Translates texts, each alone.")
final class TranslateCommand implements Callable<Integer> {
  /// Texts that are read, sorted by length, translated and written before the next ones.
  private static final int WINDOW = 256;

  private final HeedCommand heed;

  @Mixin private TextInput input = new TextInput();

  @Option(
      names = "--beams",
      paramLabel = "N",
      description =
          "how many translations are followed at once; 1 is the fastest (default: the model's)")
  private int beams;

  @Option(
      names = "--truncate",
      description = "cut the end of a text that is too long for the model")
  private boolean truncate;

  @Mixin private ResultOutput output = new ResultOutput();

  TranslateCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (beams < 0) {
      throw CommandFailure.usage("--beams must be 1 or more: received " + beams);
    }
    TextTranslator loaded =
        TextTranslator.load(SavedModels.lastOf(heed, "MTModel", "heed train translate"));
    TextTranslator translator = beams == 0 ? loaded : loaded.withBeams(beams);
    try (Interruption interruption = Interruption.watch()) {
      output.write(heed, out -> translate(translator, interruption, out));
      return (interruption.requested() ? ExitCode.INTERRUPTED : ExitCode.DONE).code();
    }
  }

  private void translate(TextTranslator translator, Interruption interruption, PrintStream out)
      throws IOException {
    List<Translation> whole = new ArrayList<>(); // one JSON array is written at the end
    List<int[]> window = new ArrayList<>();
    WholeFile.Writing writeWindow =
        to -> {
          List<Translation> translated = translator.translateIds(window, done -> {});
          window.clear();
          for (Translation translation : translated) {
            switch (output.format()) {
              case TEXT -> to.println(translation.text());
              case JSONL -> Json.write(to, Format.JSONL, json -> write(json, translation));
              case JSON -> whole.add(translation);
            }
          }
          to.flush();
        };
    input.forEach(
        heed,
        text -> {
          if (interruption.requested()) {
            return;
          }
          window.add(ids(translator, text));
          if (window.size() == WINDOW) {
            writeWindow.to(out);
          }
        });
    if (!interruption.requested()) {
      writeWindow.to(out);
    }
    if (output.format() == Format.JSON) {
      Json.write(
          out,
          Format.JSON,
          json -> {
            if (whole.size() == 1) {
              write(json, whole.getFirst());
              return;
            }
            json.writeStartArray();
            whole.forEach(translation -> write(json, translation));
            json.writeEndArray();
          });
    }
  }

  private static void write(JsonGenerator json, Translation translation) {
    json.writeStartObject();
    json.writeStringProperty("translation", translation.text());
    json.writeNumberProperty("score", translation.score());
    json.writeEndObject();
  }

  /// A text's tokens; none for a blank one.
  private int[] ids(TextTranslator translator, String text) {
    if (text.isBlank()) {
      return new int[0];
    }
    int[] ids = translator.encode(text);
    int most = translator.maximumLength();
    if (ids.length <= most) {
      return ids;
    }
    if (!truncate) {
      throw CommandFailure.tooLong(
          "the model takes at most %d tokens: received %d (--truncate cuts the end)"
              .formatted(most, ids.length));
    }
    int[] cut = Arrays.copyOf(ids, most);
    cut[most - 1] = ids[ids.length - 1]; // the end of the text
    return cut;
  }
}
