package dev.heed.explorer;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/// Where the explorer listens, and by which names a browser may ask for it there.
///
/// @param name as it was given
public record ListenAddress(String name, InetAddress address) {
  /// This machine alone.
  public static final ListenAddress LOOPBACK =
      new ListenAddress("127.0.0.1", InetAddress.getLoopbackAddress());

  /// Looks a name up.
  ///
  /// @param name a name or an address of this machine; `0.0.0.0` for all that it has
  /// @throws UnknownHostException if nobody knows it
  public static ListenAddress of(String name) throws UnknownHostException {
    return new ListenAddress(name, InetAddress.getByName(name));
  }

  /// Whether other machines reach it.
  public boolean isOpen() {
    return !address.isLoopbackAddress();
  }

  /// As it stands in the page's address.
  String shown() {
    if (address.isAnyLocalAddress()) {
      return ownName();
    }
    return name.contains(":") ? "[" + name + "]" : name;
  }

  /// What the `Host` of a request may be. Where it listens at all addresses these are the numeric
  /// ones and the machine's name, never a name that somebody made to point here.
  Set<String> hosts(int port) {
    Set<String> names = new HashSet<>();
    names.add(shown());
    if (!isOpen() || address.isAnyLocalAddress()) {
      names.addAll(Set.of("localhost", "127.0.0.1", "[::1]"));
    }
    if (address.isAnyLocalAddress()) {
      try {
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .forEach(one -> names.add(numeric(one)));
      } catch (SocketException e) {
        // The names above remain.
      }
    } else {
      names.add(numeric(address));
    }
    return names.stream().map(host -> host + ":" + port).collect(Collectors.toUnmodifiableSet());
  }

  private static String numeric(InetAddress address) {
    String digits = address.getHostAddress().replaceAll("%.*", "");
    return address instanceof Inet6Address ? "[" + digits + "]" : digits;
  }

  private static String ownName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "127.0.0.1";
    }
  }
}
