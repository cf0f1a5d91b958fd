package dev.heed.task;

/// A text has no token, or more than the model takes.
public final class TextLengthException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  TextLengthException(int most, int received) {
    super("a text must have 1…%d tokens: received %d".formatted(most, received));
  }
}
