package dev.heed.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;

/// JSON as checkpoints use it: UTF-8, shallow, and not to be trusted.
final class Json {
  private static final int MAX_DEPTH = 32;

  static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Names of tensors rarely repeat: no symbol table to fill from a hostile file.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .disable(JsonWriteFeature.ESCAPE_FORWARD_SLASHES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
          .build();

  private Json() {}

  static JsonParser parser(byte[] json) {
    // Decoded here, because Jackson would guess UTF-16 or UTF-32 where the format says UTF-8.
    var text = new InputStreamReader(new ByteArrayInputStream(json), UTF_8.newDecoder());
    return FACTORY.createParser(ObjectReadContext.empty(), text);
  }

  /// Fails unless the token at `where` is the expected one.
  static void expect(String source, @Nullable JsonToken found, JsonToken expected, String where) {
    if (found != expected) {
      throw new WeightsException(
          source + ": " + where + ": expected " + expected + ": found " + found);
    }
  }

  /// Fails when anything but white space follows.
  static void expectEnd(String source, JsonParser parser) {
    JsonToken more = parser.nextToken();
    if (more != null) {
      throw new WeightsException(
          source + ": expected nothing after the JSON object: found " + more);
    }
  }
}
