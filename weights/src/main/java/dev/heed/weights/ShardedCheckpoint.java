package dev.heed.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// Reads a checkpoint in several files: an index, such as `model.safetensors.index.json`, says in
/// which file of the same folder each tensor is.
final class ShardedCheckpoint {
  /// An index of a hundred thousand tensors has a tenth of this.
  private static final long MAX_INDEX = 100_000_000;

  private ShardedCheckpoint() {}

  /// Opens the index and every file that it names.
  ///
  /// @param opener opens one of those files
  static Checkpoint open(Path index, Function<Path, Checkpoint> opener) {
    Map<String, String> weightMap = weightMap(index.toString(), MappedFile.read(index));
    Map<String, Checkpoint> shards = new LinkedHashMap<>();
    SequencedMap<String, Supplier<StoredTensor>> tensors = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    weightMap.forEach((name, shardName) -> {
      Checkpoint shard =
          shards.computeIfAbsent(shardName, file -> opener.apply(index.resolveSibling(file)));
      if (!shard.contains(name)) {
        throw new WeightsException(
            index + ": expected " + name + " in " + shardName + ": found no such tensor there");
      }
      shard.metadata().forEach(metadata::putIfAbsent);
      tensors.put(name, () -> shard.tensor(name));
    });
    return new TensorTable(index.toString(), tensors, metadata);
  }

  /// The file of each tensor.
  static Map<String, String> weightMap(String source, MemorySegment index) {
    if (index.byteSize() > MAX_INDEX) {
      throw new WeightsException(
          source
              + ": expected an index of at most "
              + MAX_INDEX
              + " bytes: found "
              + index.byteSize());
    }
    Map<String, String> weightMap = new LinkedHashMap<>();
    boolean seen = false;
    try (JsonParser parser = Json.parser(index.toArray(ValueLayout.JAVA_BYTE))) {
      Json.expect(source, parser.nextToken(), JsonToken.START_OBJECT, "the index");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        JsonToken value = parser.nextToken();
        if (key.equals("weight_map") && !seen) {
          seen = true;
          Json.expect(source, value, JsonToken.START_OBJECT, key);
          readMap(source, parser, weightMap);
        } else if (key.equals("weight_map")) {
          throw new WeightsException(source + ": expected one weight_map: found two");
        } else {
          // "metadata" holds sizes that nobody needs.
          parser.skipChildren();
        }
      }
      Json.expectEnd(source, parser);
    } catch (JacksonException e) {
      throw new WeightsException(
          source + ": expected a JSON index: found " + e.getOriginalMessage(), e);
    }
    if (!seen) {
      throw new WeightsException(source + ": expected a weight_map: found none");
    }
    return weightMap;
  }

  private static void readMap(String source, JsonParser parser, Map<String, String> weightMap) {
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      Json.expect(source, parser.nextToken(), JsonToken.VALUE_STRING, name);
      String shard = parser.getString();
      // A plain name: an index must not reach outside its folder.
      if (!shard.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}")) {
        throw new WeightsException(
            source
                + ": "
                + name
                + ": expected the name of a file in the same folder: found "
                + shard);
      }
      if (weightMap.put(name, shard) != null) {
        throw new WeightsException(source + ": expected each name once: found " + name + " twice");
      }
    }
  }
}
