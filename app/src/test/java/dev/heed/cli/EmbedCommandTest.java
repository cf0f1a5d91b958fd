package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbedCommandTest {
  /// Where minilm is unpacked once for all tests of the commands.
  static final Path HOME = Path.of("target/heed-home").toAbsolutePath();

  @TempDir Path folder;

  private static Heed heed() {
    return new Heed(HOME).with("HEED_HOME", HOME.toString());
  }

  @Test
  void aTextIsALineOfNumbersAndTheModelIsNamedOnStandardError() {
    Heed.Result result = heed().run("embed", "The weather is lovely today.");
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    float[] vector = numbers(result.out().strip().split(" "));
    assertThat(vector).hasSize(384);
    assertThat(length(vector)).isCloseTo(1, within(1e-5));
    assertThat(result.messages()).isEqualTo("model: minilm\n");
  }

  @Test
  void jsonIsAnObjectATextAndJsonlALine() {
    String one = heed().run("embed", "a", "--format", "jsonl").out();
    assertThat(one).matches("\\{\"embedding\":\\[[-0-9.,E]+]}\n");
    assertThat(heed().run("embed", "a", "--format", "json").out()).isEqualTo(one);
    String two = heed().given("a\nb b\n").run("embed", "--format", "json").out();
    assertThat(two).startsWith("[\n" + one + ",{\"embedding\":[").endsWith("]\n");
    assertThat(heed().run("embed", "--format", "jsonl", "--input", file("a\nb b\n")).out())
        .isEqualTo(two.substring(2, two.length() - 2).replace("\n,", "\n"));
  }

  @Test
  void filesHoldTheSameNumbersInEveryForm() throws IOException {
    String input = file("The weather\nis\nlovely today.\n");
    for (String ending : List.of("txt", "jsonl", "npy", "f32")) {
      assertThat(heed().run("embed", "--input", input, "-o", out("v." + ending).toString()).code())
          .isEqualTo(ExitCode.DONE);
    }
    byte[] bare = Files.readAllBytes(out("v.f32"));
    byte[] numpy = Files.readAllBytes(out("v.npy"));
    assertThat(bare).hasSize(3 * 384 * 4);
    assertThat(new String(numpy, 1, 5, StandardCharsets.US_ASCII)).isEqualTo("NUMPY");
    assertThat(new String(numpy, 10, 118, StandardCharsets.US_ASCII))
        .startsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }")
        .endsWith("\n");
    assertThat(Arrays.copyOfRange(numpy, 128, numpy.length)).isEqualTo(bare);
    float[] values = new float[3 * 384];
    ByteBuffer.wrap(bare).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    List<String> lines = Files.readAllLines(out("v.txt"));
    for (int i = 0; i < 3; i++) {
      assertThat(numbers(lines.get(i).split(" ")))
          .isEqualTo(Arrays.copyOfRange(values, i * 384, (i + 1) * 384));
    }
    try (var files = Files.list(folder)) {
      assertThat(files).as("nothing half-done is left").hasSize(5);
    }
  }

  @Test
  void textsThatAreCutAreCounted() {
    String longText = "hello ".repeat(400);
    assertThat(
            heed().given(longText + "\na\n" + longText).run("embed", "-o", out("v.f32").toString()))
        .satisfies(result ->
            assertThat(result.messages())
                .contains("2 of the texts had more than 256 tokens and were cut"));
  }

  @Test
  void aRunThatWasInterruptedGoesOnWhereItStopped() throws IOException {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 1100; i++) {
      texts.add("text " + i);
    }
    String input = file(String.join("\n", texts));
    heed().run("embed", "--input", input, "-o", out("whole.npy").toString());
    // As a run leaves it that was killed in its second window: more than the journal knows of.
    Path part = out("v.npy.part");
    try (VectorOutput first = open("v.npy", "npy")) {
      byte[] whole = Files.readAllBytes(out("whole.npy"));
      List<float[]> vectors = new ArrayList<>();
      for (int i = 0; i < 1024; i++) {
        float[] vector = new float[384];
        ByteBuffer.wrap(whole, 128 + i * 384 * 4, 384 * 4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer()
            .get(vector);
        vectors.add(vector);
      }
      first.add(texts.subList(0, 1024), vectors);
    }
    Files.write(part, new byte[77], java.nio.file.StandardOpenOption.APPEND);
    Heed.Result second = heed().run("embed", "--input", input, "-o", out("v.npy").toString());
    assertThat(second.messages()).contains("goes on after the 1024 texts");
    assertThat(Files.readAllBytes(out("v.npy"))).isEqualTo(Files.readAllBytes(out("whole.npy")));
    assertThat(part).doesNotExist();
  }

  @Test
  void whatIsLeftOfOtherTextsIsGivenUp() throws IOException {
    try (VectorOutput first = open("v.f32", "f32")) {
      first.add(List.of("other"), List.of(new float[384]));
    }
    String[] command = {"embed", "one", "two", "-o", out("v.f32").toString()};
    Heed.Result refused = heed().run(command);
    assertThat(refused.code()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.messages()).contains("v.f32.part is of other texts");
    assertThat(heed().run(command).code()).isEqualTo(ExitCode.DONE);
    assertThat(Files.size(out("v.f32"))).isEqualTo(2 * 384 * 4);
  }

  @Test
  void aMissingModelOrPromptIsNamed() {
    Heed.Result missing = heed().run("embed", "a", "--model", "no-such", "--offline");
    assertThat(missing.code()).isEqualTo(ExitCode.MISSING);
    assertThat(missing.messages()).contains("no-such");
    assertThat(heed().run("embed", "a", "--prompt", "query").messages())
        .contains("a prompt of this model must be one of []: received query");
  }

  private VectorOutput open(String name, String form) throws IOException {
    return VectorOutput.open(
        out(name),
        VectorForm.valueOf(form.toUpperCase(java.util.Locale.ROOT)),
        dev.heed.task.MiniLm.directory(HOME) + "\nnull");
  }

  private Path out(String name) {
    return folder.resolve(name);
  }

  private String file(String content) {
    try {
      return Files.writeString(folder.resolve("in.txt"), content).toString();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static float[] numbers(String... texts) {
    float[] values = new float[texts.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(texts[i]);
    }
    return values;
  }

  private static double length(float... vector) {
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  @Test
  void eightBitsChangeAVectorALittle() {
    float[] exact = numbers(heed().run("embed", "The train left.").out().strip().split(" "));
    Heed.Result result = heed().run("embed", "The train left.", "--precision", "int8");
    float[] rounded = numbers(result.out().strip().split(" "));
    double cosine = 0;
    for (int i = 0; i < exact.length; i++) {
      cosine += (double) exact[i] * rounded[i];
    }
    assertThat(cosine).isBetween(0.995, 0.999999);
  }

  @Test
  void eightBitsAreNotTrained() throws IOException {
    String command = "train classify --data %s --from minilm --precision int8 -o %s";
    Path texts = out("texts.tsv");
    StringBuilder rows = new StringBuilder("label\ttext\n");
    for (int i = 0; i < 20; i++) {
      rows.append("a\tone ").append(i).append("\nb\ttwo ").append(i).append('\n');
    }
    Files.writeString(texts, rows);
    Heed.Result result = heed().run(command.formatted(texts, out("run")).split(" "));
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.USAGE);
    assertThat(result.messages()).contains("--precision int8 needs a quantised file", "minilm");
  }
}
