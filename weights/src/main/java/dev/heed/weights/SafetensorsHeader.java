package dev.heed.weights;

import dev.heed.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// The JSON at the head of a safetensors file: what is stored where.
///
/// @param entries in the order of the header
/// @param metadata the texts under `__metadata__`
record SafetensorsHeader(List<Entry> entries, Map<String, String> metadata) {
  private static final String METADATA = "__metadata__";

  /// The largest checkpoints have some ten thousand; it bounds the memory a hostile header takes.
  private static final int MAX_TENSORS = 1 << 18;

  /// A tensor's bytes are those from `begin` to `end`, counted from the end of the header.
  record Entry(String name, StoredType type, Shape shape, long begin, long end) {}

  /// Reads the header; the offsets are not checked against each other yet.
  ///
  /// @param source the file, for messages
  static SafetensorsHeader parse(String source, byte[] json) {
    try (JsonParser parser = Json.parser(json)) {
      return new Parsing(source, parser).header();
    } catch (JacksonException e) {
      throw new WeightsException(
          source + ": expected a JSON header: found " + e.getOriginalMessage(), e);
    }
  }

  private record Parsing(String source, JsonParser parser) {
    SafetensorsHeader header() {
      Json.expect(source, parser.nextToken(), JsonToken.START_OBJECT, "the header");
      Map<String, Entry> entries = new LinkedHashMap<>();
      Map<String, String> metadata = new LinkedHashMap<>();
      boolean metadataSeen = false;
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        boolean duplicate;
        if (name.equals(METADATA)) {
          duplicate = metadataSeen;
          metadataSeen = true;
          readMetadata(metadata);
        } else {
          duplicate = entries.put(name, entry(name)) != null;
        }
        if (entries.size() > MAX_TENSORS) {
          throw new WeightsException(
              source + ": expected at most " + MAX_TENSORS + " tensors: found more");
        }
        if (duplicate) {
          throw new WeightsException(
              source + ": expected each name once: found " + name + " twice");
        }
      }
      Json.expectEnd(source, parser);
      return new SafetensorsHeader(List.copyOf(entries.values()), metadata);
    }

    private void readMetadata(Map<String, String> metadata) {
      Json.expect(source, parser.nextToken(), JsonToken.START_OBJECT, METADATA);
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        Json.expect(source, parser.nextToken(), JsonToken.VALUE_STRING, METADATA + " " + key);
        if (metadata.put(key, parser.getString()) != null) {
          throw new WeightsException(
              source + ": expected each key of " + METADATA + " once: found " + key + " twice");
        }
      }
    }

    private Entry entry(String name) {
      Json.expect(source, parser.nextToken(), JsonToken.START_OBJECT, name);
      StoredType type = null;
      long[] shape = null;
      long[] offsets = null;
      int keys = 0;
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        keys++;
        switch (key) {
          case "dtype" -> type = type(name);
          case "shape" -> shape = numbers(name, key, StoredShapes.MAX_RANK);
          case "data_offsets" -> offsets = numbers(name, key, 2);
          default ->
              throw new WeightsException(
                  source + ": " + name + ": expected dtype, shape and data_offsets: found " + key);
        }
      }
      // Three keys with one of them given twice leave another one out.
      if (type == null || shape == null || offsets == null || keys != 3 || offsets.length != 2) {
        throw new WeightsException(
            source
                + ": "
                + name
                + ": expected one dtype, one shape and one pair of data_offsets: found dtype "
                + type
                + ", shape "
                + Arrays.toString(shape)
                + ", data_offsets "
                + Arrays.toString(offsets)
                + ", "
                + keys
                + " keys");
      }
      return new Entry(
          name, type, StoredShapes.of(source + ": " + name, shape), offsets[0], offsets[1]);
    }

    private StoredType type(String name) {
      Json.expect(source, parser.nextToken(), JsonToken.VALUE_STRING, name + " dtype");
      String dtype = parser.getString();
      for (StoredType type : StoredType.values()) {
        if (!type.isQuantized() && type.name().equals(dtype)) {
          return type;
        }
      }
      throw new WeightsException(
          source
              + ": "
              + name
              + ": expected a dtype of "
              + Arrays.stream(StoredType.values()).filter(type -> !type.isQuantized()).toList()
              + ": found "
              + dtype);
    }

    private long[] numbers(String name, String key, int limit) {
      Json.expect(source, parser.nextToken(), JsonToken.START_ARRAY, name + " " + key);
      List<Long> numbers = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        Json.expect(source, parser.currentToken(), JsonToken.VALUE_NUMBER_INT, name + " " + key);
        // Throws where the number does not fit.
        long number = parser.getLongValue();
        if (number < 0 || numbers.size() == limit) {
          throw new WeightsException(
              source
                  + ": "
                  + name
                  + ": expected at most "
                  + limit
                  + " numbers of 0 or more in "
                  + key
                  + ": found "
                  + numbers
                  + " and "
                  + number);
        }
        numbers.add(number);
      }
      return numbers.stream().mapToLong(Long::longValue).toArray();
    }
  }
}
