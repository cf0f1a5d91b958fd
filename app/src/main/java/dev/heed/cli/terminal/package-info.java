/// Pictures in a terminal: bars, heat maps and a progress bar.
///
/// Nothing here knows about models: matrices and labels come in, lines of text go out. On a
/// [Terminal] that is interactive the lines may hold colours; elsewhere they are plain characters.
@NullMarked
package dev.heed.cli.terminal;

import org.jspecify.annotations.NullMarked;
