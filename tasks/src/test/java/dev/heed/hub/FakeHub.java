package dev.heed.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A hub on this machine with one model, `owner/name`, and the troubles that hubs have.
final class FakeHub implements AutoCloseable {
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /// What the next request for a file meets.
  sealed interface Trouble {
    /// The answer breaks off after so many bytes.
    record BreakOff(int bytes) implements Trouble {}

    /// The answer is a status and nothing else.
    record Status(int code) implements Trouble {}

    /// The file is sent from its beginning, whatever was asked for.
    record NoRanges() implements Trouble {}

    /// Other bytes are sent.
    record Instead(byte[] content) implements Trouble {}
  }

  private final HttpServer server;
  private final Map<String, byte[]> files = new LinkedHashMap<>();
  private final Deque<Trouble> troubles = new ArrayDeque<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private int listStatus = 200;
  private String listing = "";
  private String redirect = "";

  FakeHub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  String address() {
    return "http://" + server.getAddress().getHostString() + ":" + server.getAddress().getPort();
  }

  /// Adds a file; those of 1000 bytes and more are large ones.
  FakeHub with(String name, byte[] content) {
    files.put(name, content);
    return this;
  }

  FakeHub with(String name, String content) {
    return with(name, content.getBytes(StandardCharsets.UTF_8));
  }

  void troubles(Trouble... coming) {
    troubles.addAll(List.of(coming));
  }

  void listStatus(int status) {
    listStatus = status;
  }

  /// Answers this instead of the true list of files.
  void listing(String json) {
    listing = json;
  }

  /// Sends everyone who asks for a file to this address.
  void redirect(String address) {
    redirect = address;
  }

  /// "GET path range token" of each request for a file.
  List<String> requests() {
    return requests;
  }

  String list() {
    StringBuilder json = new StringBuilder("{\"sha\":\"" + COMMIT + "\",\"siblings\":[");
    files.forEach((name, content) -> {
      String size = "\"size\":" + content.length;
      String git =
          checksum(
              "SHA-1", ("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8), content);
      String large =
          content.length < 1000
              ? ""
              : ",\"lfs\":{\"sha256\":\"%s\",%s}".formatted(checksum("SHA-256", content), size);
      json.append(
          "{\"rfilename\":\"%s\",\"blobId\":\"%s\",%s%s},".formatted(name, git, size, large));
    });
    return json.substring(0, json.length() - 1) + "]}";
  }

  static String checksum(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getRawPath();
      if (path.startsWith("/api/models/owner/name/revision/")) {
        String json = listing.isEmpty() ? list() : listing;
        send(
            exchange, listStatus, listStatus == 200 ? json.getBytes(StandardCharsets.UTF_8) : null);
        return;
      }
      String range = String.valueOf(exchange.getRequestHeaders().getFirst("Range"));
      String token = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
      requests.add("GET %s %s %s".formatted(path, range, token));
      if (!redirect.isEmpty()) {
        exchange.getResponseHeaders().add("Location", redirect + path);
        send(exchange, 302, null);
        return;
      }
      String start = "/owner/name/resolve/" + COMMIT + "/";
      byte[] content =
          path.startsWith(start)
              ? files.get(URLDecoder.decode(path.substring(start.length()), StandardCharsets.UTF_8))
              : null;
      if (content == null) {
        send(exchange, 404, null);
        return;
      }
      file(exchange, content, range);
    }
  }

  private void file(HttpExchange exchange, byte[] content, String range) throws IOException {
    Trouble trouble = troubles.poll();
    int from = range.startsWith("bytes=") ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
    switch (trouble) {
      case Trouble.Status(int code) -> send(exchange, code, null);
      case Trouble.Instead(byte[] other) -> send(exchange, 200, other);
      case Trouble.NoRanges() -> send(exchange, 200, content);
      case Trouble.BreakOff(int bytes) -> part(exchange, content, from, bytes);
      case null -> part(exchange, content, from, content.length - from);
    }
  }

  private static void part(HttpExchange exchange, byte[] content, int from, int bytes)
      throws IOException {
    byte[] rest = Arrays.copyOfRange(content, from, content.length);
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .add(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, rest.length == 0 ? -1 : rest.length);
    OutputStream out = exchange.getResponseBody();
    out.write(rest, 0, bytes);
    out.flush();
  }

  private static void send(HttpExchange exchange, int status, byte @Nullable [] content)
      throws IOException {
    exchange.sendResponseHeaders(status, content == null ? -1 : content.length);
    if (content != null) {
      exchange.getResponseBody().write(content);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
