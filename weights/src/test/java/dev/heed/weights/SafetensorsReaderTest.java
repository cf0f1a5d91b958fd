package dev.heed.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against a golden file that the reference implementation wrote (`tools/goldens`), and against
/// files that it would refuse.
class SafetensorsReaderTest {
  static final Path GOLDEN = Resources.path("all-types.safetensors");

  @Test
  void readsEveryTypeAsTheReferenceImplementationWroteIt() {
    Checkpoint file = Checkpoint.open(GOLDEN);

    assertThat(file.names())
        .containsExactly(
            "i64",
            "f64",
            "empty",
            "f32.matrix",
            "naïve/名",
            "scalar",
            "i32",
            "bf16",
            "f16",
            "i16",
            "i8",
            "u8",
            "bool");
    assertThat(file.metadata()).containsExactly(java.util.Map.entry("format", "pt"));
    assertThat(file.tensor("f64").toDoubles()).containsExactly(1 / 3.0, -2e300);
    assertThat(file.tensor("f32.matrix").toFloats())
        .containsExactly(1.5f, -2.25f, 3e38f, 0f, -0f, 1e-45f);
    assertThat(file.tensor("f32.matrix").shape()).isEqualTo(Shape.of(2, 3));
    assertThat(file.tensor("f16").toFloats())
        .containsExactly(1f, -2.5f, 65504f, 0x1p-24f, Float.POSITIVE_INFINITY);
    assertThat(file.tensor("bf16").toFloats()).containsExactly(1f, -3.140625f, 0x1p127f);
    assertThat(file.tensor("i64").toLongs()).containsExactly(Long.MIN_VALUE, Long.MAX_VALUE, 7);
    assertThat(file.tensor("i32").toLongs()).containsExactly(Integer.MIN_VALUE, Integer.MAX_VALUE);
    assertThat(file.tensor("i16").toFloats()).containsExactly(-32768f, 32767f, 5f);
    assertThat(file.tensor("i8").toLongs()).containsExactly(-128, 127, 3);
    assertThat(file.tensor("u8").toLongs()).containsExactly(0, 255, 128, 1, 2);
    assertThat(file.tensor("bool").toLongs()).containsExactly(1, 0, 1);
    assertThat(file.tensor("scalar").toFloats()).containsExactly(42f);
    assertThat(file.tensor("scalar").shape()).isEqualTo(Shape.of());
    assertThat(file.tensor("empty").toFloats()).isEmpty();
    assertThat(file.tensor("empty").shape()).isEqualTo(Shape.of(0, 4));
    assertThat(file.tensor("naïve/名").toFloats()).containsExactly(9f);
  }

  @Test
  void tensorsLookIntoTheMappedFile() {
    MemorySegment data = Checkpoint.open(GOLDEN).tensor("f64").data();

    assertThat(data.isMapped()).isTrue();
    assertThat(data.isReadOnly()).isTrue();
  }

