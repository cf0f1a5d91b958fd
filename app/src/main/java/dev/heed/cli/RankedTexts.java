package dev.heed.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The answer of commands that put texts in order: the best first, each with its score.
final class RankedTexts {
  /// A text, where it comes from if that is known, and its score.
  record Ranked(String text, @Nullable String source, float score) {}

  private RankedTexts() {}

  /// Writes the texts in the form asked for.
  static void write(HeedCommand heed, ResultOutput output, List<Ranked> ranked) throws IOException {
    output.write(heed, out -> write(output.format(), ranked, out));
  }

  private static void write(Format format, List<Ranked> ranked, PrintStream out)
      throws IOException {
    if (format == Format.TEXT) {
      for (Ranked each : ranked) {
        String source = each.source == null ? "" : each.source + "  ";
        out.println(
            String.format(
                Locale.ROOT, "%7.4f  %s%s", each.score, source, each.text.replaceAll("\\s+", " ")));
      }
      return;
    }
    Json.write(
        out,
        format,
        json -> {
          json.writeStartObject();
          json.writeArrayPropertyStart("results");
          for (Ranked each : ranked) {
            json.writeStartObject();
            json.writeStringProperty("text", each.text);
            if (each.source != null) {
              json.writeStringProperty("source", each.source);
            }
            json.writeNumberProperty("score", each.score);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
