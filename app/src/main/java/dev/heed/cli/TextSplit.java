package dev.heed.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// The text of some files, the end of each held out.
///
/// @param learned what is learned from, a text a file
/// @param heldOut what the model is tried on
/// @param digest the SHA-256 of all of it
record TextSplit(List<String> learned, List<String> heldOut, String digest) {
  /// Reads the files whole; the last `share` of each, from the beginning of a line, is held out.
  static TextSplit read(List<Path> files, double share) throws IOException {
    List<String> learned = new ArrayList<>();
    List<String> heldOut = new ArrayList<>();
    MessageDigest digest = sha256();
    for (Path file : files) {
      String text = String.join("", TrainCommand.texts(List.of(file)));
      digest.update(text.getBytes(StandardCharsets.UTF_8));
      int line = text.lastIndexOf('\n', (int) (text.length() * (1 - share))) + 1;
      int cut = line > 0 ? line : (int) (text.length() * (1 - share));
      if (text.substring(0, cut).isBlank() || text.substring(cut).isBlank()) {
        throw CommandFailure.usage(
            "%s must have text to learn from and, in its last %s %%, text to try it on: received %d"
                    .formatted(file, Math.round(100 * share), text.length())
                + " characters");
      }
      learned.add(text.substring(0, cut));
      heldOut.add(text.substring(cut));
    }
    return new TextSplit(learned, heldOut, HexFormat.of().formatHex(digest.digest()));
  }

  long learnedBytes() {
    return bytes(learned);
  }

  long heldOutBytes() {
    return bytes(heldOut);
  }

  private static long bytes(List<String> texts) {
    return texts.stream().mapToLong(text -> text.getBytes(StandardCharsets.UTF_8).length).sum();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
