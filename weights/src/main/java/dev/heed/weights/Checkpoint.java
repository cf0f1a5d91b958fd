package dev.heed.weights;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;

/// Tensors by name, as a file or folder stores them. Immutable and safe for any number of threads;
/// there is nothing to close: the mapping goes when nothing refers to it or its tensors any more.
public interface Checkpoint {
  /// What [#open] looks for in a folder, the first one first, as Hugging Face's libraries do.
  List<String> FILES =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  /// Opens a checkpoint file, or the one in a folder of [#FILES].
  ///
  /// @throws WeightsException when the file is not what it should be
  /// @throws UncheckedIOException when it cannot be read; a [NoSuchFileException] is the cause when
  ///   it is missing or the folder has none
  static Checkpoint open(Path path) {
    if (Files.isDirectory(path)) {
      for (String name : FILES) {
        if (Files.exists(path.resolve(name))) {
          return open(path.resolve(name));
        }
      }
      throw new UncheckedIOException(
          new NoSuchFileException(path.toString(), null, "expected one of " + FILES));
    }
    String name = path.getFileName().toString();
    if (name.endsWith(".safetensors.index.json")) {
      return ShardedCheckpoint.open(path, SafetensorsReader::open);
    }
    if (name.endsWith(".bin.index.json")) {
      return ShardedCheckpoint.open(path, PyTorchReader::open);
    }
    if (name.endsWith(".gguf")) {
      return GgufReader.open(path);
    }
    if (name.endsWith(".onnx")) {
      return OnnxReader.open(path);
    }
    if (name.endsWith(".bin") || name.endsWith(".pt") || name.endsWith(".pth")) {
      return PyTorchReader.open(path);
    }
    if (name.endsWith(".safetensors")) {
      return SafetensorsReader.open(path);
    }
    throw new WeightsException(
        path
            + ": expected a file named .safetensors, .gguf, .bin, .pt, .pth or .onnx: found "
            + name);
  }

  /// The file, for messages.
  String source();

  /// The names of all tensors, in the order of the file.
  SequencedSet<String> names();

  /// The tensor of this name.
  ///
  /// @throws WeightsException when there is none; the message lists names that look like it
  StoredTensor tensor(String name);

  /// What the file says about itself, such as `format` = `pt`; empty where it says nothing.
  Map<String, String> metadata();

  /// Whether there is a tensor of this name.
  default boolean contains(String name) {
    return names().contains(name);
  }
}
