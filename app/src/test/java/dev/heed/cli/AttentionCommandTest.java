package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttentionCommandTest {
  private static final String TEXT = "The <b>train</b> left \"on\" time.";

  @TempDir Path folder;

  private static Heed.Result run(String... arguments) {
    String[] all = new String[arguments.length + 2];
    all[0] = "attention";
    all[1] = TEXT;
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return new Heed(EmbedCommandTest.HOME)
        .with("HEED_HOME", EmbedCommandTest.HOME.toString())
        .run(all);
  }

  private Path out(String name, String... arguments) {
    Path file = folder.resolve(name);
    String[] all = new String[arguments.length + 2];
    all[0] = "-o";
    all[1] = file.toString();
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    Heed.Result result = run(all);
    assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
    return file;
  }

  @Test
  void theTerminalShowsAHeadOrTheMeanOfALayer() {
    assertThat(run().out()).contains("Layer 5, mean of 12 heads", "train", "[SEP]");
    assertThat(run("--layer", "2", "--head", "3").out()).contains("Layer 2, head 3");
  }

  @Test
  void theTableHasEveryWeightAndItsRowsSumToOne() throws IOException {
    List<String> lines = Files.readAllLines(out("a.csv", "--layer", "1", "--head", "7"));
    assertThat(lines.getFirst()).isEqualTo("layer,head,query,query_token,key,key_token,weight");
    assertThat(lines.get(1)).startsWith("1,7,0,\"[CLS]\",0,\"[CLS]\",0.");
    assertThat(lines).anyMatch(line -> line.contains(",\"\"\"\","));
    int tokens = (int) Math.round(Math.sqrt(lines.size() - 1));
    assertThat(lines).hasSize(1 + tokens * tokens);
    double sum = 0;
    for (String line : lines.subList(1, 1 + tokens)) {
      sum += Double.parseDouble(line.substring(line.lastIndexOf(',') + 1));
    }
    assertThat(sum).isBetween(0.9999, 1.0001);
  }

  @Test
  void picturesAreWritten() throws IOException {
    assertThat(Files.readString(out("a.svg", "--layer", "0")))
        .startsWith("<svg")
        .contains("Layer 0, mean of 12 heads", "&lt;");
    var picture = ImageIO.read(out("a.png", "--layer", "0", "--head", "1").toFile());
    assertThat(picture.getWidth()).isGreaterThan(200);
    // White paper, and cells that are not.
    assertThat(picture.getRGB(1, 1) & 0xffffff).isEqualTo(0xffffff);
    boolean coloured = false;
    for (int x = 0; x < picture.getWidth(); x++) {
      coloured |=
          (picture.getRGB(x, picture.getHeight() - 30) & 0xff) > 0x90
              && (picture.getRGB(x, picture.getHeight() - 30) & 0xff0000) < 0xc00000;
    }
    assertThat(coloured).isTrue();
  }

  @Test
  void thePageHoldsAllHeadsAndShowsTheTextAsText() throws IOException {
    String page = Files.readString(out("a.html", "--layer", "4"));
    assertThat(page)
        .contains("<title>Attention: The &lt;b&gt;train&lt;/b&gt; left")
        .doesNotContain("<b>train")
        .doesNotContain("__DATA__")
        .doesNotContain("http://")
        .doesNotContain("https://")
        .contains("\"layers\":6,\"heads\":12,\"layer\":4,\"head\":0");
    String weights = page.replaceAll("(?s).*\"weights\":\"([^\"]+)\".*", "$1");
    int tokens =
        page.replaceAll("(?s).*\"queries\":\\[(.*?)\\],\"keys\".*", "$1").split("\",\"").length;
    assertThat(Base64.getDecoder().decode(weights)).hasSize(72 * tokens * tokens);
  }

  @Test
  void whatCannotBeIsSaid() {
    assertThat(run("-o", "a.pdf").messages()).contains(".svg, .png, .csv or .html: received a.pdf");
    assertThat(run("--layer", "6").messages()).contains("--layer must be in 0…5: received 6");
    Heed.Result tooLong =
        new Heed(EmbedCommandTest.HOME)
            .with("HEED_HOME", EmbedCommandTest.HOME.toString())
            .run("attention", "word ".repeat(600));
    assertThat(tooLong.code()).isEqualTo(ExitCode.TOO_LONG);
    assertThat(tooLong.messages()).contains("1…512 tokens: received 602");
    Heed.Result target = run("--target", "x");
    assertThat(target.code()).isEqualTo(ExitCode.USAGE);
    assertThat(target.messages()).contains("a target is for encoder-decoder models");
  }
}
