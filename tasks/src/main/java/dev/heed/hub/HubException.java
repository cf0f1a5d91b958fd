package dev.heed.hub;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The hub did not give what was asked for. The message names it and says what may help.
public final class HubException extends IOException {
  private static final long serialVersionUID = 1L;

  private final int status;

  HubException(String message, int status, @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
  }

  /// What the hub answered, such as 404; 0 where it answered nothing or something wrong.
  public int status() {
    return status;
  }
}
