package dev.heed.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.heed.tensor.Shape;
import dev.heed.weights.GgufValue.Type;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Against a golden file that the `gguf` package wrote (`tools/goldens/gguf_golden.py`), and
/// against files that are not what they should be.
class GgufReaderTest {
  static final GgufFile GOLDEN = GgufReader.open(Resources.path("all-types.gguf"));

  @Test
  void readsEveryKindOfValue() {
    assertThat(GOLDEN.text("general.architecture")).isEqualTo("llama");
    assertThat(GOLDEN.integer("u8")).isEqualTo(200);
    assertThat(GOLDEN.integer("i8")).isEqualTo(-100);
    assertThat(GOLDEN.integer("u16")).isEqualTo(60000);
    assertThat(GOLDEN.integer("i16")).isEqualTo(-30000);
    assertThat(GOLDEN.integer("u32")).isEqualTo(4000000000L);
    assertThat(GOLDEN.integer("i32")).isEqualTo(-2000000000);
    assertThat(GOLDEN.integer("i64")).isEqualTo(Long.MIN_VALUE);
    assertThat(GOLDEN.real("f32")).isEqualTo(1e-5f);
    assertThat(GOLDEN.real("f64")).isEqualTo(1 / 3.0);
    assertThat(GOLDEN.real("u8")).isEqualTo(200);
    assertThat(GOLDEN.flag("bool")).isTrue();
    assertThat(GOLDEN.text("text")).isEqualTo("naïve 名");
    assertThat(GOLDEN.array("texts", Type.TEXT).texts()).containsExactly("a", "", "ñ");
    assertThat(GOLDEN.array("integers", Type.I32).integers()).containsExactly(-1, 2, 3);
    assertThat(GOLDEN.array("reals", Type.F32).floats()).containsExactly(0.5f, -1.5f);
    assertThat(GOLDEN.array("flags", Type.BOOL).integers()).containsExactly(1, 0);
    assertThat(GOLDEN.has("nothing")).isFalse();
  }

  @Test
  void saysItsValuesAsTexts() {
    assertThat(GOLDEN.metadata())
        .containsEntry("u64", "18446744073709551615")
        .containsEntry("f32", "1.0E-5")
        .containsEntry("texts", "3 × TEXT");
  }

