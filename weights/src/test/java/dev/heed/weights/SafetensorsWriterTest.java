package dev.heed.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void writesTheBytesOfTheReferenceImplementationWhateverTheOrder() throws IOException {
    Checkpoint golden = Checkpoint.open(SafetensorsReaderTest.GOLDEN);
    List<StoredTensor> tensors =
        new ArrayList<>(golden.names().stream().map(golden::tensor).toList());
    Collections.shuffle(tensors, new Random(1));
    Path file = folder.resolve("written.safetensors");

    SafetensorsWriter.write(file, tensors, golden.metadata());

    assertThat(Files.readAllBytes(file)).isEqualTo(Resources.bytes("all-types.safetensors"));
    assertThat(folder).isDirectoryContaining(path -> path.equals(file)).isNotEmptyDirectory();
    try (var files = Files.list(folder)) {
      assertThat(files).as("no temporary file stays").containsExactly(file);
    }
  }

  @Test
  void whatIsWrittenReadsBackBitForBitBeyondOneChunk() {
    float[] values = new float[3_000_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(i * 0x9e3779b1);
    }
    var large = StoredTensor.of("large", Shape.of(values.length), values);
    var heap =
        new StoredTensor(
            "heap", StoredType.F32, Shape.of(2), MemorySegment.ofArray(new float[] {1, 2}));
    Path file = folder.resolve("model.safetensors");

    SafetensorsWriter.write(file, List.of(large, heap), Map.of());

    Checkpoint read = Checkpoint.open(folder);
    assertThat(read.tensor("large").sameAs(large)).isTrue();
    assertThat(read.tensor("heap").toFloats()).containsExactly(1, 2);
    assertThat(read.metadata()).isEmpty();
  }

  @Test
  void replacesAFileThatIsInUse() {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(
        file, List.of(StoredTensor.of("a", Shape.of(1), new float[] {1})), Map.of());
    Checkpoint old = Checkpoint.open(file);

    SafetensorsWriter.write(
        file, List.of(StoredTensor.of("a", Shape.of(1), new float[] {2})), Map.of());

    assertThat(old.tensor("a").toFloats()).containsExactly(1);
    assertThat(Checkpoint.open(file).tensor("a").toFloats()).containsExactly(2);
  }

  @Test
  void anEmptyCheckpointIsPossible() {
    Path file = folder.resolve("model.safetensors");

    SafetensorsWriter.write(file, List.of(), Map.of("note", "a \"quoted\"\n/ text"));

    assertThat(Checkpoint.open(file).names()).isEmpty();
    assertThat(Checkpoint.open(file).metadata()).containsEntry("note", "a \"quoted\"\n/ text");
  }

  @Test
  void aNameTwiceIsRefused() {
    var tensor = StoredTensor.of("a", Shape.of(1), new float[] {1});

    assertThatThrownBy(() ->
            SafetensorsWriter.write(
                folder.resolve("x.safetensors"), List.of(tensor, tensor), Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("received a");
  }

  @Test
  void afterAFailureTheOldFileIsThereAndNoTemporaryOne() throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.writeString(file, "old");

    assertThatThrownBy(() ->
            AtomicFile.write(
                file,
                output -> {
                  output.write(MemorySegment.ofArray(new byte[10]));
                  throw new IOException("the disk is full");
                }))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("the disk is full");

    assertThat(file).hasContent("old");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }
}
