package dev.heed.weights;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// PyTorch archives that are not what they should be. The pickles are written by hand, one
/// character an instruction.
class HostileArchiveTest {
  private static final int STORAGE_BYTES = 24;

  @Test
  void theTensorThatTheOtherTestsSpoilIsRead() {
    assertThat(read(pickle(tensor("6", "0", "2,3", "3,1"))).tensor("w").shape().elements())
        .isEqualTo(6);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a storage longer than its file | 7          | 0  | 2,3  | 3,1
          a shorter storage              | 5          | 0  | 1    | 1
          a storage that overflows       | 4611686018427387910 | 0 | 1 | 1
          a negative storage             | -1         | 0  | 1    | 1
          a negative offset              | 6          | -1 | 1    | 1
          an offset at the end           | 6          | 6  | 1    | 1
          an offset beyond a long        | 6          | 9223372036854775807 | 1 | 1
          too many elements              | 6          | 0  | 7    | 1
          a stride that leaves           | 6          | 0  | 2,3  | 4,1
          a stride that overflows        | 6          | 0  | 3    | 9223372036854775807
          strides that overflow together | 6 | 0 | 2,2 | 4611686018427387904,4611686018427387904
          a negative stride              | 6          | 5  | 2    | -1
          a stride of 0 in a large shape | 6          | 0  | 1000000 | 0
          fewer strides than extents     | 6          | 0  | 2,3  | 1
          a negative extent              | 6          | 0  | -2   | 1
          an extent beyond an int        | 6          | 0  | 4294967296 | 0
          """)
  void refusesTensors(String what, String elements, String offset, String shape, String strides) {
    assertThatThrownBy(() -> read(pickle(tensor(elements, offset, shape, strides))))
        .as(what)
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("test: w: expected");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          a call of the system       | cos\\nsystem\\n.             | found os system
          a call by attribute        | cbuiltins\\neval\\n.         | found builtins eval
          an import of a submodule   | ctorch.storage\\n_load_from_bytes\\n. | _load_from_bytes
          an instance                | (ios\\nsystem\\n.            | 0x69 at
          an instance the other way  | (o.                         | 0x6f at
          a new object               | )}\\x81.                    | 0x81 at
          a newer global             | \\x93.                      | 0x93 at
          an extension               | \\x82\\x01.                 | 0x82 at
          another protocol           | \\x80\\x04.                 | protocol 2
          the end                    | }                           | more bytes: found 0
          a name without end         | cabc                        | more bytes
          a text beyond the end      | X\\xff\\xff\\xff\\xff.      | more bytes
          nothing to return          | .                           | a value on the stack
          a mark to return           | (.                          | found a mark
          no mark                    | }u.                         | a mark on the stack
          an unknown memory          | h\\x05.                     | remembered as 5
          a list                     | ].                          | a dictionary of tensors
          a list within itself       | ]q\\x00h\\x00a.             | a list of 1
          a list as key              | }]K\\x00s.                  | as a key: found a list
          a key twice                | }K\\x00K\\x01sK\\x00K\\x02s. | 0 twice
          items in a list            | ]K\\x00K\\x01s.             | pairs and a dictionary
          a call of a text           | X\\x00\\x00\\x00\\x00)R.    | a function and its arguments
          arguments that are missing | ctorch._utils\\n_rebuild_tensor_v2\\n)R. | the arguments
          a storage of nothing       | )Q.                         | the name of a storage
          attributes of a list       | ]}b.                        | attributes of a dictionary
          a large number             | \\x8a\\x09.                 | at most 8 bytes
          """)
  void refusesPickles(String what, String instructions, String message) {
    assertThatThrownBy(() -> read(unescape(instructions)))
        .as(what)
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aPickleThatFillsTheMemoryIsRefused() {
    assertThatThrownBy(() -> read("}".repeat(30_000_000).getBytes(ISO_8859_1)))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("instructions");
  }

  @Test
  void compressedEntriesAreRefused() {
    Map<String, byte[]> entries = Map.of("m/data.pkl", new byte[100]);

    assertThatThrownBy(() ->
            PyTorchReader.read("test", MemorySegment.ofArray(archive(entries, ZipEntry.DEFLATED))))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("neither compressed nor encrypted: found method 8");
  }

  @Test
  void anotherByteOrderIsRefused() {
    var entries = new LinkedHashMap<String, byte[]>();
    entries.put("m/data.pkl", new byte[] {'}', '.'});
    entries.put("m/byteorder", "big".getBytes(ISO_8859_1));

    assertThatThrownBy(() ->
            PyTorchReader.read("test", MemorySegment.ofArray(archive(entries, ZipEntry.STORED))))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("byte order little");
  }

  @Test
  void anArchiveWithoutAPickleIsRefused() {
    assertThatThrownBy(() ->
            PyTorchReader.read("test", MemorySegment.ofArray(archive(Map.of(), ZipEntry.STORED))))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("expected one data.pkl in the archive: found 0");
  }

  private static Checkpoint read(byte[] pickle) {
    var entries = new LinkedHashMap<String, byte[]>();
    entries.put("m/data.pkl", pickle);
    entries.put("m/data/0", new byte[STORAGE_BYTES]);
    return PyTorchReader.read("test", MemorySegment.ofArray(archive(entries, ZipEntry.STORED)));
  }

  /// `{"w": tensor}`
  private static byte[] pickle(String tensor) {
    return unescape("\\x80\\x02}" + text("w") + tensor + "s.");
  }

  private static String tensor(String elements, String offset, String extents, String strides) {
    String id = "(" + text("storage") + "ctorch\\nFloatStorage\\n" + text("0") + text("cpu");
    return "ctorch._utils\\n_rebuild_tensor_v2\\n("
        + (id + number(elements) + "tQ")
        + number(offset)
        + tuple(extents)
        + tuple(strides)
        + "\\x89NtR";
  }

  private static String tuple(String numbers) {
    var tuple = new StringBuilder("(");
    for (String number : numbers.split(",")) {
      tuple.append(number(number));
    }
    return tuple + "t";
  }

  private static String number(String decimal) {
    var number = new StringBuilder("\\x8a\\x08");
    for (int i = 0; i < 8; i++) {
      number.append("\\x%02x".formatted(Long.parseLong(decimal) >>> 8 * i & 0xff));
    }
    return number.toString();
  }

  private static String text(String text) {
    return "X\\x%02x\\x00\\x00\\x00".formatted(text.length()) + text;
  }

  /// Python's escapes `\n` and `\x80`.
  private static byte[] unescape(String escaped) {
    var bytes = new ByteArrayOutputStream();
    for (int i = 0; i < escaped.length(); i++) {
      char c = escaped.charAt(i);
      if (c != '\\') {
        bytes.write(c);
      } else if (escaped.charAt(i + 1) == 'n') {
        bytes.write('\n');
        i++;
      } else {
        bytes.write(Integer.parseInt(escaped.substring(i + 2, i + 4), 16));
        i += 3;
      }
    }
    return bytes.toByteArray();
  }

  private static byte[] archive(Map<String, byte[]> entries, int method) {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (var entry : entries.entrySet()) {
        var header = new ZipEntry(entry.getKey());
        header.setMethod(method);
        header.setSize(entry.getValue().length);
        var crc = new CRC32();
        crc.update(entry.getValue());
        header.setCrc(crc.getValue());
        zip.putNextEntry(header);
        zip.write(entry.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
