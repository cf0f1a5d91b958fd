package dev.heed.tokenizer.regex;

import dev.heed.tokenizer.text.Unicode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Runs a [Program] over one text, backtracking in the order that Perl and Oniguruma prescribe.
///
/// What failed once at a place is remembered for the whole text and never tried again, so that
/// nested repeats, on which other engines take exponential time, take linear time. What that does
/// not catch (a condition that looks far ahead from every place) runs into a limit of steps.
final class Matcher {
  private static final int PAGE = 10; // 2^10 marks a page
  private static final int FAIL = -1;

  private final Program program;
  private final char[] text;
  private final int from;
  private final int to;
  private final @Nullable long[][] marks;
  private long steps;
  private final long stepLimit;

  // Places to go on at: instruction, position, length of the journal.
  private int[] stack = new int[48];
  private int stackSize;

  // SPLITs on the way that is being tried; those before a place in the stack have not failed yet.
  private long[] journal = new long[32];
  private int journalSize;

  Matcher(Program program, char[] text, int from, int to) {
    this.program = program;
    this.text = text;
    this.from = from;
    this.to = to;
    long count = (long) (to - from + 1) * Math.max(1, program.splits);
    this.marks = new long[(int) ((count >>> PAGE) + 1)][];
    this.stepLimit = 1_000_000 + 300L * (to - from);
  }

  /// Where the match ends that begins at `start`, or -1.
  int matchAt(int start) {
    int end = run(0, start, -1);
    if (program.hasEmptyLoop) {
      Arrays.fill(marks, null);
    }
    return end;
  }

  private boolean mark(int split, int at) {
    long number = (long) (at - from) * program.splits + program.splitNumbers[split];
    long[] page = marks[(int) (number >>> PAGE)];
    if (page == null) {
      page = new long[1 << PAGE - 6];
      marks[(int) (number >>> PAGE)] = page;
    }
    int word = (int) (number & (1 << PAGE) - 1) >>> 6;
    long bit = 1L << number;
    if ((page[word] & bit) != 0) {
      return false;
    }
    page[word] |= bit;
    if (journalSize == journal.length) {
      journal = Arrays.copyOf(journal, journalSize * 2);
    }
    journal[journalSize++] = number;
    return true;
  }

  private void unmark(long number) {
    long[] page = marks[(int) (number >>> PAGE)];
    if (page != null) {
      page[(int) (number & (1 << PAGE) - 1) >>> 6] &= ~(1L << number);
    }
  }

  private void push(int pc, int at) {
    if (stackSize + 3 > stack.length) {
      stack = Arrays.copyOf(stack, stack.length * 2);
    }
    stack[stackSize++] = pc;
    stack[stackSize++] = at;
    stack[stackSize++] = journalSize;
  }

  /// Runs the part that begins at `pc` from `at` to its MATCH; with `endAt` 0 or more only matches
  /// that end there count, and nothing is remembered.
  private int run(int pc, int at, int endAt) {
    int stackBase = stackSize;
    int journalBase = journalSize;
    int end = FAIL;
    while (true) {
      int next = step(pc, at, endAt);
      if (next == FAIL) {
        if (stackSize == stackBase) {
          break;
        }
        // All that was tried since this place was noted has failed for good.
        int keep = stack[--stackSize];
        if (endAt < 0) {
          journalSize = keep;
        }
        at = stack[--stackSize];
        pc = stack[--stackSize];
      } else if (next == MATCHED) {
        end = position;
        break;
      } else {
        pc = next;
        at = position;
      }
    }
    if (end == FAIL && endAt < 0) {
      journalSize = journalBase;
    }
    while (journalSize > journalBase) {
      unmark(journal[--journalSize]);
    }
    stackSize = stackBase;
    return end;
  }

  private static final int MATCHED = -2;
  private int position;

  /// One instruction: the next one, with [#position] set, or FAIL or MATCHED.
  private int step(int pc, int at, int endAt) {
    if (++steps > stepLimit) {
      throw new IllegalStateException(
          "A regular expression of the tokenizer takes too long on this text: more than %d steps"
                  .formatted(stepLimit)
              + " for %d characters".formatted(to - from));
    }
    position = at;
    switch (program.operations[pc]) {
      case Program.SET -> {
        if (at >= to) {
          return FAIL;
        }
        int c = Unicode.codePointAt(text, at, to);
        position = at + Character.charCount(c);
        return program.set(pc).test(c) ? pc + 1 : FAIL;
      }
      case Program.SPLIT -> {
        if (!mark(pc, at)) {
          return FAIL;
        }
        push(program.second[pc], at);
        return program.first[pc];
      }
      case Program.JUMP -> {
        return program.first[pc];
      }
      case Program.ANCHOR -> {
        Node.Anchor.Kind kind =
            (Node.Anchor.Kind) java.util.Objects.requireNonNull(program.arguments[pc]);
        return holds(kind, at) ? pc + 1 : FAIL;
      }
      case Program.ATOMIC -> {
        int end = run(program.first[pc], at, -1);
        position = end;
        return end == FAIL ? FAIL : program.second[pc];
      }
      case Program.LOOK_AHEAD -> {
        boolean negative = Boolean.TRUE.equals(program.arguments[pc]);
        boolean found = run(program.first[pc], at, -1) != FAIL;
        position = at;
        return found == negative ? FAIL : program.second[pc];
      }
      case Program.LOOK_BEHIND -> {
        Program.Behind behind =
            (Program.Behind) java.util.Objects.requireNonNull(program.arguments[pc]);
        boolean found = behind(program.first[pc], at, behind);
        position = at;
        return found == behind.negative() ? FAIL : program.second[pc];
      }
      default -> {
        return endAt < 0 || at == endAt ? MATCHED : FAIL;
      }
    }
  }

  private boolean behind(int pc, int at, Program.Behind behind) {
    int start = at;
    for (int length = 0; length <= behind.longest(); length++) {
      if (length >= behind.shortest() && run(pc, start, at) != FAIL) {
        return true;
      }
      if (start <= from) {
        return false;
      }
      start -= Character.charCount(Unicode.codePointBefore(text, from, start));
    }
    return false;
  }

  private boolean holds(Node.Anchor.Kind kind, int at) {
    return switch (kind) {
      case TEXT_START -> at == from;
      case TEXT_END -> at == to;
      case TEXT_END_OR_LAST_LINE_BREAK -> at == to || at == to - 1 && text[at] == '\n';
      case LINE_START -> at == from || text[at - 1] == '\n' && at < to;
      case LINE_END -> at == to || text[at] == '\n';
      case WORD_BOUNDARY -> wordBefore(at) != wordAt(at);
      case NO_WORD_BOUNDARY -> wordBefore(at) == wordAt(at);
    };
  }

  private boolean wordBefore(int at) {
    return at > from && CharacterClass.isWord(Unicode.codePointBefore(text, from, at));
  }

  private boolean wordAt(int at) {
    return at < to && CharacterClass.isWord(Unicode.codePointAt(text, at, to));
  }
}
