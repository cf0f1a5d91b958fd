package dev.heed.tokenizer.normalizer;

import dev.heed.tokenizer.text.AlignedText;
import dev.heed.tokenizer.text.Unicode;
import org.jspecify.annotations.Nullable;

/// What SentencePiece itself does to a text: the longest entry of its table at each place, one
/// space for a run of them, none at the ends, one before the text, and `▁` for each.
///
/// Source: `normalizer.cc` of SentencePiece. Differs from [Precompiled], which follows what Hugging
/// Face's tokenizers make of the same table.
///
/// @param table the normalisation table, null for none
/// @param addDummyPrefix whether a space is put before the text
/// @param removeExtraWhitespace whether runs of spaces become one and those at the ends go
public record SentencePieceNormalizer(
    @Nullable Precompiled table, boolean addDummyPrefix, boolean removeExtraWhitespace)
    implements Normalizer {
  private static final char SPACE = '▁';

  @Override
  public AlignedText apply(AlignedText text) {
    char[] chars = text.chars();
    AlignedText.Edit edit = new AlignedText.Edit(text.length() + 8);
    Spaces spaces = new Spaces(edit);
    for (int i = text.from(); i < text.to(); ) {
      long match = table == null ? -1 : table.longest(chars, i, text.to());
      int end;
      int start = text.originalStart(i);
      if (match >= 0 && table != null) {
        end = (int) (match >>> 32);
        String other = table.textOf((int) match);
        for (int k = 0; k < other.length(); k++) {
          spaces.unit(other.charAt(k), start, text.originalEnd(end - 1));
        }
      } else {
        end = i + Character.charCount(Unicode.codePointAt(chars, i, text.to()));
        for (int k = i; k < end; k++) {
          spaces.unit(chars[k], start, text.originalEnd(end - 1));
        }
      }
      i = end;
    }
    return edit.text(text);
  }

  /// Holds spaces back until something stands behind them.
  private final class Spaces {
    private final AlignedText.Edit edit;
    private int waitingStart = -1;
    private int waitingEnd;
    private boolean begun;

    Spaces(AlignedText.Edit edit) {
      this.edit = edit;
    }

    void unit(char c, int start, int end) {
      if (c == ' ' && removeExtraWhitespace) {
        if (waitingStart < 0) {
          waitingStart = start;
          waitingEnd = end;
        }
        return;
      }
      if (!begun) {
        begun = true;
        if (addDummyPrefix) {
          edit.unit(SPACE, start, end);
        }
      } else if (waitingStart >= 0) {
        edit.unit(SPACE, waitingStart, waitingEnd);
      }
      waitingStart = -1;
      edit.unit(c == ' ' ? SPACE : c, start, end);
    }
  }
}
