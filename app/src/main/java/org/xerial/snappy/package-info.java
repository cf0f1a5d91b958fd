/// What the Parquet reader asks for by this name to unpack Snappy pages: in plain Java, where the
/// library of this name brings machine code. Only the command line has it, where that library never
/// is; a program that reads Snappy pages adds the library itself.
@NullMarked
package org.xerial.snappy;

import org.jspecify.annotations.NullMarked;
