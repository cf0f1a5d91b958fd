package dev.heed.explorer;

import dev.heed.model.ModelException;
import dev.heed.task.TextLengthException;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/// Serves the explorer's page at a loopback address.
public final class ExplorerServer implements AutoCloseable {
  private static final Logger HELIDON = Logger.getLogger("io.helidon");

  /// Where a browser closed the connection before it was answered.
  private static final int NOBODY_WAITS = 499;

  private final WebServer server;
  private final ListenAddress address;

  private ExplorerServer(WebServer server, ListenAddress address) {
    this.server = server;
    this.address = address;
  }

  /// Begins to serve.
  ///
  /// @param runs folders of training runs to watch
  /// @param address where it listens
  /// @param port 0 for any that is free
  /// @throws UncheckedIOException if the port is taken, or is not to be had there
  public static ExplorerServer start(
      ModelShelf shelf,
      Preparation preparation,
      Supplier<List<Path>> runs,
      ListenAddress address,
      int port) {
    HELIDON.setLevel(Level.OFF); // a browser that goes away is nothing to report
    AtomicReference<Set<String>> hosts = new AtomicReference<>(Set.of());
    ExplorerApi api =
        new ExplorerApi(
            new OpenModels(shelf),
            new Computations(System::nanoTime),
            new TrainingRuns(runs),
            preparation);
    HttpRouting.Builder routing =
        HttpRouting.builder()
            .addFilter(new RequestGuard(hosts::get))
            .register("/api", api)
            .error(TextLengthException.class, (request, response, e) -> say(response, 400, e))
            .error(IllegalArgumentException.class, (request, response, e) -> say(response, 400, e))
            .error(ModelException.class, (request, response, e) -> say(response, 400, e))
            .error(NoSuchElementException.class, (request, response, e) -> say(response, 404, e))
            .error(
                CancellationException.class,
                (request, response, e) -> say(response, NOBODY_WAITS, e))
            .error(Computations.Busy.class, (request, response, e) -> say(response, 503, e));
    PageFiles.NAMES.forEach((path, file) -> routing.get(path, page(file)));
    WebServer server =
        WebServer.builder()
            .address(address.address())
            .port(port)
            .routing(routing)
            .maxPayloadSize(ExplorerApi.LARGEST_BODY)
            .maxConcurrentRequests(64)
            .maxTcpConnections(128)
            .idleConnectionTimeout(Duration.ofMinutes(5))
            .shutdownHook(false)
            .build()
            .start();
    if (server.port() < 1) { // it does not throw
      throw new UncheckedIOException(
          new BindException(
              "cannot serve at %s:%d: the port is taken, or the address is not this machine's"
                  .formatted(address.shown(), port)));
    }
    hosts.set(address.hosts(server.port()));
    return new ExplorerServer(server, address);
  }

  private static io.helidon.webserver.http.Handler page(PageFiles.PageFile file) {
    return (ServerRequest request, ServerResponse response) -> {
      response.header("Content-Type", file.type());
      response.send(file.read());
    };
  }

  private static void say(ServerResponse response, int status, Throwable failure) {
    response
        .status(Status.create(status))
        .header("Content-Type", "text/plain; charset=utf-8")
        .send(String.valueOf(failure.getMessage()).getBytes(StandardCharsets.UTF_8));
  }

  /// The port.
  public int port() {
    return server.port();
  }

  /// Where the page is.
  public String address() {
    return "http://%s:%d/".formatted(address.shown(), port());
  }

  /// Ends to serve.
  @Override
  public void close() {
    server.stop();
  }
}
