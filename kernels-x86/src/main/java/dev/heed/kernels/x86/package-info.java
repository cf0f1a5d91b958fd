/// The fast path on x86-64: an assembler, executable memory, and the kernels written against them.
///
/// The way from below to above: [Assembler] encodes instructions, [ExecutableMemory] makes them
/// callable, [Kernel] calls them, [VectorCode] writes loops over vectors of one [Level]'s width.
@NullMarked
package dev.heed.kernels.x86;

import org.jspecify.annotations.NullMarked;
