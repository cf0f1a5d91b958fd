package dev.heed.hub;

import dev.heed.hub.HubListing.RemoteFile;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/// One file on its way into the cache. Its bytes are gathered in `<blob>.incomplete`, which a later
/// try goes on with; a file that is whole and has its checksum takes the blob's name.
final class Download {
  private static final int TRIES = 5;
  private static final int BUFFER = 1 << 16;
  private static final Duration LONGEST_SILENCE = Duration.ofSeconds(60);

  /// Asks for the file from a byte on.
  @FunctionalInterface
  interface Source {
    HttpResponse<InputStream> from(long first) throws IOException;
  }

  private final Path blob;
  private final RemoteFile file;
  private final String what;
  private final Source source;

  /// @param what the file, for messages
  Download(Path blob, RemoteFile file, String what, Source source) {
    this.blob = blob;
    this.file = file;
    this.what = what;
    this.source = source;
  }

  /// Fetches it; after an interruption of the network again from where it was.
  void run(LongConsumer progress) throws IOException {
    Path part = blob.resolveSibling(blob.getFileName() + ".incomplete");
    try (FileChannel channel =
            FileChannel.open(
                part,
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        FileLock lock = lock(channel)) {
      if (channel.size() > file.size()) {
        channel.truncate(0);
      }
      for (int tries = 1; channel.size() < file.size() || file.size() == 0; tries++) {
        long before = channel.size();
        try {
          fetch(channel, progress);
          break;
        } catch (HubException e) {
          if (tries >= TRIES || e.status() < 500 && e.status() != 429) {
            throw e;
          }
        } catch (IOException e) {
          if (channel.size() > before) {
            tries = 0;
          } else if (tries >= TRIES) {
            throw new HubException(
                "%s: broken off at byte %,d of %,d (%s); `heed pull` again goes on there"
                    .formatted(what, channel.size(), file.size(), e.getMessage()),
                0,
                e);
          }
        }
        pause(tries);
      }
      String checksum = checksum(channel);
      if (channel.size() != file.size() || !checksum.equals(file.checksum())) {
        String found = "%,d bytes with the checksum %s".formatted(channel.size(), checksum);
        channel.truncate(0); // what is wrong would stay so
        throw new HubException(
            "%s: expected %,d bytes with the checksum %s, received %s"
                .formatted(what, file.size(), file.checksum(), found),
            0,
            null);
      }
      channel.force(true);
      lock.release();
    }
    Files.move(part, blob, StandardCopyOption.REPLACE_EXISTING);
  }

  private FileLock lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
    } catch (OverlappingFileLockException e) {
      // Another thread of this process.
    }
    throw new HubException(what + ": is being fetched already", 0, null);
  }

  private void fetch(FileChannel channel, LongConsumer progress) throws IOException {
    long from = channel.size();
    HttpResponse<InputStream> response = source.from(from);
    try (InputStream body = response.body()) {
      String expected = "bytes " + from + "-";
      boolean goesOn =
          response.statusCode() == 206
              && response.headers().firstValue("Content-Range").orElse("").startsWith(expected);
      if (!goesOn) {
        channel.truncate(0);
        if (response.statusCode() != 200) {
          throw new IOException("the hub did not go on at byte " + from);
        }
      }
      channel.position(channel.size());
      copy(body, channel, progress);
    }
  }

  private void copy(InputStream body, FileChannel channel, LongConsumer progress)
      throws IOException {
    AtomicLong heard = new AtomicLong(System.nanoTime());
    Thread watch = Thread.ofVirtual().start(() -> closeWhenSilent(body, heard));
    try {
      byte[] buffer = new byte[BUFFER];
      long done = channel.size();
      for (int n = body.read(buffer); n >= 0; n = body.read(buffer)) {
        heard.set(System.nanoTime());
        done += n;
        if (done > file.size()) {
          // Checked before it is written: no answer fills the disk.
          channel.truncate(0);
          throw new HubException(
              "%s: expected %,d bytes, received more".formatted(what, file.size()), 0, null);
        }
        ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, n);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        progress.accept(done);
      }
    } finally {
      watch.interrupt();
    }
    if (channel.size() < file.size()) {
      throw new IOException("the answer ended early");
    }
  }

  private static void closeWhenSilent(InputStream body, AtomicLong heard) {
    try {
      while (System.nanoTime() - heard.get() < LONGEST_SILENCE.toNanos()) {
        Thread.sleep(1000);
      }
      body.close();
    } catch (InterruptedException | IOException e) {
      // The file is whole, or its reader learns of the failure itself.
      Thread.currentThread().interrupt();
    }
  }

  /// A quarter of a second, then twice as long each time.
  private static void pause(int tries) throws IOException {
    try {
      Thread.sleep(250L << Math.max(0, tries - 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// SHA-256 of a large file; git's SHA-1 of a blob, which begins with its size, of another.
  private String checksum(FileChannel channel) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance(file.isLarge() ? "SHA-256" : "SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256 and SHA-1", e);
    }
    if (!file.isLarge()) {
      digest.update(("blob " + channel.size() + "\0").getBytes(StandardCharsets.UTF_8));
    }
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    channel.position(0);
    while (channel.read(buffer.clear()) >= 0) {
      digest.update(buffer.flip());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
