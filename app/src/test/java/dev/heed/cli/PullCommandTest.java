package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.heed.tokenizer.WordPieceTrainer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a fetch does is tested beside [dev.heed.hub.Hub]; here, what the user sees of it.
class PullCommandTest {
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir private Path home;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException, NoSuchAlgorithmException {
    byte[] tokenizer = WordPieceTrainer.of(40).train(List.of("the the train left")).toJson();
    MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
    sha1.update(("blob " + tokenizer.length + "\0").getBytes(StandardCharsets.UTF_8));
    String list =
        "{\"sha\":\"%s\",\"siblings\":[{\"rfilename\":\"tokenizer.json\",\"size\":%d,\"blobId\":\"%s\"}]}"
            .formatted(COMMIT, tokenizer.length, HexFormat.of().formatHex(sha1.digest(tokenizer)));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String path = exchange.getRequestURI().getPath();
            byte[] answer =
                path.startsWith("/api/models/owner/words/revision/main")
                    ? list.getBytes(StandardCharsets.UTF_8)
                    : path.equals("/owner/words/resolve/" + COMMIT + "/tokenizer.json")
                        ? tokenizer
                        : new byte[0];
            exchange.sendResponseHeaders(answer.length == 0 ? 404 : 200, answer.length);
            exchange.getResponseBody().write(answer);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private Heed.Result heed(String... arguments) {
    return new Heed(home)
        .with("HF_ENDPOINT", "http://localhost:" + server.getAddress().getPort())
        .with("HF_HUB_CACHE", home.resolve("hub").toString())
        .run(arguments);
  }

  @Test
  void whatAndHowLargeIsSaidAndTheModelIsThereByItsName() {
    Heed.Result pulled = heed("pull", "owner/words");
    assertThat(pulled.messages())
        .contains("owner/words of http://localhost:", "1 files", "tokenizer.json  ", "kB");
    assertThat(pulled.code()).isEqualTo(ExitCode.DONE);
    assertThat(Path.of(pulled.out().strip()).resolve("tokenizer.json")).isRegularFile();
    assertThat(heed("models").out()).containsPattern("owner/words +hub main");
    assertThat(heed("pull", "owner/words").messages()).contains("nothing, all are here");
    stop();
    assertThat(heed("tokenize", "the", "--model", "owner/words", "--no-special").out())
        .contains("\"tokens\":[\"the\"]");
    assertThat(heed("pull", "owner/words", "--offline").out()).isEqualTo(pulled.out());
  }

  @Test
  void aModelThatIsNotHereIsFetchedWhenItIsNamed() {
    Heed.Result result = heed("tokenize", "the", "--model", "owner/words", "--format", "text");
    assertThat(result.out()).isEqualTo("[CLS] the [SEP]\n");
    assertThat(result.messages()).contains("to fetch: ");
  }

  @Test
  void offlineNothingIsFetched() {
    Heed.Result pulled = heed("pull", "owner/words", "--offline");
    assertThat(pulled.code()).isEqualTo(ExitCode.MISSING);
    assertThat(pulled.messages()).contains("--offline").hasLineCount(1);
    Heed.Result named = heed("inspect", "owner/words", "--offline");
    assertThat(named.code()).isEqualTo(ExitCode.MISSING);
    assertThat(named.messages()).contains("no model owner/words").hasLineCount(1);
  }

  @Test
  void aModelThatTheHubHasNotIsExitCode3() {
    Heed.Result pulled = heed("pull", "owner/none");
    assertThat(pulled.code()).isEqualTo(ExitCode.MISSING);
    assertThat(pulled.messages()).contains("owner/none", "404").hasLineCount(1);
    Heed.Result named = heed("inspect", "owner/none");
    assertThat(named.code()).isEqualTo(ExitCode.MISSING);
    assertThat(named.messages()).contains("no model owner/none", "404").hasLineCount(1);
    assertThat(heed("pull", "owner/words", "--file", "*.gguf").messages())
        .contains("has no file *.gguf");
    assertThat(heed("pull", "../words").messages()).contains("owner/name").hasLineCount(1);
  }
}
