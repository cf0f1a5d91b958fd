package dev.heed.tokenizer;

import java.io.IOException;

/// A tokenizer file that cannot be read: not what it claims to be, damaged, or with a part that
/// Heed does not know. The message names the part, what was expected and what was found.
public final class TokenizerFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public TokenizerFormatException(String message) {
    super(message);
  }

  public TokenizerFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
