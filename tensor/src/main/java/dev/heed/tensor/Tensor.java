package dev.heed.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An array of numbers with a [Shape] and a [DType], off the heap, row-major, and nothing to close.
///
/// A tensor computed by [Operations] from one that requires a gradient remembers how, so that
/// [#backward] can bring the gradient back. Do not write into [#memory] of such a tensor.
///
/// A tensor made inside [StepMemory#step] throws once its step is over; [#copy] outside keeps it.
public class Tensor {
  private final Shape shape;
  private DType dtype;
  private MemorySegment memory;
  private final StepMemory.@Nullable Block block;
  private boolean requiresGradient;
  private @Nullable Tensor gradient;
  private boolean ownsGradient;
  @Nullable Node node;

  Tensor(Shape shape, DType dtype, MemorySegment memory, StepMemory.@Nullable Block block) {
    this.shape = shape;
    this.dtype = dtype;
    this.memory = memory;
    this.block = block;
  }

  /// A tensor with undefined content, for an output that is written whole.
  public static Tensor empty(Shape shape, DType dtype) {
    long bytes = dtype.bytes(shape);
    StepMemory step = StepMemory.current();
    if (step == null) {
      return new Tensor(shape, dtype, Memory.allocate(bytes), null);
    }
    StepMemory.Block block = step.allocate(bytes);
    return new Tensor(shape, dtype, block.memory(), block);
  }

  /// A tensor that has no elements yet, and so takes no memory: for the parameters of a model whose
  /// weights a file will give ([Parameter#share]). Asking for its elements throws.
  public static Tensor withoutElements(Shape shape, DType dtype) {
    return new Tensor(shape, dtype, MemorySegment.NULL, null);
  }

  /// A tensor of zeros.
  public static Tensor zeros(Shape shape, DType dtype) {
    Tensor zeros = empty(shape, dtype);
    zeros.memory.fill((byte) 0);
    return zeros;
  }

  /// An F32 tensor with these elements, row by row.
  ///
  /// @throws IllegalArgumentException if the shape has another number of elements
  public static Tensor of(float[] elements, int... shape) {
    Tensor tensor = withElements(elements.length, Shape.of(shape), DType.F32);
    tensor.memory.copyFrom(MemorySegment.ofArray(elements));
    return tensor;
  }

  /// An F64 tensor with these elements, row by row.
  public static Tensor of(double[] elements, int... shape) {
    Tensor tensor = withElements(elements.length, Shape.of(shape), DType.F64);
    tensor.memory.copyFrom(MemorySegment.ofArray(elements));
    return tensor;
  }

  /// An I32 tensor with these elements, row by row.
  public static Tensor of(int[] elements, int... shape) {
    Tensor tensor = withElements(elements.length, Shape.of(shape), DType.I32);
    tensor.memory.copyFrom(MemorySegment.ofArray(elements));
    return tensor;
  }

  /// A tensor over memory that already holds its elements, such as a mapped file; nothing is
  /// copied.
  public static Tensor over(MemorySegment memory, Shape shape, DType dtype) {
    long bytes = dtype.bytes(shape);
    if (!memory.isNative()) {
      throw new IllegalArgumentException("memory must be off the heap: received " + memory);
    }
    if (memory.byteSize() != bytes) {
      throw new IllegalArgumentException(
          "memory of %s %s must have %d bytes: received %d"
              .formatted(dtype, shape, bytes, memory.byteSize()));
    }
    return new Tensor(shape, dtype, memory, null);
  }

  private static Tensor withElements(int received, Shape shape, DType dtype) {
    if (shape.elements() != received) {
      throw new IllegalArgumentException(
          "shape %s has %d elements: received %d".formatted(shape, shape.elements(), received));
    }
    return empty(shape, dtype);
  }

  public final Shape shape() {
    return shape;
  }

  public final DType dtype() {
    return dtype;
  }

  /// The number of elements.
  public final long elements() {
    return shape.elements();
  }

  /// The elements in row-major order, aligned to the element's size at least.
  ///
  /// @throws IllegalStateException if this tensor belongs to a step that is over, or has no
  ///   elements yet
  public final MemorySegment memory() {
    if (!hasElements()) {
      throw new IllegalStateException("no weights were loaded yet into " + this);
    }
    if (block != null) {
      block.requireAlive();
    }
    return memory;
  }

