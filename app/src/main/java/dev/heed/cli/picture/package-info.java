/// What a picture shows, and pictures as SVG files that need nothing else: no script, no font, no
/// network. The same data drawn in a terminal: [dev.heed.cli.terminal].
@NullMarked
package dev.heed.cli.picture;

import org.jspecify.annotations.NullMarked;
