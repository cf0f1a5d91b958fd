package dev.heed.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;

/// How vectors are written: what comes first, each of them, and what comes last.
enum VectorForm {
  /// The numbers of a vector on a line.
  TEXT,
  /// `{"embedding":[…]}`, one a line.
  JSONL,
  /// The same: one object for one text, a list of objects for several.
  JSON,
  /// NumPy's file of an array [n, D] of little-endian 32-bit floats.
  NPY,
  /// The bare little-endian 32-bit floats.
  F32;

  /// The length of NumPy's header that has room for any count.
  private static final int HEADER = 128;

  static VectorForm of(ResultOutput output) {
    Path file = output.file();
    String name = file == null ? "" : file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".npy")) {
      return NPY;
    }
    if (name.endsWith(".f32")) {
      return F32;
    }
    return switch (output.format()) {
      case TEXT -> TEXT;
      case JSON -> JSON;
      case JSONL -> JSONL;
    };
  }

  /// What stands before `count` vectors `width` wide. Its length does not depend on them.
  byte[] head(long count, int width) {
    if (this != NPY) {
      return new byte[0];
    }
    String text =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }".formatted(count, width);
    ByteBuffer head = ByteBuffer.allocate(HEADER).order(ByteOrder.LITTLE_ENDIAN);
    head.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1);
    head.put((byte) 0).putShort((short) (HEADER - head.position() - 2));
    head.put(text.getBytes(StandardCharsets.US_ASCII));
    while (head.position() < HEADER - 1) {
      head.put((byte) ' ');
    }
    head.put((byte) '\n');
    return head.array();
  }

  /// One vector.
  byte[] body(float[] vector) throws IOException {
    return switch (this) {
      case NPY, F32 -> {
        ByteBuffer bytes =
            ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(vector);
        yield bytes.array();
      }
      case TEXT -> {
        StringBuilder line = new StringBuilder();
        for (float value : vector) {
          line.append(line.isEmpty() ? "" : " ").append(value);
        }
        yield line.append('\n').toString().getBytes(StandardCharsets.US_ASCII);
      }
      case JSON, JSONL -> {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
          Json.write(
              out,
              Format.JSONL,
              json -> {
                json.writeStartObject();
                json.writeArrayPropertyStart("embedding");
                for (float value : vector) {
                  json.writeNumber(value);
                }
                json.writeEndArray();
                json.writeEndObject();
              });
        }
        yield bytes.toByteArray();
      }
    };
  }
}