  /// Whether this has elements: true but for [#withoutElements].
  public final boolean hasElements() {
    return memory.address() != 0;
  }

  /// The value of a tensor with one element.
  public final double item() {
    if (elements() != 1) {
      throw new IllegalStateException("item() needs one element: this is " + this);
    }
    return Elements.of(this).get(0);
  }

  /// The element at these indices, one a dimension.
  public final double get(int... indices) {
    if (indices.length != shape.rank()) {
      throw new IllegalArgumentException(
          "get() needs %d indices: received %d".formatted(shape.rank(), indices.length));
    }
    long flat = 0;
    for (int i = 0; i < indices.length; i++) {
      flat = flat * shape.dimension(i) + Objects.checkIndex(indices[i], shape.dimension(i));
    }
    return Elements.of(this).get(flat);
  }

  /// All elements, row by row.
  public final float[] toFloatArray() {
    if (dtype == DType.F32) {
      return memory().toArray(ValueLayout.JAVA_FLOAT);
    }
    double[] doubles = toDoubleArray();
    float[] floats = new float[doubles.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) doubles[i];
    }
    return floats;
  }

  /// All elements, row by row.
  public final double[] toDoubleArray() {
    Elements from = Elements.of(this);
    double[] doubles = new double[Math.toIntExact(elements())];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = from.get(i);
    }
    return doubles;
  }

  /// All elements of an I32 tensor, row by row.
  public final int[] toIntArray() {
    if (dtype != DType.I32) {
      throw new IllegalStateException("toIntArray() needs I32: this is " + this);
    }
    return memory().toArray(ValueLayout.JAVA_INT);
  }

  /// A tensor of its own with the same elements, outside any step's memory and without a gradient.
  public final Tensor copy() {
    return StepMemory.outside(() -> {
      Tensor copy = empty(shape, dtype);
      copy.memory.copyFrom(memory());
      return copy;
    });
  }

  /// The same elements in another type; a copy even if the type is the same.
  public final Tensor to(DType type) {
    Tensor converted = empty(shape, type);
    Elements from = Elements.of(this);
    Elements to = Elements.of(converted);
    for (long i = 0, n = elements(); i < n; i++) {
      to.set(i, from.get(i));
    }
    return converted;
  }

  /// Replaces all elements by those of `source`, converted to this tensor's type.
  ///
  /// @throws IllegalArgumentException if the shapes differ
  public final void copyFrom(Tensor source) {
    if (!shape.equals(source.shape)) {
      throw new IllegalArgumentException(
          "copyFrom() needs shape %s: received %s".formatted(shape, source.shape));
    }
    if (dtype == source.dtype) {
      memory().copyFrom(source.memory());
    } else {
      memory().copyFrom(source.to(dtype).memory());
    }
  }

  /// The rows `from` … `to` − 1 of a matrix, sharing its memory; no gradient flows through.
  public final Tensor rows(int from, int to) {
    if (shape.rank() != 2) {
      throw new IllegalStateException("rows() needs a matrix: this is " + this);
    }
    long row = (long) shape.width() * dtype.bytes();
    Objects.checkFromToIndex(from, to, shape.dimension(0));
    return view(
        Shape.of(to - from, shape.width()), memory().asSlice(from * row, (to - from) * row));
  }

  /// The same memory under another shape; no gradient flows through ([Operations#reshape] lets it).
  public final Tensor withShape(Shape other) {
    if (other.elements() != elements()) {
      throw new IllegalArgumentException(
          "shape %s has %d elements: expected %d".formatted(other, other.elements(), elements()));
    }
    return view(other, memory());
  }

  private Tensor view(Shape other, MemorySegment part) {
    return new Tensor(other, dtype, part, block);
  }

  // Gradients

  /// Whether [#backward] brings a gradient to this tensor.
  public final boolean requiresGradient() {
    return requiresGradient;
  }

  /// Asks for a gradient, or (frozen) for none from now on.
  public final Tensor requireGradient(boolean required) {
    if (required && !dtype.isFloating()) {
      throw new IllegalStateException("only floating types have gradients: this is " + this);
    }
    if (node != null) {
      throw new IllegalStateException("a computed tensor follows its inputs: " + this);
    }
    requiresGradient = required;
    return this;
  }

  /// The gradient that [#backward] added up here, null before.
  public final @Nullable Tensor gradient() {
    return gradient;
  }

  /// Forgets the gradient; the next [#backward] starts anew.
  public final void clearGradient() {
    setGradient(null);
  }

  private void setGradient(@Nullable Tensor next) {
    Tensor before = gradient;
    gradient = next;
    if (next != null && next.block != null) {
      next.block.addGradient();
    }
    if (before != null && before.block != null) {
      before.block.removeGradient();
    }
  }

  /// Differentiates this scalar with respect to every tensor it was computed from that requires a
  /// gradient, and adds to their [#gradient].
  ///
  /// @throws IllegalStateException if this has more than one element, requires no gradient, or its
  ///   graph was used up by an earlier call
  public final void backward() {
    requireScalar();
    backward(one());
  }

  /// Like [#backward()]; in a step's memory, all tensors that this was computed from, and this
  /// itself, are freed as soon as the rest of the pass does not need them. To touch one later
  /// throws.
  public final void backwardAndFree() {
    requireScalar();
    requireGraph();
    Node.run(this, one(), StepMemory.current());
  }

  private Tensor one() {
    Tensor one = empty(shape, dtype);
    Elements.of(one).set(0, 1);
    return one;
  }

  private void requireScalar() {
    if (elements() != 1) {
      throw new IllegalStateException("backward() starts at one element: this is " + this);
    }
  }

  private void requireGraph() {
    if (!requiresGradient) {
      throw new IllegalStateException("nothing that this was computed from requires a gradient");
    }
  }

  /// Like [#backward()], starting from the gradient of something with respect to this tensor.
  public final void backward(Tensor seed) {
    requireGraph();
    if (!seed.shape.equals(shape) || seed.dtype != dtype) {
      throw new IllegalArgumentException(
          "the gradient of %s must be like it: received %s".formatted(this, seed));
    }
    Node.run(this, seed, null);
  }

  /// Runs `body` without remembering how tensors are computed: for inference, at no cost of memory.
  public static <T> T noGrad(Supplier<T> body) {
    return Node.without(body);
  }

  /// The result of `body`, computed from `inputs`, of which a later backward pass keeps nothing
  /// else: it runs `body` once more when it comes there. Where no input requires a gradient, `body`
  /// just runs.
  ///
  /// Source: Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost".
  ///
  /// @param body gives the same each time
  /// @param inputs all that `body` takes and that was computed from what requires a gradient; the
  ///   backward pass throws if one is missing
  public static Tensor recomputed(Supplier<Tensor> body, Tensor... inputs) {
    return Node.recomputed(body, inputs);
  }

  /// Marks this as computed from tensors of which at least one requires a gradient.
  final void computedBy(Node by) {
    node = by;
    requiresGradient = true;
  }

  /// Adds to the gradient. `addend` is only read, now or later, so it may be handed to several
  /// tensors.
  final void accumulate(Tensor addend) {
    Tensor before = gradient;
    if (before == null) {
      ownsGradient = node == null;
      setGradient(node == null ? addend.copy() : addend);
    } else if (ownsGradient) {
      Kernels.active().add(before, addend, 1, before);
    } else {
      Tensor sum = empty(shape, dtype);
      Kernels.active().add(before, addend, 1, sum);
      setGradient(sum);
      ownsGradient = true;
    }
  }

  /// The gradient to add to, zeros if there was none: for kernels that add by themselves.
  final Tensor gradientToAddTo() {
    Tensor own = gradient;
    if (own == null) {
      own = node != null ? zeros(shape, dtype) : StepMemory.outside(() -> zeros(shape, dtype));
    } else if (!ownsGradient) {
      Tensor sum = empty(shape, dtype);
      sum.memory.copyFrom(own.memory());
      own = sum;
    }
    setGradient(own);
    ownsGradient = true;
    return own;
  }

  /// Changes the type of this tensor's elements in place: for [Parameter].
  final void convert(DType type) {
    if (dtype != type) {
      Tensor converted = StepMemory.outside(() -> to(type));
      memory = converted.memory;
      dtype = type;
      clearGradient();
    }
  }

  /// Takes over the memory and the type of `elements`: for [Parameter].
  final void adopt(Tensor elements) {
    if (!shape.equals(elements.shape)) {
      throw new IllegalArgumentException(
          "elements must have the shape %s: received %s".formatted(shape, elements.shape));
    }
    memory = elements.memory();
    dtype = elements.dtype;
    clearGradient();
  }

  @Override
  public String toString() {
    return "Tensor " + dtype + " " + shape;
  }
}
