package dev.heed.tokenizer.split;

import dev.heed.tokenizer.text.TextPattern.Stretches;

/// What becomes of the delimiters that a text is split at. For `the-final--countdown` at `-`:
public enum SplitBehavior {
  /// `the`, `final`, `countdown`
  REMOVED("Removed"),
  /// `the`, `-`, `final`, `-`, `-`, `countdown`
  ISOLATED("Isolated"),
  /// `the-`, `final-`, `-`, `countdown`
  MERGED_WITH_PREVIOUS("MergedWithPrevious"),
  /// `the`, `-final`, `-`, `-countdown`
  MERGED_WITH_NEXT("MergedWithNext"),
  /// `the`, `-`, `final`, `--`, `countdown`
  CONTIGUOUS("Contiguous");

  private final String jsonName;

  SplitBehavior(String jsonName) {
    this.jsonName = jsonName;
  }

  /// Its name in a `tokenizer.json`.
  public String jsonName() {
    return jsonName;
  }

  /// Takes a piece of a text.
  @FunctionalInterface
  interface Pieces {
    void piece(int from, int to);
  }

  /// Takes delimiters and what is between them, and gives on what this behaviour makes of them.
  Collector collector(Pieces pieces) {
    return new Collector(this, pieces);
  }

  /// One text's stretches; [#finish()] gives on the last piece.
  static final class Collector implements Stretches {
    private final SplitBehavior behavior;
    private final Pieces pieces;
    private int openFrom; // a piece that may still grow
    private int openTo;
    private boolean isOpen;
    private boolean previousMatch;

    Collector(SplitBehavior behavior, Pieces pieces) {
      this.behavior = behavior;
      this.pieces = pieces;
    }

    @Override
    public void stretch(int from, int to, boolean match) {
      switch (behavior) {
        case REMOVED -> {
          if (!match) {
            pieces.piece(from, to);
          }
        }
        case ISOLATED -> pieces.piece(from, to);
        case CONTIGUOUS -> grow(from, to, match == previousMatch);
        case MERGED_WITH_PREVIOUS -> grow(from, to, match && !previousMatch);
        // From the back a match joins what follows it unless that is a match too; so from the
        // front: something that is no match joins a match right before it.
        case MERGED_WITH_NEXT -> grow(from, to, !match && previousMatch);
      }
      previousMatch = match;
    }

    private void grow(int from, int to, boolean joins) {
      if (isOpen && joins) {
        openTo = to;
        return;
      }
      finish();
      openFrom = from;
      openTo = to;
      isOpen = true;
    }

    void finish() {
      if (isOpen) {
        pieces.piece(openFrom, openTo);
        isOpen = false;
      }
    }
  }
}
