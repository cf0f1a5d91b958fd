package dev.heed.tensor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// How a tensor was computed: its inputs, and what to do with its gradient.
///
/// Nodes are numbered as they are made, each above its inputs, so descending numbers are a valid
/// order for the backward pass: it needs no recursion, and a graph may be as deep as memory allows.
final class Node {
  private static final ThreadLocal<int[]> OFF = ThreadLocal.withInitial(() -> new int[1]);
  private static final ThreadLocal<long[]> MADE = ThreadLocal.withInitial(() -> new long[1]);

  private final long number;
  private @Nullable Tensor @Nullable [] inputs;
  private @Nullable Consumer<Tensor> backward;

  /// Blocks of a step's memory that this node and those after it need.
  private final List<StepMemory.Block> made;

  private Node(Tensor[] inputs, Consumer<Tensor> backward) {
    long[] made = MADE.get();
    for (Tensor input : inputs) {
      if (input.node != null) {
        // Another thread, which counts by itself, may have computed it.
        made[0] = Math.max(made[0], input.node.number + 1);
      }
    }
    this.number = made[0]++;
    this.inputs = inputs;
    this.backward = backward;
    StepMemory memory = StepMemory.current();
    this.made = memory == null ? List.of() : memory.madeBeforeNode();
  }

  /// Whether an operation on these inputs must remember how to go back.
  static boolean wanted(@Nullable Tensor... inputs) {
    if (OFF.get()[0] > 0) {
      return false;
    }
    for (Tensor input : inputs) {
      if (input != null && input.requiresGradient()) {
        return true;
      }
    }
    return false;
  }

  /// Lets `out` remember its inputs, if wanted; `backward` gets out's gradient and hands on theirs.
  static Tensor record(Tensor out, Consumer<Tensor> backward, @Nullable Tensor... inputs) {
    if (wanted(inputs)) {
      List<Tensor> sources = new ArrayList<>();
      for (Tensor input : inputs) {
        if (input != null && input.requiresGradient()) {
          sources.add(input);
        }
      }
      out.computedBy(new Node(sources.toArray(Tensor[]::new), backward));
    }
    return out;
  }

  /// Whether nothing remembers how it was computed.
  static boolean isOff() {
    return OFF.get()[0] > 0;
  }

  static <T> T without(Supplier<T> body) {
    int[] off = OFF.get();
    off[0]++;
    try {
      return body.get();
    } finally {
      off[0]--;
    }
  }

  /// The result of `body`, of which only `inputs` and the result are kept: the backward pass
  /// computes the rest again.
  static Tensor recomputed(Supplier<Tensor> body, Tensor... inputs) {
    if (!wanted(inputs)) {
      return body.get();
    }
    StepMemory memory = StepMemory.current();
    Supplier<Tensor> first = () -> without(body);
    Tensor out = memory == null ? first.get() : memory.keepingResult(first);
    return record(out, gradient -> again(body, inputs, gradient), inputs);
  }

  private static void again(Supplier<Tensor> body, Tensor[] inputs, Tensor gradient) {
    long[] made = MADE.get();
    for (Tensor input : inputs) {
      if (input.node != null) {
        made[0] = Math.max(made[0], input.node.number + 1);
      }
    }
    long first = made[0];
    StepMemory memory = StepMemory.current();
    StepMemory freeing = memory != null && memory.isFreeing() ? memory : null;
    Tensor out;
    int off = OFF.get()[0];
    OFF.get()[0] = 0;
    try {
      out = freeing == null ? body.get() : freeing.notFreeing(body);
    } finally {
      OFF.get()[0] = off;
    }
    List<Tensor> computed = reachable(out, first);
    requireDeclared(computed, first, inputs);
    backward(out, computed, gradient, freeing);
  }

  /// A gradient for anything else would come when the pass does not look for it any more.
  private static void requireDeclared(List<Tensor> computed, long first, Tensor[] inputs) {
    for (Tensor tensor : computed) {
      @Nullable Tensor[] sources = node(tensor).inputs;
      for (Tensor source : sources == null ? new Tensor[0] : sources) {
        boolean before = source != null && source.node != null && source.node.number < first;
        if (before && Stream.of(inputs).noneMatch(input -> input == source)) {
          throw new IllegalStateException(
              "what is recomputed must be told all that it takes: it took " + source);
        }
      }
    }
  }

  /// @param memory where what is no longer needed is given back; null keeps it
  static void run(Tensor root, Tensor seed, @Nullable StepMemory memory) {
    List<Tensor> computed = reachable(root, 0);
    if (memory != null) {
      memory.beginFreeing();
    }
    backward(root, computed, seed, memory);
    if (memory != null) {
      memory.endFreeing();
    }
  }

  private static void backward(
      Tensor root, List<Tensor> computed, Tensor seed, @Nullable StepMemory memory) {
    computed.sort((a, b) -> Long.compare(node(b).number, node(a).number));
    without(() -> {
      root.accumulate(seed);
      for (Tensor tensor : computed) {
        Node node = node(tensor);
        Consumer<Tensor> step = node.backward;
        Tensor gradient = tensor.gradient();
        node.backward = null;
        node.inputs = null;
        if (step != null && gradient != null) {
          step.accept(gradient);
          tensor.clearGradient();
        }
        if (memory != null) {
          memory.freeAfter(node.made);
        }
      }
      return null;
    });
  }

  /// What `root` was computed from, as far as nodes are numbered `first` or above.
  private static List<Tensor> reachable(Tensor root, long first) {
    Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Tensor> open = new ArrayDeque<>();
    List<Tensor> computed = new ArrayList<>();
    open.push(root);
    seen.add(root);
    while (!open.isEmpty()) {
      Tensor tensor = open.pop();
      if (tensor.node == null || tensor.node.number < first) {
        continue;
      }
      // Found before any gradient is added to.
      if (tensor.node.backward == null) {
        throw new IllegalStateException(
            "backward() was already called through " + tensor + ": compute it again first");
      }
      computed.add(tensor);
      if (tensor.node.inputs != null) {
        for (Tensor input : tensor.node.inputs) {
          if (input != null && seen.add(input)) {
            open.push(input);
          }
        }
      }
    }
    return computed;
  }

  private static Node node(Tensor tensor) {
    Node node = tensor.node;
    if (node == null) {
      throw new AssertionError("only computed tensors are collected");
    }
    return node;
  }
}
