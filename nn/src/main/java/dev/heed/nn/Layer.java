package dev.heed.nn;

import dev.heed.tensor.DType;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/// Something with parameters: a layer, or a model made of layers.
///
/// A subclass registers its parameters and inner layers in its constructor, in the order of the
/// data. A parameter that is used in two places (a tied embedding) is registered where it is first
/// used; should two layers register the same one, it still is listed, updated, clipped and saved
/// once.
public abstract class Layer {
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Layer> layers = new LinkedHashMap<>();

  /// Makes `value` a parameter of this layer.
  protected final Parameter parameter(String name, Tensor value) {
    return parameter(name, Parameter.of(value));
  }

  /// Makes a parameter, perhaps another layer's, one of this layer.
  protected final Parameter parameter(String name, Parameter parameter) {
    if (parameters.putIfAbsent(name, parameter) != null) {
      throw new IllegalStateException("a parameter name must be new: received " + name);
    }
    return parameter;
  }

  /// Makes `layer` a part of this one.
  protected final <L extends Layer> L layer(String name, L layer) {
    if (layers.putIfAbsent(name, layer) != null) {
      throw new IllegalStateException("a layer name must be new: received " + name);
    }
    return layer;
  }

  /// Takes a parameter of this layer out again.
  protected final void removeParameter(String name) {
    parameters.remove(name);
  }

  /// All inner layers under their dotted names, in the order of registration.
  public final Map<String, Layer> layers() {
    Map<String, Layer> all = new LinkedHashMap<>();
    layers.forEach((name, layer) -> {
      all.put(name, layer);
      layer.layers().forEach((inner, below) -> all.put(name + "." + inner, below));
    });
    return all;
  }

  /// All parameters under their dotted names, in the order of registration, each once.
  public final Map<String, Parameter> parameters() {
    Map<String, Parameter> all = new LinkedHashMap<>();
    Set<Parameter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    collect(
        "",
        (name, parameter) -> {
          if (seen.add(parameter)) {
            all.put(name, parameter);
          }
        });
    return all;
  }

  private void collect(String prefix, BiConsumer<String, Parameter> to) {
    parameters.forEach((name, parameter) -> to.accept(prefix + name, parameter));
    layers.forEach((name, layer) -> layer.collect(prefix + name + ".", to));
  }

  /// The number of trainable and frozen numbers, tied ones counted once.
  public final long parameterCount() {
    return parameters().values().stream().mapToLong(Tensor::elements).sum();
  }

  /// Leaves all parameters as they are from now on, or lets training change them again.
  public final void setFrozen(boolean frozen) {
    parameters().values().forEach(parameter -> parameter.setFrozen(frozen));
  }

  /// Changes the type of all parameters in place: F64 for finite differences.
  public final void convertTo(DType dtype) {
    parameters().values().forEach(parameter -> parameter.convertTo(dtype));
  }
}
