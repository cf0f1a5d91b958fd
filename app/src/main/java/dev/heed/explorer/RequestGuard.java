package dev.heed.explorer;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.util.Set;
import java.util.function.Supplier;

/// Lets only the page itself speak to the server: no other site open in the same browser, and no
/// name that was made to point at this machine.
final class RequestGuard implements Filter {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
          + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final Supplier<Set<String>> hosts;

  /// @param hosts what the `Host` of a request may be: names or addresses, each with the port
  RequestGuard(Supplier<Set<String>> hosts) {
    this.hosts = hosts;
  }

  @Override
  public void filter(FilterChain chain, RoutingRequest request, RoutingResponse response) {
    response.header("Content-Security-Policy", POLICY);
    response.header("X-Content-Type-Options", "nosniff");
    response.header("Referrer-Policy", "no-referrer");
    response.header("Cross-Origin-Opener-Policy", "same-origin");
    response.header("Cross-Origin-Resource-Policy", "same-origin");
    response.header("Cache-Control", "no-store");
    String host = request.headers().first(HeaderNames.HOST).orElse("");
    boolean asks = request.prologue().method().equals(Method.GET);
    String origin =
        request.headers().first(HeaderNames.ORIGIN).orElse(asks ? "http://" + host : "");
    if (!hosts.get().contains(host) || !origin.equals("http://" + host)) {
      response.status(Status.FORBIDDEN_403).send("This server answers its own page only.");
      return;
    }
    chain.proceed();
  }
}
