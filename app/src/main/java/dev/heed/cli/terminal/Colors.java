package dev.heed.cli.terminal;

/// How many colours a terminal shows.
public enum Colors {
  /// None: not a terminal, a dumb one, or the user set `NO_COLOR`.
  NONE,
  /// The 256 colours of xterm's palette.
  PALETTE,
  /// 24 bits a colour.
  TRUE;
}
