package dev.heed.tokenizer;

/// An end of a text.
public enum Side {
  LEFT,
  RIGHT
}