  @Test
  void aMissingTensorIsNamedWithThoseThatLookLikeIt() {
    assertThatThrownBy(() -> Checkpoint.open(GOLDEN).tensor("model.f32.matrix"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("all-types.safetensors")
        .hasMessageContaining("expected a tensor named model.f32.matrix")
        .hasMessageContaining("such as f32.matrix");
  }

  @Test
  void aMissingFileIsSaidToBeMissing(@org.junit.jupiter.api.io.TempDir Path folder) {
    assertThatThrownBy(() -> Checkpoint.open(folder.resolve("none.safetensors")))
        .isInstanceOf(UncheckedIOException.class)
        .hasCauseInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("model.safetensors");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          no object | [1] | START_OBJECT
          broken JSON | {"a": | JSON header
          something after the object | {} {} | nothing after
          a tensor that is no object | {"a":1} | START_OBJECT
          deep nesting | {"a":{"shape":[[1]]}} | NUMBER_INT
          an unknown key | {"a":{"x":1}} | found x
          no shape | {"a":{"dtype":"F32","data_offsets":[0,0]}} | one shape
          a key twice | {"a":{"dtype":"F32","shape":[],"shape":[0],"data_offsets":[0,0]}} | 4 keys
          metadata twice | {"__metadata__":{},"__metadata__":{}} | found __metadata__ twice
          a metadata key twice | {"__metadata__":{"a":"b","a":"c"}} | found a twice
          metadata that is no text | {"__metadata__":{"a":1}} | VALUE_STRING
          """)
  void refusesHeaders(String what, String header, String message) {
    assertThatThrownBy(() -> read(header, 0))
        .as(what)
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith("test: ")
        .hasMessageContaining(message);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          an unknown type | F4 [] 0,4 | 4 | found F4
          a lower-case type | f32 [] 0,4 | 4 | found f32
          one offset | F32 [] 0 | 4 | data_offsets [0]
          three offsets | F32 [] 0,4,4 | 4 | at most 2 numbers
          a negative extent | F32 [-1] 0,4 | 4 | 0 or more
          a fractional extent | F32 [1.0] 0,4 | 4 | VALUE_NUMBER_INT
          an extent beyond an int | F32 [4294967297] 0,4 | 4 | to 2^31 - 1
          an extent beyond a long | F32 [99999999999999999999] 0,4 | 4 | range of `long`
          a product that wraps | U8 [2147483647,2147483647,4] 0,1 | 1 | below 2^60
          a wrapping product and zero | U8 [0,2147483647,2147483647,4] 0,0 | 0 | below 2^60
          too few bytes for the shape | F32 [2] 0,4 | 4 | expected 8 bytes
          offsets beyond the file | F32 [2] 0,8 | 4 | file's 4 bytes
          offsets in the wrong order | F32 [1] 4,0 | 4 | found 4 to 0
          overlapping tensors | U8 [2] 0,2; U8 [2] 1,3 | 3 | t1: expected its data to begin at 2
          a hole between tensors | U8 [1] 0,1; U8 [1] 2,3 | 3 | t1: expected its data to begin at 1
          a hole before the first | U8 [1] 1,2 | 2 | to begin at 0
          bytes after the last | U8 [1] 0,1 | 2 | expected 1 bytes of data
          """)
  void refusesTensors(String what, String tensors, int dataBytes, String message) {
    var header = new StringBuilder();
    for (String tensor : tensors.split(";")) {
      String[] parts = tensor.strip().split(" ");
      header.append(header.isEmpty() ? "{" : ",");
      header.append("\"t%d\":".formatted(header.toString().split("dtype").length - 1));
      header.append(
          "{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%s]}".formatted((Object[]) parts));
    }
    assertThatThrownBy(() -> read(header + "}", dataBytes))
        .as(what)
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith("test: ")
        .hasMessageContaining(message);
  }

  @Test
  void refusesANameTwice() {
    String empty = "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";

    assertThatThrownBy(() -> read("{" + empty + "," + empty + "}", 0))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("found a twice");
  }

  @Test
  void acceptsTensorsInAnyOrderWithoutAlignment() {
    Checkpoint file =
        read(
            """
            {"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]},
             "a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}\
            """,
            5);

    assertThat(file.names()).containsExactly("b", "a");
    assertThat(file.tensor("b").toFloats()).containsExactly(0f);
  }

  @ParameterizedTest
  @CsvSource({"-1", "0", "1", "100000001", "9223372036854775807", "17"})
  void aHeaderLengthThatTheFileCannotHoldIsRefused(long length) {
    byte[] file = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();

    assertThatThrownBy(() -> SafetensorsReader.read("test", MemorySegment.ofArray(file)))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining(
            "expected a header of 2 to 16 bytes: found a length of "
                + Long.toUnsignedString(length));
  }

  @Test
  void aFileOfAFewBytesIsRefused() {
    assertThatThrownBy(() -> SafetensorsReader.read("test", MemorySegment.ofArray(new byte[7])))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("found a file of 7 bytes");
  }

  @Test
  void aHeaderOfDeepBracketsIsRefusedWithoutOverflowingTheStack() {
    assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(1_000_000), 0))
        .isInstanceOf(WeightsException.class);
    assertThatThrownBy(() -> read("{\"a\":{\"shape\":" + "{\"x\":".repeat(1_000_000), 0))
        .isInstanceOf(WeightsException.class);
  }

  @Test
  void damagedFilesGiveAClearErrorOrACheckpoint() {
    Corruption.check(
        Resources.bytes("all-types.safetensors"),
        20_000,
        file -> SafetensorsReader.read("damaged", file));
  }

  static Checkpoint read(String header, int dataBytes) {
    byte[] json = header.getBytes(UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(json.length).put(json);
    return SafetensorsReader.read("test", MemorySegment.ofArray(file.array()));
  }
}