  @Test
  void aValueThatIsMissingOrOfAnotherKindIsNamed() {
    assertThatThrownBy(() -> GOLDEN.integer("llama.block_count"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("all-types.gguf: expected an integer")
        .hasMessageContaining("under llama.block_count: found nothing");
    assertThatThrownBy(() -> GOLDEN.text("u8")).hasMessageContaining("found U8");
    assertThatThrownBy(() -> GOLDEN.integer("u64")).hasMessageContaining("found U64");
    assertThatThrownBy(() -> GOLDEN.real("text")).hasMessageContaining("found TEXT");
    assertThatThrownBy(() -> GOLDEN.flag("u8")).hasMessageContaining("a truth value");
    assertThatThrownBy(() -> GOLDEN.array("texts", Type.I32))
        .hasMessageContaining("an array of I32");
    assertThatThrownBy(() -> GOLDEN.array("texts", Type.TEXT).integers())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("3 × TEXT");
  }

  @Test
  void readsTensorsWithTheirShapesOutermostFirst() {
    assertThat(GOLDEN.tensor("cube").shape()).isEqualTo(Shape.of(2, 3, 4));
    assertThat(GOLDEN.tensor("cube").toFloats()[23]).isEqualTo(23);
    assertThat(GOLDEN.tensor("f16").toFloats()).containsExactly(1f, -2.5f);
    assertThat(GOLDEN.tensor("bf16").toFloats()).containsExactly(1f, -3.140625f);
    assertThat(GOLDEN.tensor("i8.tensor").toLongs()).containsExactly(-128, 127);
    assertThat(GOLDEN.tensor("i32.tensor").toLongs()).containsExactly(-5);
    assertThat(GOLDEN.tensor("Q4_K").type()).isEqualTo(StoredType.Q4_K);
    assertThat(GOLDEN.tensor("Q4_K").data().isMapped()).isTrue();
    assertThat(Checkpoint.open(Resources.path("all-types.gguf")).names()).isEqualTo(GOLDEN.names());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("notGguf")
  void refuses(String what, Bytes file, String message) {
    assertThatThrownBy(() -> GgufReader.read("test", MemorySegment.ofArray(file.toArray())))
        .as(what)
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith("test: ")
        .hasMessageContaining(message);
  }

  static Stream<Arguments> notGguf() {
    return Stream.of(
        arguments("nothing", new Bytes(), "4 bytes for the magic number"),
        arguments("another file", new Bytes().u32(0x04034b50), "begins with 4034b50"),
        arguments("version 1", new Bytes().u32(GgufReader.MAGIC).u32(1), "version 2 or 3"),
        arguments("big-endian", new Bytes().u32(GgufReader.MAGIC).u32(3 << 24), "little-endian"),
        arguments("many tensors", head(1L << 40, 0), "at most 262144 tensors"),
        arguments("-1 values", head(0, -1), "18446744073709551615"),
        arguments("missing values", head(0, 3), "8 bytes for a key"),
        arguments("a long key", head(0, 1).u64(1L << 62), "at most 65536 bytes"),
        arguments("a key beyond the end", head(0, 1).u64(60000), "60000 bytes for a key"),
        arguments("an unknown type", head(0, 1).text("k").u32(13), "type from 0 to 12 for k"),
        arguments("a huge type", head(0, 1).text("k").u32(-1), "type from 0 to 12 for k"),
        arguments("a value cut off", head(0, 1).text("k").u32(10).u32(1), "8 bytes for k"),
        arguments("truth 2", head(0, 1).text("k").u32(7).u8(2), "0 or 1 for k"),
        arguments("a key twice", head(0, 2).flag("k").flag("k"), "k twice"),
        arguments("arrays in arrays", head(0, 1).text("k").u32(9).u32(9).u64(1), "no array"),
        arguments("a huge array", array(4, 1L << 61), "at most 0 elements of k"),
        arguments("a negative array", array(4, -1), "at most 0 elements of k"),
        arguments("an array too long", array(4, 2).u32(0), "at most 1 elements of k"),
        arguments("texts too many", array(8, 2).u64(0).u32(0), "at most 1 elements of k"),
        arguments("texts too long", array(8, 1).u64(9).u64(0), "9 bytes for k"),
        arguments("an alignment of 0", alignment(0), "a power of two"),
        arguments("an alignment of 3", alignment(3), "a power of two"),
        arguments("a huge alignment", alignment(1 << 30), "a power of two"),
        arguments("rank 5", head(1, 0).text("t").u32(5), "at most 4 dimensions of t"),
        arguments("a negative extent", tensor(0, 0, -1, 1), "from 0 to 2^31 - 1"),
        arguments("a product that wraps", tensor(0, 0, 1L << 30, 1L << 30), "below 2^60"),
        arguments("an unknown ggml type", tensor(4, 0, 32), "found ggml's type 4"),
        arguments("rows of part blocks", tensor(2, 0, 33), "rows of whole blocks of 32 for Q4_0"),
        arguments("blocks across rows", tensor(2, 0, 16, 2), "rows of whole blocks of 32"),
        arguments("a tensor of no data", tensor(0, 0, 1), "within 0 bytes"),
        arguments("a negative offset", tensor(0, -32, 1).pad(64), "at 18446744073709551584"),
        arguments("an offset out of line", tensor(0, 4, 1).pad(64), "a multiple of 32"),
        arguments("an offset beyond", tensor(0, 1L << 40, 1).pad(64), "within"),
        arguments("a hole", tensor(0, 32, 1).pad(160), "t at 0, where the tensor before"),
        arguments("a tensor cut off", tensor(0, 0, 33).pad(128), "132 bytes at 0"),
        arguments("overlaps", two("a", "b", 0), "b at 64, where the tensor before"),
        arguments("a tensor twice", two("a", "a", 64), "a twice"));
  }

  @Test
  void theFilesThatTheOtherTestsSpoilAreRead() {
    byte[] file = two("a", "b", 64).toArray();

    Checkpoint read = GgufReader.read("test", MemorySegment.ofArray(file));

    assertThat(read.names()).containsExactly("a", "b");
    assertThat(read.tensor("b").shape()).isEqualTo(Shape.of(16));
  }

  @Test
  void damagedFilesGiveAClearErrorOrACheckpoint() {
    Corruption.check(
        Resources.bytes("all-types.gguf"), 10_000, file -> GgufReader.read("damaged", file));
  }

  private static Bytes head(long tensors, long values) {
    return new Bytes().u32(GgufReader.MAGIC).u32(3).u64(tensors).u64(values);
  }

  private static Bytes array(int type, long length) {
    return head(0, 1).text("k").u32(9).u32(type).u64(length);
  }

  private static Bytes alignment(int alignment) {
    return head(0, 1).text("general.alignment").u32(4).u32(alignment);
  }

  private static Bytes tensor(int type, long offset, long... extents) {
    return head(1, 0).tensor("t", type, offset, extents);
  }

  /// Two tensors of 64 bytes, the second at `offset`.
  private static Bytes two(String first, String second, long offset) {
    return head(2, 0).tensor(first, 0, 0, 16).tensor(second, 0, offset, 16).pad(32).zeros(128);
  }

  /// The bytes of a file, one field after the other.
  static final class Bytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Bytes u8(int value) {
      bytes.write(value);
      return this;
    }

    Bytes u32(int value) {
      return put(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value));
    }

    Bytes u64(long value) {
      return put(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value));
    }

    Bytes text(String text) {
      return u64(text.length()).put(ByteBuffer.wrap(text.getBytes(UTF_8)));
    }

    Bytes flag(String key) {
      return text(key).u32(7).u8(1);
    }

    Bytes tensor(String name, int type, long offset, long... extents) {
      text(name).u32(extents.length);
      for (long extent : extents) {
        u64(extent);
      }
      return u32(type).u64(offset);
    }

    /// Zeros up to a multiple of `alignment`.
    Bytes pad(int alignment) {
      return zeros(Math.floorMod(-bytes.size(), alignment));
    }

    Bytes zeros(int count) {
      return put(ByteBuffer.allocate(count));
    }

    private Bytes put(ByteBuffer buffer) {
      bytes.writeBytes(buffer.array());
      return this;
    }

    byte[] toArray() {
      return bytes.toByteArray();
    }
  }
}
