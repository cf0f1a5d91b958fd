package dev.heed.generation.template;

/// A chat template is not well-formed, asks for what Heed lacks, takes too long, or itself refuses
/// the conversation; the message says which.
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public TemplateException(String message) {
    super(message);
  }
}
