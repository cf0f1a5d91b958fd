package dev.heed.model;

/// A model's directory is not what it should be; the message names the file, what was expected and
/// what was found.
public final class ModelException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public ModelException(String message) {
    super(message);
  }
}
