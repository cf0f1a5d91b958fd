package dev.heed.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// Which Heed this is.
final class Version {
  private Version() {}

  /// The version that the build stamped, such as `0.1.0`.
  static String heed() {
    try (InputStream stamped = Version.class.getResourceAsStream("version.properties")) {
      if (stamped == null) {
        throw new IllegalStateException("the build has not written version.properties");
      }
      Properties properties = new Properties();
      properties.load(stamped);
      return properties.getProperty("version");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
