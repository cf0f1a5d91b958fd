package dev.heed.weights;

/// Says what is wrong with a checkpoint: the file, the tensor where one is concerned, what was
/// expected and what was found. Failures of the disk itself are [java.io.UncheckedIOException]s.
public final class WeightsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// An exception with this message.
  public WeightsException(String message) {
    super(message);
  }

  /// An exception with this message, brought about by `cause`.
  public WeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
