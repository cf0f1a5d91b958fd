package dev.heed.tokenizer.decode;

import dev.heed.tokenizer.text.ByteAlphabet;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Turns the tokens of a text back into pieces of it; the pieces joined are the text.
public sealed interface Decoder {
  /// The pieces that `tokens` stand for.
  List<String> decode(List<String> tokens);

  /// Undoes the stand-in characters of bytes. What is not UTF-8 becomes U+FFFD.
  record ByteLevel() implements Decoder {
    @Override
    public List<String> decode(List<String> tokens) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      for (String token : tokens) {
        bytes.writeBytes(bytesOf(token));
      }
      return List.of(bytes.toString(StandardCharsets.UTF_8));
    }

    /// A token with any other character in it stands for itself.
    private static byte[] bytesOf(String token) {
      byte[] bytes = new byte[token.length()];
      for (int i = 0; i < bytes.length; i++) {
        int b = ByteAlphabet.byteOf(token.charAt(i));
        if (b < 0) {
          return token.getBytes(StandardCharsets.UTF_8);
        }
        bytes[i] = (byte) b;
      }
      return bytes;
    }
  }
}
