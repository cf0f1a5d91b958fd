package dev.heed.generation.grammar;

/// A grammar or a JSON schema is not well-formed, asks for what Heed lacks, describes no text, or
/// is too large or too ambiguous to follow; the message says which.
public final class GrammarException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public GrammarException(String message) {
    super(message);
  }
}
