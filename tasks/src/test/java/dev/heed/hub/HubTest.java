package dev.heed.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.hub.FakeHub.Trouble;
import dev.heed.hub.HubListing.RemoteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubTest {
  private static final byte[] WEIGHTS = new byte[300_000];

  static {
    new Random(1).nextBytes(WEIGHTS);
  }

  @TempDir private Path folder;
  private FakeHub fake;
  private HubCache cache;

  @BeforeEach
  void start() throws IOException {
    fake =
        new FakeHub()
            .with("config.json", "{\"model_type\":\"bert\"}")
            .with("1_Pooling/config.json", "{}")
            .with("model.safetensors", WEIGHTS);
    cache = new HubCache(folder);
  }

  @AfterEach
  void stop() {
    fake.close();
  }

  private Hub hub() {
    return Hub.at(Map.of("HF_ENDPOINT", fake.address() + "/", "HF_TOKEN", "secret"), cache);
  }

  private Path fetch() throws IOException {
    try (Hub hub = hub()) {
      HubListing listing = hub.list("owner/name", "main");
      return hub.fetch(listing, listing.needed(), done -> {});
    }
  }

  private List<Path> blobs() throws IOException {
    try (Stream<Path> blobs = Files.list(folder.resolve("models--owner--name/blobs"))) {
      return blobs.toList();
    }
  }

  @Test
  void aModelComesInTheLayoutOfTheHubsOwnLibraries() throws IOException {
    Path snapshot = fetch();
    assertThat(snapshot)
        .isEqualTo(folder.resolve("models--owner--name/snapshots/" + FakeHub.COMMIT));
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    assertThat(snapshot.resolve("1_Pooling/config.json")).hasContent("{}");
    assertThat(folder.resolve("models--owner--name/refs/main")).hasContent(FakeHub.COMMIT);
    Path blob = folder.resolve("models--owner--name/blobs/" + FakeHub.checksum("SHA-256", WEIGHTS));
    assertThat(blob).hasBinaryContent(WEIGHTS);
    assertThat(Files.readSymbolicLink(snapshot.resolve("1_Pooling/config.json")))
        .hasToString("../../../blobs/" + FakeHub.checksum("SHA-1", "blob 2\0{}".getBytes()));
    assertThat(blobs()).hasSize(3);
    assertThat(cache.snapshot("owner/name", "main")).contains(snapshot);
    assertThat(cache.snapshot("owner/name", FakeHub.COMMIT)).contains(snapshot);
    assertThat(cache.models()).containsExactly(new HubCache.Cached("owner/name", "main", snapshot));
  }

  @Test
  void whatIsHereIsNotFetchedAgain() throws IOException {
    fetch();
    fake.requests().clear();
    assertThat(fetch()).isDirectory();
    assertThat(fake.requests()).isEmpty();
  }

  @Test
  void aBrokenOffAnswerIsGoneOnWith() throws IOException {
    fake.troubles(new Trouble.BreakOff(10), new Trouble.BreakOff(0), new Trouble.BreakOff(0));
    Path snapshot = fetch();
    assertThat(snapshot.resolve("config.json")).hasContent("{\"model_type\":\"bert\"}");
    assertThat(fake.requests().stream().filter(r -> r.contains("/config.json bytes=10-")))
        .isNotEmpty();
    assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
  }

  @Test
  void anInterruptedFetchGoesOnAtTheNextStart() throws IOException {
    try (Hub hub = hub()) {
      HubListing listing = hub.list("owner/name", "main");
      assertThatThrownBy(() ->
              hub.fetch(
                  listing,
                  listing.needed(),
                  done -> {
                    if (done > 100_000) {
                      throw new IllegalStateException("stopped by the user");
                    }
                  }))
          .hasMessage("stopped by the user");
    }
    List<Path> parts = blobs().stream().filter(b -> b.toString().endsWith(".incomplete")).toList();
    assertThat(parts).hasSize(1);
    long have = Files.size(parts.getFirst());
    assertThat(have).isBetween(100_000L - 100, 299_999L);
    assertThat(cache.snapshot("owner/name", "main")).isEmpty();
    assertThat(fetch().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    assertThat(fake.requests().getLast()).contains("model.safetensors bytes=" + have + "-");
    assertThat(blobs()).noneMatch(blob -> blob.toString().endsWith(".incomplete"));
  }

  @Test
  void aHubThatKnowsNoRangesSendsTheWholeFileAgain() throws IOException {
    Path blobs = Files.createDirectories(folder.resolve("models--owner--name/blobs"));
    String sum = FakeHub.checksum("SHA-256", WEIGHTS);
    Files.write(blobs.resolve(sum + ".incomplete"), new byte[1000]);
    try (Hub hub = hub()) {
      HubListing listing = hub.list("owner/name", "main");
      fake.troubles(new Trouble.NoRanges());
      Path snapshot = hub.fetch(listing, listing.matching(List.of("*.safetensors")), done -> {});
      assertThat(snapshot.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }
  }

  @Test
  void wrongBytesAreRefusedAndForgotten() throws IOException {
    byte[] other = WEIGHTS.clone();
    other[77]++;
    fake.troubles(new Trouble.Instead("{\"model_type\":\"evil\"}".getBytes()));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("owner/name: config.json: expected 21 bytes with the checksum");
    assertThat(cache.snapshot("owner/name", "main")).isEmpty();
    assertThat(fetch().resolve("config.json")).hasContent("{\"model_type\":\"bert\"}");
    // A damaged beginning from an earlier try is found out too.
    Path blob = folder.resolve("models--owner--name/blobs/" + FakeHub.checksum("SHA-256", WEIGHTS));
    Files.delete(blob);
    Files.write(blob.resolveSibling(blob.getFileName() + ".incomplete"), other);
    assertThatThrownBy(this::fetch).hasMessageContaining("model.safetensors: expected 300,000");
    assertThat(fetch().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
  }

  @Test
  void moreBytesThanPromisedAreNotWritten() {
    fake.troubles(new Trouble.Instead(new byte[50_000]));
    assertThatThrownBy(this::fetch).hasMessageContaining("expected 21 bytes, received more");
  }

  @Test
  void aHubInTroubleIsAskedAgain() throws IOException {
    fake.troubles(new Trouble.Status(503), new Trouble.Status(429));
    assertThat(fetch().resolve("config.json")).exists();
  }

  @ParameterizedTest
  @CsvSource({
    "401, the token in HF_TOKEN is not accepted",
    "403, access is refused",
    "404, there is none",
    "418, not understood",
  })
  void aRefusalSaysWhy(int status, String why) {
    fake.listStatus(status);
    assertThatThrownBy(this::fetch)
        .isInstanceOfSatisfying(HubException.class, e -> assertThat(e.status()).isEqualTo(status))
        .hasMessageContaining("owner/name (main)")
        .hasMessageContaining(why)
        .hasMessageContaining(Integer.toString(status));
  }

  @Test
  void withoutATokenARefusalNamesTheVariable() {
    fake.listStatus(401);
    try (Hub hub = Hub.at(Map.of("HF_ENDPOINT", fake.address()), cache)) {
      assertThatThrownBy(() -> hub.list("owner/name", "main")).hasMessageContaining("HF_TOKEN");
    }
  }

  @Test
  void aFileThatIsMissingAfterAllIsNamed() {
    fake.troubles(new Trouble.Status(404));
    assertThatThrownBy(this::fetch).hasMessageContaining("owner/name: config.json: there is none");
  }

  @Test
  void theTokenGoesToTheEndpointAndNowhereElse() throws IOException {
    try (FakeHub store =
        new FakeHub()
            .with("config.json", "{\"model_type\":\"bert\"}")
            .with("1_Pooling/config.json", "{}")
            .with("model.safetensors", WEIGHTS)) {
      store.troubles(new Trouble.BreakOff(5));
      fake.redirect(store.address());
      assertThat(fetch().resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
      assertThat(fake.requests()).allMatch(request -> request.endsWith("Bearer secret"));
      assertThat(store.requests()).hasSize(4).allMatch(request -> request.endsWith("null"));
      assertThat(store.requests().get(1)).contains("bytes=5-");
    }
  }

  @Test
  void aRingOfRedirectsEnds() {
    fake.redirect(fake.address());
    assertThatThrownBy(this::fetch).hasMessageContaining("sent on more than 5 times");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x",
        "a/../../x",
        "/etc/x",
        "a\\\\b",
        "C:x",
        "",
        "a//b",
        ".",
        "a/.",
        "x\\u0000y",
        "a/.. "
      })
  void aNameThatLeadsElsewhereIsRefused(String name) throws IOException {
    fake.listing(fake.list().replace("1_Pooling/config.json", name));
    assertThatThrownBy(this::fetch)
        .isInstanceOf(HubException.class)
        .hasMessageContaining("inside the model's folder");
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "<html>",
        "{\"sha\":\"../../x\",\"siblings\":[]}",
        "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":7}",
        "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":"
            + "[{\"rfilename\":\"a\",\"size\":1,\"blobId\":\"../../a\"}]}",
        "{\"sha\":\"0123456789abcdef0123456789abcdef01234567\",\"siblings\":"
            + "[{\"rfilename\":\"a\",\"size\":-1,"
            + "\"blobId\":\"0123456789abcdef0123456789abcdef01234567\"}]}",
      })
  void aListThatIsNoneIsRefused(String json) {
    fake.listing(json);
    assertThatThrownBy(this::fetch).isInstanceOf(HubException.class);
    assertThat(folder).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(strings = {"../x", "a/b/c", "a--b/c", "a/..", "", "a b", "/a", "a/"})
  void whatIsNoNameOfAModelIsRefused(String name) {
    try (Hub hub = hub()) {
      assertThatThrownBy(() -> hub.list(name, "main"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("owner/name");
    }
  }

  @Test
  void aRevisionStaysInItsFolder() throws IOException {
    try (Hub hub = hub()) {
      HubListing listing = hub.list("owner/name", "../../../x");
      assertThatThrownBy(() -> hub.fetch(listing, listing.needed(), done -> {}))
          .hasMessageContaining("../../../x");
      HubListing branch = hub.list("owner/name", "refs/pr/1");
      hub.fetch(branch, branch.needed(), done -> {});
      assertThat(cache.snapshot("owner/name", "refs/pr/1")).isPresent();
      assertThat(cache.snapshot("owner/name", "../snapshots")).isEmpty();
    }
    try (Stream<Path> all = Files.list(folder.getParent())) {
      assertThat(all.map(path -> path.getFileName().toString())).doesNotContain("x");
    }
  }

  @Test
  void aHubThatIsNotThereIsNamed() throws IOException {
    String address = fake.address();
    fake.close();
    try (Hub hub = Hub.at(Map.of("HF_ENDPOINT", address), cache)) {
      assertThatThrownBy(() -> hub.list("owner/name", "main"))
          .isInstanceOf(HubException.class)
          .hasMessageContaining("cannot reach " + address.substring("http://".length()));
    }
    assertThatThrownBy(() -> Hub.at(Map.of("HF_ENDPOINT", "ftp://x"), cache))
        .hasMessageContaining("HF_ENDPOINT");
  }

  private static HubListing listing(String... names) {
    return new HubListing(
        "o/n",
        "main",
        FakeHub.COMMIT,
        Stream.of(names).map(name -> new RemoteFile(name, 1, FakeHub.COMMIT)).toList());
  }

  private static List<String> needed(String... names) throws IOException {
    return listing(names).needed().stream().map(RemoteFile::name).toList();
  }

  @Test
  void ofTheWeightsOneFormIsFetched() throws IOException {
    assertThat(
            needed(
                ".gitattributes",
                "config.json",
                "model.safetensors",
                "pytorch_model.bin",
                "pytorch_model.bin.index.json",
                "tf_model.h5",
                "onnx/model.onnx",
                "onnx/config.json",
                "tokenizer.json",
                "vocab.txt",
                "2_Dense/pytorch_model.bin",
                "2_Dense/config.json"))
        .containsExactly(
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "vocab.txt",
            "2_Dense/pytorch_model.bin",
            "2_Dense/config.json");
    assertThat(needed("pytorch_model.bin", "source.spm", "rust_model.ot", "flax_model.msgpack"))
        .containsExactly("pytorch_model.bin", "source.spm");
    assertThat(
            needed(
                "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json", "model.fp16.safetensors"))
        .containsExactly(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json");
    assertThat(needed("README.md", "q4.gguf")).containsExactly("README.md", "q4.gguf");
    assertThatThrownBy(() -> needed("q4.gguf", "q8.gguf"))
        .hasMessageContaining("--file")
        .hasMessageContaining("q4.gguf, q8.gguf");
  }

  @Test
  void filesAreChosenByGlobs() throws IOException {
    HubListing listing = listing("config.json", "a.Q4_K_M.gguf", "a.Q8_0.gguf");
    assertThat(listing.matching(List.of("*Q4_K_M.gguf", "config.json")))
        .extracting(RemoteFile::name)
        .containsExactly("a.Q4_K_M.gguf", "config.json");
    assertThatThrownBy(() -> listing.matching(List.of("*.bin")))
        .hasMessageContaining("has no file *.bin: there are config.json");
  }

  @Test
  void theEnvironmentPlacesTheCache() {
    Path home = Path.of("home");
    assertThat(HubCache.at(Map.of(), home).folder())
        .isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(HubCache.at(Map.of("XDG_CACHE_HOME", "caches"), home).folder())
        .isEqualTo(Path.of("caches/huggingface/hub"));
    assertThat(HubCache.at(Map.of("HF_HOME", "hf", "XDG_CACHE_HOME", "c"), home).folder())
        .isEqualTo(Path.of("hf/hub"));
    assertThat(HubCache.at(Map.of("HF_HUB_CACHE", "cache", "HF_HOME", "hf"), home).folder())
        .isEqualTo(Path.of("cache"));
  }
}
