/// The `heed` command: one class a command, all hung under [HeedCommand] by [Main].
///
/// Results go to standard output, progress and messages to standard error. Every command takes the
/// [HeedCommand] it belongs to, which holds the global options and the streams; a failure is a
/// [CommandFailure], which becomes one line on standard error and an exit code.
@NullMarked
package dev.heed.cli;

import org.jspecify.annotations.NullMarked;
