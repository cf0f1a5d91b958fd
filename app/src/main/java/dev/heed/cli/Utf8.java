package dev.heed.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Reads text that a user gave.
final class Utf8 {
  private Utf8() {}

  /// The text.
  ///
  /// @param name where it comes from, for the message
  /// @throws CommandFailure if it is not UTF-8
  static String decode(byte[] bytes, String name) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw CommandFailure.failed("expected UTF-8 in " + name, e);
    }
  }
}
