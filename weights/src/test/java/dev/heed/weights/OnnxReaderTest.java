package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Against golden files that the `onnx` package wrote (`tools/goldens/onnx_golden.py`), and against
/// graphs that are not what they should be.
class OnnxReaderTest {
  private static final Checkpoint GOLDEN = Checkpoint.open(Resources.path("all-types.onnx"));

  @Test
  void readsRawElements() {
    assertThat(GOLDEN.tensor("float").toFloats()).containsExactly(1.5f, -2.25f);
    assertThat(GOLDEN.tensor("double").toDoubles()).containsExactly(1 / 3.0);
    assertThat(GOLDEN.tensor("half").toFloats()).containsExactly(1f, -2.5f);
    assertThat(GOLDEN.tensor("long").toLongs()).containsExactly(Long.MIN_VALUE, 7);
    assertThat(GOLDEN.tensor("bool").toLongs()).containsExactly(1, 0);
    assertThat(GOLDEN.tensor("scalar").shape()).isEqualTo(Shape.of());
    assertThat(GOLDEN.tensor("scalar").toFloats()).containsExactly(42f);
    assertThat(GOLDEN.tensor("empty").shape()).isEqualTo(Shape.of(0, 4));
  }

  @Test
  void readsListedElements() {
    assertThat(GOLDEN.tensor("listed.float").toFloats()).containsExactly(1.5f, -2.25f);
    assertThat(GOLDEN.tensor("listed.double").toDoubles()).containsExactly(1 / 3.0);
    assertThat(GOLDEN.tensor("listed.long").toLongs()).containsExactly(Long.MIN_VALUE, 7);
    assertThat(GOLDEN.tensor("listed.int").toLongs()).containsExactly(Integer.MIN_VALUE, 5);
    assertThat(GOLDEN.tensor("listed.short").toLongs()).containsExactly(-32768);
    assertThat(GOLDEN.tensor("listed.char").toLongs()).containsExactly(-128);
    assertThat(GOLDEN.tensor("listed.byte").toLongs()).containsExactly(255);
    assertThat(GOLDEN.tensor("listed.bool").toLongs()).containsExactly(1, 0);
    assertThat(GOLDEN.tensor("listed.half").toFloats()).containsExactly(1f, -2.5f);
    assertThat(GOLDEN.tensor("listed.bfloat16").toFloats()).containsExactly(3.140625f);
  }

  @Test
  void findsTheLayerOfAMatrixByThePathOfItsNode() {
    StoredTensor weight = GOLDEN.tensor("encoder.layer.0.dense.weight");

    assertThat(weight.name()).isEqualTo("encoder.layer.0.dense.weight");
    assertThat(weight.shape()).isEqualTo(Shape.of(3, 2));
    assertThat(weight.toFloats()).containsExactly(0, 3, 1, 4, 2, 5);
    assertThat(GOLDEN.names()).doesNotContain("onnx::MatMul_10");
  }

  @Test
  void findsTheLayerOfAMatrixByTheBiasThatIsAdded() {
    assertThat(GOLDEN.tensor("old.query.weight").toFloats())
        .containsExactly(10, 13, 11, 14, 12, 15);
    assertThat(GOLDEN.tensor("old.key.weight").toFloats()).containsExactly(20, 23, 21, 24, 22, 25);
  }

  @Test
  void aSharedMatrixHasEachOfItsNames() {
    assertThat(GOLDEN.tensor("shared.first.weight").toFloats())
        .containsExactly(30, 33, 31, 34, 32, 35)
        .containsExactly(GOLDEN.tensor("shared.second.weight").toFloats());
  }

  @Test
  void whatCannotBeToldKeepsItsNameAndItsShape() {
    assertThat(GOLDEN.tensor("onnx::MatMul_14").toFloats()).containsExactly(40, 41, 42, 43, 44, 45);
    assertThat(GOLDEN.contains("onnx::MatMul_15")).isTrue();
    assertThat(GOLDEN.contains("onnx::MatMul_16")).isTrue();
    assertThat(GOLDEN.tensor("named.weight").shape()).isEqualTo(Shape.of(2, 3));
    assertThat(GOLDEN.contains("other.weight")).isFalse();
  }

  @Test
  void externalDataIsRefused() {
    assertThatThrownBy(() -> Checkpoint.open(Resources.path("external.onnx")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("weight: expected its elements inside the file: found external data");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          no model                  | 0801                             | found no graph
          two graphs                | 3a00 3a00                        | found two
          a graph beyond the end    | 3a05                             | at most 0 bytes
          an endless number         | ffffffffffffffffffffff           | at most 10 bytes
          a number cut off          | 80                               | the end of the message
          a length beyond a long    | 3affffffffffffffffff01           | at most 0 bytes
          field number 0            | 0000                             | field number from 1
          a group                   | 0b                               | wire type of 0, 1, 2 or 5
          a graph that is a number  | 3801                             | wire type 2
          an unknown type           | @ 1008                           | data_type
          an external flag          | @ 1001 7001                      | external data
          a negative extent         | @ 08ffffffffffffffffff01 1001    | from 0 to 2^31
          too few bytes             | @ 0802 1001 4a03000000           | 8 bytes for F32
          no bytes                  | @ 0802 1001                      | 8 bytes for F32
          numbers that are missing  | @ 0803 1007 3a020102             | 3 elements
          too many numbers          | @ 0801 1007 3a020102             | 1 elements
          a huge list of two        | @ 08ffffff7f 1006 2a020101       | elements
          floats in the wrong field | @ 0801 1001 3a020102             | elements of F32
          elements twice            | @ 0801 1007 3a0101 3a0101        | in one piece
          one name twice            | @ 1002 4a0100 @ 1002 4a0100      | twice
          """)
  void refuses(String what, String hex, String message) {
    String[] parts = hex.replace(" ", "").split("@");
    String model = parts[0];
    if (parts.length > 1) {
      // The fields of initialisers, in a graph, in a model.
      var graph = new StringBuilder();
      for (String fields : Arrays.asList(parts).subList(1, parts.length)) {
        graph.append("2a%02x".formatted(fields.length() / 2)).append(fields);
      }
      model = "3a%02x".formatted(graph.length() / 2) + graph;
    }
    byte[] file = HexFormat.of().parseHex(model);

    assertThatThrownBy(() -> OnnxReader.read("test", MemorySegment.ofArray(file)))
        .as(what)
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith("test: ")
        .hasMessageContaining(message);
  }

  @Test
  void damagedFilesGiveAClearErrorOrACheckpoint() {
    Corruption.check(
        Resources.bytes("all-types.onnx"), 20_000, file -> OnnxReader.read("damaged", file));
  }
}
