/// The attention explorer: one page, served at a loopback address, that shows what a model computes
/// for a text. [dev.heed.explorer.ExplorerServer] is where it starts; the page's own files are
/// resources beside these classes.
@NullMarked
package dev.heed.explorer;

import org.jspecify.annotations.NullMarked;
