/// The portable fast path: the kernels written with the JDK's Vector API, which C2 compiles to the
/// vector instructions of the processor at hand.
///
/// [Lanes] reads, writes and adds up vectors; [Functions] and [Activations] are computed over them;
/// [Tile], [Matmul] and [Attention] are the products, the other classes the operations over rows
/// and elements. [VectorKernels] brings them behind the one interface.
///
/// Rules that all of it keeps. A vector never leaves the method that made it unless the callee is
/// small enough to be inlined: else it is boxed, which costs more than the arithmetic. Sums over
/// lanes go by [Lanes#sum], whose order is fixed. Multiply-adds are `fma`, whose rounding is fixed;
/// exp and its like are [Functions]: so interpreted and compiled code give the same bits.
@NullMarked
package dev.heed.kernels.vector;

import org.jspecify.annotations.NullMarked;
