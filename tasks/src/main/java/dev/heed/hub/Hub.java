package dev.heed.hub;

import dev.heed.hub.HubListing.RemoteFile;
import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Fetches models from the Hugging Face hub, or what speaks its protocol, into the cache that its
/// own libraries use. A fetch that ends early goes on where it was; every file's checksum is
/// checked before the file appears under its name.
///
/// Source: the HTTP interface of the hub as `huggingface_hub` uses it.
public final class Hub implements AutoCloseable {
  private static final URI PUBLIC = URI.create("https://huggingface.co");
  private static final int MOST_REDIRECTS = 5;
  private static final int LARGEST_LIST = 16 << 20;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final URI endpoint;
  private final @Nullable String token;
  private final HubCache cache;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER) // the token goes to the endpoint alone
          .connectTimeout(TIMEOUT)
          .build();

  /// A hub at `endpoint` whose files go into `cache`.
  ///
  /// @param token what private models are asked for with, null for none
  Hub(URI endpoint, @Nullable String token, HubCache cache) {
    if (endpoint.getHost() == null || !List.of("https", "http").contains(endpoint.getScheme())) {
      throw new IllegalArgumentException(
          "the hub's endpoint (HF_ENDPOINT) must be a https or http address: received " + endpoint);
    }
    this.endpoint = endpoint;
    this.token = token;
    this.cache = cache;
  }

  /// The hub that the environment names: `HF_ENDPOINT`, else the public one, with the token
  /// `HF_TOKEN` if there is one.
  public static Hub at(Map<String, String> environment, HubCache cache) {
    String named = environment.getOrDefault("HF_ENDPOINT", "").strip();
    String token = environment.getOrDefault("HF_TOKEN", "").strip();
    URI endpoint;
    try {
      endpoint = named.isEmpty() ? PUBLIC : URI.create(named.replaceFirst("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("HF_ENDPOINT is no address: received " + named, e);
    }
    return new Hub(endpoint, token.isEmpty() ? null : token, cache);
  }

  /// Where it is.
  public URI endpoint() {
    return endpoint;
  }

  /// The files of a model.
  ///
  /// @param revision a branch, a tag or a commit
  /// @throws HubException where the hub does not give the list
  public HubListing list(String repository, String revision) throws IOException {
    cache.folder(repository); // refuses what is no name
    String path =
        "/api/models/" + encode(repository) + "/revision/" + encode(revision).replace("/", "%2F");
    String what = repository + " (" + revision + ")";
    try (InputStream body = send(URI.create(endpoint + path + "?blobs=true"), 0, what).body()) {
      byte[] json = body.readNBytes(LARGEST_LIST + 1);
      return HubListing.read(repository, revision, ConfigFile.parse("its list of files", json));
    } catch (ModelException e) {
      throw new HubException(endpoint + " gave no list of files: " + e.getMessage(), 0, e);
    } catch (Unreachable e) {
      throw new HubException(what + ": " + e.getMessage(), 0, e);
    }
  }

  /// Whether the file is in the cache already.
  public boolean isCached(HubListing listing, RemoteFile file) {
    return Files.isRegularFile(place(listing, file));
  }

  /// Fetches those of `files` that the cache lacks.
  ///
  /// @param progress is told how many bytes of them were read, again and again; what it throws ends
  ///   the fetch
  /// @return the folder with the files
  /// @throws HubException where the hub does not give one, or gives another than it promised
  public Path fetch(HubListing listing, List<RemoteFile> files, LongConsumer progress)
      throws IOException {
    Path blobs = Files.createDirectories(cache.folder(listing.repository()).resolve("blobs"));
    List<RemoteFile> missing = files.stream().filter(file -> !isCached(listing, file)).toList();
    requireSpace(blobs, HubListing.bytes(missing));
    long[] before = {0};
    for (RemoteFile file : missing) {
      Path blob = blobs.resolve(file.checksum());
      if (!Files.isRegularFile(blob)) {
        URI address =
            URI.create(
                "%s/%s/resolve/%s/%s"
                    .formatted(
                        endpoint,
                        encode(listing.repository()),
                        listing.commit(),
                        encode(file.name())));
        String what = listing.repository() + ": " + file.name();
        new Download(blob, file, what, from -> send(address, from, what))
            .run(done -> progress.accept(before[0] + done));
      }
      link(blob, place(listing, file));
      before[0] += file.size();
      progress.accept(before[0]);
    }
    Path snapshot =
        cache.folder(listing.repository()).resolve("snapshots").resolve(listing.commit());
    if (!listing.revision().equals(listing.commit())) {
      // Last of all: what the name leads to is whole.
      writeReference(listing);
    }
    return snapshot;
  }

  private Path place(HubListing listing, RemoteFile file) {
    return cache
        .folder(listing.repository())
        .resolve("snapshots")
        .resolve(listing.commit())
        .resolve(file.name());
  }

  private static void requireSpace(Path folder, long bytes) throws IOException {
    long free = Files.getFileStore(folder).getUsableSpace();
    if (bytes > free) {
      throw new HubException(
          "%s needs %,d bytes more: free are %,d".formatted(folder, bytes, free), 0, null);
    }
  }

  private void writeReference(HubListing listing) throws IOException {
    Path refs = cache.folder(listing.repository()).resolve("refs");
    Path reference = refs.resolve(listing.revision()).normalize();
    if (!reference.startsWith(refs) || reference.equals(refs)) {
      throw new IllegalArgumentException("no revision has the name " + listing.revision());
    }
    Files.createDirectories(reference.getParent());
    Path part = reference.resolveSibling("." + UUID.randomUUID());
    Files.writeString(part, listing.commit());
    Files.move(part, reference, StandardCopyOption.REPLACE_EXISTING);
  }

  /// Lets `place` lead to the blob: as a link where the system has them, else as the file itself.
  private static void link(Path blob, Path place) throws IOException {
    Path folder = Files.createDirectories(place.getParent());
    Files.deleteIfExists(place);
    try {
      Files.createSymbolicLink(place, folder.relativize(blob));
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.move(blob, place, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /// Asks for `address`, from the byte `from` on, and follows where the hub sends to.
  private HttpResponse<InputStream> send(URI address, long from, String what) throws IOException {
    URI at = address;
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      HttpRequest.Builder request = HttpRequest.newBuilder(at).timeout(TIMEOUT);
      if (token != null && isEndpoint(at)) {
        request.header("Authorization", "Bearer " + token);
      }
      if (from > 0) {
        request.header("Range", "bytes=" + from + "-");
      }
      HttpResponse<InputStream> response = exchange(request.build());
      int status = response.statusCode();
      if (status == 200 || status == 206 || status == 416) {
        return response;
      }
      response.body().close();
      String location = response.headers().firstValue("Location").orElse("");
      if (!List.of(301, 302, 303, 307, 308).contains(status) || location.isEmpty()) {
        throw refused(what, status);
      }
      URI next = at.resolve(location);
      if (at.getScheme().equals("https") && !"https".equals(next.getScheme())) {
        throw new HubException(what + ": sent from https to " + next, status, null);
      }
      at = next;
    }
    throw new HubException(what + ": sent on more than " + MOST_REDIRECTS + " times", 0, null);
  }

  private HttpResponse<InputStream> exchange(HttpRequest request) throws IOException {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (IllegalArgumentException e) {
      throw new HubException("sent to what is no address: " + e.getMessage(), 0, e);
    } catch (IOException e) {
      throw new Unreachable(request.uri().getAuthority(), e);
    }
  }

  /// The hub could not be asked; trying again may help.
  static final class Unreachable extends IOException {
    private static final long serialVersionUID = 1L;

    Unreachable(String where, IOException cause) {
      super("cannot reach " + where + ": " + String.valueOf(cause.getMessage()), cause);
    }
  }

  private boolean isEndpoint(URI uri) {
    return endpoint.getScheme().equals(uri.getScheme())
        && endpoint.getAuthority().equals(uri.getAuthority());
  }

  private HubException refused(String what, int status) {
    String why =
        switch (status) {
          case 401 ->
              token == null
                  ? "no such model, or one that needs a token: HF_TOKEN is not set"
                  : "the token in HF_TOKEN is not accepted";
          case 403 ->
              "access is refused: its page at %s may ask to accept terms".formatted(endpoint);
          case 404 -> "there is none";
          case 429 -> "asked too often";
          default -> status >= 500 ? "the hub has trouble" : "an answer that is not understood";
        };
    return new HubException(
        "%s: %s (%s answered %d)".formatted(what, why, endpoint, status), status, null);
  }

  /// Each segment of a path, `/` between them.
  private static String encode(String path) {
    return URLEncoder.encode(path, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
