package dev.heed.generation.grammar;

import java.util.Map;
import java.util.TreeSet;

/// The formats of JSON schemas' strings that a grammar can say.
final class JsonFormats {
  private static final String DATE =
      "\\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])"
          + "|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))";
  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
  private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String HEX = "[0-9a-fA-F]";

  private static final Map<String, String> PATTERNS =
      Map.of(
          "date", DATE,
          "time", TIME,
          "date-time", DATE + "T" + TIME,
          "uuid", HEX + "{8}(?:-" + HEX + "{4}){3}-" + HEX + "{12}",
          "ipv4", BYTE + "(?:\\." + BYTE + "){3}");

  private JsonFormats() {}

  static Expression of(String format, String at) {
    String pattern = PATTERNS.get(format);
    if (pattern == null) {
      throw JsonSchema.error(
          at,
          "format must be one of %s: received %s"
              .formatted(new TreeSet<>(PATTERNS.keySet()), format));
    }
    return PatternParser.parse("^(?:" + pattern + ")$", at);
  }
}
