package dev.heed.training;

import dev.heed.nn.Layer;
import dev.heed.tensor.DType;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsReader;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The state of a run on disk: `step-N/model.safetensors` and `step-N/optimizer.safetensors`, named
/// by the file `latest`.
///
/// A checkpoint is written whole and forced to disk before `latest` is atomically replaced; older
/// ones are removed only then. So a process killed at any moment leaves a checkpoint that can be
/// resumed.
public final class TrainingCheckpoint {
  private static final String LATEST = "latest";
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";

  private TrainingCheckpoint() {}

  /// What a run knows besides its weights and the optimizer's running values.
  ///
  /// @param step how many steps are done; the position in the data follows from it
  /// @param seed the run's seed; with the step it is the state of everything random
  /// @param bestLoss the lowest validation loss so far, infinite before the first
  /// @param sinceBest evaluations since then
  public record Saved(long step, long seed, double bestLoss, int sinceBest) {
    Map<String, String> toMetadata() {
      return Map.of(
          "format", "pt",
          "step", Long.toString(step),
          "seed", Long.toString(seed),
          "best_loss", Double.toString(bestLoss),
          "since_best", Integer.toString(sinceBest));
    }

    static Saved of(Map<String, String> metadata) {
      return new Saved(
          Long.parseLong(metadata.getOrDefault("step", "0")),
          Long.parseLong(metadata.getOrDefault("seed", "0")),
          Double.parseDouble(metadata.getOrDefault("best_loss", "Infinity")),
          Integer.parseInt(metadata.getOrDefault("since_best", "0")));
    }
  }

  /// Writes a checkpoint and makes it the latest.
  public static void write(Path directory, Layer model, Optimizer optimizer, Saved saved) {
    String name = "step-" + saved.step();
    Path place = directory.resolve(name);
    try {
      if (!place.equals(latest(directory))) {
        remove(place); // what a kill left half written
      }
      Files.createDirectories(place);
      SafetensorsWriter.write(place.resolve(MODEL), stored(model.parameters()), saved.toMetadata());
      SafetensorsWriter.write(
          place.resolve(OPTIMIZER), stored(optimizer.state()), saved.toMetadata());
      force(place);
      force(directory);
      Path next = directory.resolve(LATEST + ".next");
      try (FileChannel channel =
          FileChannel.open(
              next,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8)));
        channel.force(true);
      }
      Files.move(next, directory.resolve(LATEST), StandardCopyOption.ATOMIC_MOVE);
      force(directory);
      removeOthers(directory, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Brings model and optimizer to the latest checkpoint, if there is one; changes neither where it
  /// throws.
  ///
  /// @param seed the run's seed
  /// @throws IllegalStateException if it is of a run with another seed, or holds other tensors than
  ///   the model
  public static @Nullable Saved restoreLatest(
      Path directory, long seed, Layer model, Optimizer optimizer) {
    Path place = latest(directory);
    if (place == null) {
      return null;
    }
    Checkpoint weights = SafetensorsReader.open(place.resolve(MODEL));
    Saved saved = Saved.of(weights.metadata());
    if (saved.seed() != seed) {
      throw new IllegalStateException(
          "the checkpoint in %s must have the run's seed %d: received %d"
              .formatted(directory, seed, saved.seed()));
    }
    Map<String, Parameter> parameters = model.parameters();
    requireSame(place, weights, parameters);
    Checkpoint running = SafetensorsReader.open(place.resolve(OPTIMIZER));
    Map<String, Tensor> state = new LinkedHashMap<>();
    running.names().forEach(name -> state.put(name, tensor(running.tensor(name))));
    parameters.forEach((name, parameter) -> parameter.copyFrom(tensor(weights.tensor(name))));
    optimizer.restore(state);
    return saved;
  }

  /// Writes the weights alone.
  static void writeWeights(Path file, Layer model) {
    SafetensorsWriter.write(file, stored(model.parameters()), Map.of("format", "pt"));
  }

  /// Brings the model to the weights of [#writeWeights].
  static void readWeights(Path file, Layer model) {
    Checkpoint weights = SafetensorsReader.open(file);
    Map<String, Parameter> parameters = model.parameters();
    requireSame(file, weights, parameters);
    parameters.forEach((name, parameter) -> parameter.copyFrom(tensor(weights.tensor(name))));
  }

  private static void requireSame(
      Path place, Checkpoint weights, Map<String, Parameter> parameters) {
    if (!weights.names().equals(parameters.keySet())) {
      Set<String> missing = new TreeSet<>(parameters.keySet());
      missing.removeAll(weights.names());
      Set<String> others = new TreeSet<>(weights.names());
      others.removeAll(parameters.keySet());
      throw new IllegalStateException(
          "%s must hold the model's tensors: it lacks %s and has others, %s"
              .formatted(place, missing, others));
    }
    parameters.forEach((name, parameter) -> {
      StoredTensor stored = weights.tensor(name);
      if (!stored.shape().equals(parameter.shape())) {
        throw new IllegalStateException(
            "%s must hold %s with shape %s: received %s"
                .formatted(place, name, parameter.shape(), stored));
      }
    });
  }

  /// The folder of the latest checkpoint, null if there is none.
  public static @Nullable Path latest(Path directory) {
    Path file = directory.resolve(LATEST);
    try {
      return Files.exists(file) ? directory.resolve(Files.readString(file).strip()) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<StoredTensor> stored(Map<String, ? extends Tensor> tensors) {
    List<StoredTensor> stored = new ArrayList<>();
    tensors.forEach((name, tensor) -> {
      StoredType type =
          switch (tensor.dtype()) {
            case F32 -> StoredType.F32;
            case F64 -> StoredType.F64;
            case BF16 -> StoredType.BF16;
            case I32 -> StoredType.I32;
            case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K, I8 ->
                throw new IllegalStateException("quantised weights are not trained: " + name);
          };
      stored.add(new StoredTensor(name, type, tensor.shape(), tensor.memory()));
    });
    return stored;
  }

  private static Tensor tensor(StoredTensor stored) {
    DType dtype =
        switch (stored.type()) {
          case F32 -> DType.F32;
          case F64 -> DType.F64;
          case BF16 -> DType.BF16;
          case I32 -> DType.I32;
          default ->
              throw new IllegalStateException(
                  "a checkpoint of a training holds F32, F64, BF16 or I32: received " + stored);
        };
    return Tensor.over(stored.data(), stored.shape(), dtype);
  }

  private static void removeOthers(Path directory, String kept) throws IOException {
    List<Path> old;
    try (Stream<Path> entries = Files.list(directory)) {
      old =
          entries
              .filter(entry -> entry.getFileName().toString().startsWith("step-"))
              .filter(entry -> !entry.getFileName().toString().equals(kept))
              .toList();
    }
    for (Path folder : old) {
      remove(folder);
    }
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> inside = Files.walk(folder)) {
        for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  /// Makes the names in a folder durable; where the system has no such call, the move was enough.
  private static void force(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Windows cannot open a folder; its moves are journalled.
    }
  }
}
