package dev.heed.explorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.ConfigFile;
import dev.heed.task.Ablation;
import dev.heed.task.ExploredModel;
import dev.heed.task.ExploredRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ExplorerServerTest {
  private static final String TEXT = "The train left the station on time.";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private static Path folder;

  private static TinyModels models;
  private static ExplorerServer server;

  @BeforeAll
  static void start() throws IOException {
    models = new TinyModels(folder);
    Path run = Files.createDirectories(folder.resolve("my-run"));
    Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":2.0}\n{\"step\":2,");
    server = start(models, () -> List.of(run), ListenAddress.LOOPBACK, 0);
  }

  private static ExplorerServer start(
      ModelShelf shelf, Supplier<List<Path>> runs, ListenAddress address, int port) {
    return ExplorerServer.start(shelf, TinyModels.prepared(), runs, address, port);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(server.address() + path)).build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpResponse<byte[]> post(String path, String body)
      throws IOException, InterruptedException {
    return post(path, body, server.address().replaceFirst("/$", ""));
  }

  private static HttpResponse<byte[]> post(String path, String body, String origin)
      throws IOException, InterruptedException {
    return send(server.address() + path, body, origin);
  }

  private static HttpResponse<byte[]> send(String address, String body, String origin)
      throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(address))
            .header("Origin", origin)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private static Map<String, Object> json(HttpResponse<byte[]> response) {
    assertThat(response.statusCode()).as(text(response)).isEqualTo(200);
    return ConfigFile.parse("answer", response.body()).values();
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private static String run(String model) throws IOException, InterruptedException {
    return String.valueOf(json(post("api/run?page=a&model=" + model, TEXT)).get("run"));
  }

  /// What a browser would never send, byte for byte.
  private static String raw(String request) throws IOException {
    return raw(server.port(), request);
  }

  private static String raw(int port, String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      InputStream in = socket.getInputStream();
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
        head.write(next);
      }
      return head.toString(StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void onlyTheOwnPageIsAnswered() throws Exception {
    assertThat(get("").statusCode()).isEqualTo(200);
    String own = "127.0.0.1:" + server.port();
    assertThat(raw("GET / HTTP/1.1\r\nHost: " + own + "\r\n\r\n")).contains("200");
    for (String host : List.of("evil.example", "127.0.0.1", "evil.example:" + server.port())) {
      assertThat(raw("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n")).as(host).contains("403");
    }
    assertThat(
            raw("GET / HTTP/1.1\r\nHost: %s\r\nOrigin: http://evil.example\r\n\r\n".formatted(own)))
        .contains("403");
    assertThat(post("api/run?page=a", TEXT, "http://evil.example").statusCode()).isEqualTo(403);
    assertThat(post("api/run?page=a", TEXT, "null").statusCode()).isEqualTo(403);
    assertThat(
            raw(
                "POST /api/leave?page=a HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n"
                    .formatted(own)))
        .as("a POST without origin")
        .contains("403");
  }

  @Test
  void thePageMayLoadNothingFromElsewhere() throws Exception {
    HttpResponse<byte[]> page = get("");
    assertThat(page.headers().firstValue("content-security-policy").orElse(""))
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "http:", "*");
    assertThat(page.headers().firstValue("x-content-type-options")).hasValue("nosniff");
    for (PageFiles.PageFile file : PageFiles.NAMES.values()) {
      String source = new String(file.read(), StandardCharsets.UTF_8);
      assertThat(source.replace("http://www.w3.org/2000/svg", ""))
          .as(file.name())
          .doesNotContain("http://", "https://", "innerHTML", "eval(");
    }
  }

  @Test
  void theScriptsAreSmallAndAllThere() throws Exception {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      for (String path : PageFiles.NAMES.keySet()) {
        HttpResponse<byte[]> file = get(path.substring(1));
        assertThat(file.statusCode()).as(path).isEqualTo(200);
        if (path.endsWith(".js")) {
          gzip.write(file.body());
          text(file)
              .lines()
              .filter(line -> line.startsWith("import "))
              .map(line -> line.replaceAll(".*'\\.(/[^']+)'.*", "$1"))
              .forEach(name -> assertThat(PageFiles.NAMES).containsKey(name));
        }
      }
    }
    assertThat(packed.size()).isLessThan(60 * 1024);
    assertThat(get("package-info.class").statusCode()).isEqualTo(404);
    assertThat(get("api/nothing").statusCode()).isEqualTo(404);
  }

  @Test
  void noPathIsTakenFromThePage() throws Exception {
    String path = URLEncoder.encode(folder.resolve("demo").toString(), StandardCharsets.UTF_8);
    for (String name : List.of(path, "..%2Fdemo", "nothing")) {
      assertThat(get("api/model?model=" + name).statusCode()).as(name).isEqualTo(404);
      assertThat(get("api/metrics?from=0&name=" + name).statusCode()).as(name).isEqualTo(404);
    }
    assertThat(text(get("api/models")))
        .contains("minilm", "demo")
        .doesNotContain(folder.toString());
  }

  @Test
  void sizesAreBounded() throws Exception {
    HttpResponse<byte[]> tooLong = post("api/run?page=a&model=demo", "word ".repeat(200));
    assertThat(tooLong.statusCode()).isEqualTo(400);
    assertThat(text(tooLong)).contains("1…128 tokens: received");
    HttpResponse<byte[]> longer = post("api/run?page=a&model=demo", "a".repeat(20_001));
    assertThat(longer.statusCode()).isEqualTo(400);
    assertThat(text(longer)).contains("at most 20,000 characters");
    assertThat(post("api/run?page=a&model=demo", "a".repeat(200_000)).statusCode()).isEqualTo(400);
    String head =
        "POST /api/run?page=a HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n".formatted(server.port());
    int tooLarge = ExplorerApi.LARGEST_BODY + 1;
    assertThat(raw(head + "Content-Length: " + tooLarge + "\r\n\r\n")).contains("413");
    assertThat(post("api/run?page=../a", TEXT).statusCode()).isEqualTo(400);
    assertThat(post("api/context?page=a&word=a&model=demo", "a\n".repeat(9)).statusCode())
        .isEqualTo(400);
    String run = run("demo");
    for (String wrong : List.of("layer=2&head=0", "layer=-1&head=0", "layer=0&head=2", "head=0")) {
      String path = "api/head?kind=attentions&run=" + run + "&" + wrong;
      assertThat(get(path).statusCode()).as(wrong).isEqualTo(400);
    }
    assertThat(get("api/head?kind=attentions&layer=0&head=0&run=99999").statusCode())
        .isEqualTo(404);
  }

  @Test
  void weightsTravelAsRootsInBytesAndARowAsExactNumbers() throws Exception {
    ExploredRun own =
        ExploredModel.open(models.path("demo")).run(TEXT, null, Ablation.NONE, () -> false);
    int tokens = own.source().tokens().size();
    float[] all =
        own.attentions().getOrDefault("attentions", List.of()).get(1).weights().toFloatArray();
    float[] head = Arrays.copyOfRange(all, tokens * tokens, 2 * tokens * tokens);
    String of = "kind=attentions&layer=1&head=1&words=0&special=1&run=" + run("demo");
    byte[] bytes = get("api/head?" + of).body();
    assertThat(bytes).hasSize(tokens * tokens);
    for (int i = 0; i < bytes.length; i++) {
      assertThat(bytes[i] & 255).isEqualTo((int) Math.round(255 * Math.sqrt(head[i])));
    }
    assertThat(floats(get("api/row?query=3&" + of).body()))
        .containsExactly(Arrays.copyOfRange(head, 3 * tokens, 4 * tokens));
    // Small pictures of so short a text are whole.
    byte[] thumbnails = get("api/thumbnails?" + of).body();
    assertThat(thumbnails).hasSize(4 * tokens * tokens).endsWith(bytes);
  }

  private static float[] floats(byte[] bytes) {
    float[] floats = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
    return floats;
  }

  @Test
  void thePiecesOfWordsAreSummedOverKeysAndAveragedOverQueries() {
    Units two = new Units(List.of(new int[] {0}, new int[] {1, 2}));
    float[] weights = {1, 0, 0, 0.5f, 0.25f, 0.25f, 0.1f, 0.2f, 0.7f};
    float[] merged = Units.between(two, two, MemorySegment.ofArray(weights), 3);
    float[] expected = {1, 0, 0.3f, 0.7f};
    for (int i = 0; i < expected.length; i++) {
      assertThat(merged[i]).isCloseTo(expected[i], org.assertj.core.api.Assertions.within(1e-6f));
    }
  }

  @Test
  void hiddenSpecialTokensAreLeftOutAndWordsJoined() throws Exception {
    String run =
        (String) json(post("api/run?page=b&model=minilm", "unbelievability now")).get("run");
    String of = "api/head?kind=attentions&layer=0&head=0&run=" + run;
    int all = get(of + "&words=0&special=1").body().length;
    assertThat(get(of + "&words=1&special=0").body()).hasSize(4); // two words
    assertThat(get(of + "&words=0&special=0").body())
        .hasSize((int) Math.pow(Math.sqrt(all) - 2, 2));
  }

  @Test
  void everyFamilyIsDescribedAndRun() throws Exception {
    for (String model : models.names()) {
      Map<String, Object> described = json(get("api/model?model=" + model));
      assertThat(described).containsKeys("kind", "parameters", "count", "longest");
      Map<String, Object> run = json(post("api/run?page=a&model=" + model, TEXT));
      assertThat(run).containsKeys("source", "attentions", "outcomes", "vector");
      for (Object attention : (List<?>) Objects.requireNonNull(run.get("attentions"))) {
        Object kind = ((Map<?, ?>) attention).get("kind");
        String of =
            "kind=%s&layer=0&head=1&words=1&special=1&run=".formatted(kind) + run.get("run");
        for (String what : List.of("thumbnails", "head", "row", "anatomy", "figures")) {
          assertThat(get("api/" + what + "?query=1&" + of).statusCode())
              .as(model + ", " + kind + ", " + what)
              .isEqualTo(200);
        }
      }
      assertThat(get("api/positions?model=" + model).body().length).isGreaterThan(100);
    }
    Map<String, Object> roles = json(post("api/roles?page=a&model=demo&kind=attentions", ""));
    assertThat((List<?>) roles.get("heads")).hasSize(4);
    assertThat(post("api/roles?page=a&model=demo&kind=x", "").statusCode()).isEqualTo(400);
    Map<String, Object> context =
        json(post("api/context?page=a&model=demo&word=train", "The train.\nA train left."));
    assertThat(context.get("occurrences")).isEqualTo(2L);
  }

  @Test
  void aHeadMayBeCutAndATokenHidden() throws Exception {
    Map<String, Object> whole = json(post("api/run?page=a&model=minilm", TEXT));
    Map<String, Object> cut =
        json(post("api/run?page=a&model=minilm&off=attentions:0:3,attentions:5:1&hide=2", TEXT));
    assertThat(cut.get("vector")).isNotEqualTo(whole.get("vector"));
    assertThat(post("api/run?page=a&off=attentions:0", TEXT).statusCode()).isEqualTo(400);
    assertThat(post("api/run?page=a&hide=x", TEXT).statusCode()).isEqualTo(400);
  }

  @Test
  void aRunInProgressShowsItsWholeLines() throws Exception {
    assertThat(json(get("api/training"))).containsEntry("runs", List.of("my-run"));
    assertThat(text(get("api/metrics?name=my-run&from=0")))
        .isEqualTo("{\"step\":1,\"loss\":2.0}\n");
    assertThat(get("api/metrics?name=my-run&from=5000").body()).isEmpty();
  }

  @Test
  void aPortThatIsTakenIsAnError() {
    assertThatThrownBy(() -> start(models, List::of, ListenAddress.LOOPBACK, server.port()))
        .hasMessageContaining("127.0.0.1:%d: the port is taken".formatted(server.port()));
  }

  @Test
  void otherMachinesReachItOnlyIfItIsToldSo() throws Exception {
    assertThat(ListenAddress.LOOPBACK.isOpen()).isFalse();
    try (ExplorerServer all = start(models, List::of, ListenAddress.of("0.0.0.0"), 0)) {
      assertThat(all.address()).doesNotContain("0.0.0.0");
      for (String host : List.of("127.0.0.1", "localhost", "[::1]")) {
        assertThat(status(all.port(), host + ":" + all.port())).as(host).contains("200");
      }
      // A name that points here is not enough.
      assertThat(status(all.port(), "evil.example:" + all.port())).contains("403");
    }
    assertThat(status(server.port(), "0.0.0.0:" + server.port())).contains("403");
  }

  private static String status(int port, String host) throws IOException {
    return raw(port, "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }

  /// Its page goes while the model is being opened: not even the first layer is computed.
  @Test
  void whatAClosedPageAskedForIsNotComputed() throws Exception {
    CountDownLatch opening = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    ModelShelf slow =
        new ModelShelf() {
          @Override
          public List<String> names() {
            return List.of("demo");
          }

          @Override
          public Path path(String name) {
            opening.countDown();
            try {
              assertThat(gone.await(1, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return models.path(name);
          }
        };
    try (ExplorerServer other = start(slow, List::of, ListenAddress.LOOPBACK, 0);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      String own = other.address().replaceFirst("/$", "");
      Future<Integer> run =
          threads.submit(() -> send(own + "/api/run?page=a", TEXT, own).statusCode());
      assertThat(opening.await(1, TimeUnit.MINUTES)).isTrue();
      assertThat(send(own + "/api/leave?page=a", "", own).statusCode()).isEqualTo(200);
      gone.countDown();
      assertThat(run.get()).isEqualTo(499);
      assertThat(send(own + "/api/run?page=b", TEXT, own).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void manyPagesAtOnceAreAllAnswered() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        String path = "api/run?page=p" + i + "&model=" + models.names().get(i % 3);
        all.add(threads.submit(() -> post(path, TEXT).statusCode()));
      }
      for (Future<Integer> one : all) {
        assertThat(one.get()).isEqualTo(200);
      }
    }
  }
}
