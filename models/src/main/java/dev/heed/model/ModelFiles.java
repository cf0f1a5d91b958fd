package dev.heed.model;

import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsReader;
import dev.heed.weights.StoredTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;

/// What a model is made of, where its directory has it: beside an update ([Lora]) the weights are
/// those of the base model, and with them the head that the update brings.
public final class ModelFiles {
  private static final String CONFIG = "config.json";

  private ModelFiles() {}

  /// The configuration: the directory's own, else that of the base model.
  ///
  /// @throws ModelException if it is no JSON object
  public static ConfigFile config(Path directory) {
    Path own = directory.resolve(CONFIG);
    return ConfigFile.read(
        !Files.exists(own) && Lora.isIn(directory) ? Lora.base(directory).resolve(CONFIG) : own);
  }

  /// The weights, without the low-rank update.
  public static Checkpoint weights(Path directory) {
    if (!Lora.isIn(directory)) {
      return Checkpoint.open(directory);
    }
    Path base = Lora.base(directory);
    if (!Files.isDirectory(base)) {
      throw new ModelException(
          "%s is an update of %s, which only a language model can be".formatted(directory, base));
    }
    return new WithHead(
        Checkpoint.open(base), SafetensorsReader.open(directory.resolve(Lora.WEIGHTS)));
  }

  /// A base model's tensors, but for those that an update brings whole.
  private static final class WithHead implements Checkpoint {
    private final Checkpoint base;
    private final Map<String, StoredTensor> head = new LinkedHashMap<>();

    WithHead(Checkpoint base, Checkpoint update) {
      this.base = base;
      for (String name : update.names()) {
        if (name.startsWith(Lora.ROOT) && !name.contains(".lora_")) {
          String bare = name.substring(Lora.ROOT.length());
          head.put(bare, update.tensor(name).withName(bare));
        }
      }
    }

    @Override
    public String source() {
      return base.source();
    }

    @Override
    public SequencedSet<String> names() {
      SequencedSet<String> all = new LinkedHashSet<>(base.names());
      all.addAll(head.keySet());
      return all;
    }

    @Override
    public StoredTensor tensor(String name) {
      StoredTensor own = head.get(name);
      return own == null ? base.tensor(name) : own;
    }

    @Override
    public Map<String, String> metadata() {
      return base.metadata();
    }
  }
}
