package dev.heed.cli;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Where vectors go, window by window, in the order of the texts.
///
/// A file grows beside its place as `FILE.part`, and `FILE.part.json` says how far it got, from
/// which texts and by which model. A run that was interrupted goes on there when the same texts
/// come again; otherwise it begins anew. At the end the file is moved to its place.
final class VectorOutput implements AutoCloseable {
  private final VectorForm form;
  private final @Nullable OutputStream stream;
  private final @Nullable Path file;
  private final @Nullable FileChannel part;
  private final String origin;
  private final @Nullable MessageDigest digest; // of the texts, to go on with a file
  private final List<byte[]> held = new ArrayList<>();
  private long doneBefore;
  private String digestBefore = "";
  private long read;
  private long done;
  private int width;

  private VectorOutput(
      VectorForm form,
      @Nullable OutputStream stream,
      @Nullable Path file,
      @Nullable FileChannel part,
      String origin) {
    this.form = form;
    this.stream = stream;
    this.file = file;
    this.part = part;
    this.digest = part == null ? null : sha256();
    this.origin = origin;
  }

  /// Opens the file that `output` names, else standard output.
  ///
  /// @param origin what the vectors depend on besides the texts
  static VectorOutput open(HeedCommand heed, ResultOutput output, VectorForm form, String origin)
      throws IOException {
    Path file = output.file();
    if (file == null || (Files.exists(file) && !Files.isRegularFile(file))) {
      OutputStream stream = file == null ? heed.out() : Files.newOutputStream(file);
      return new VectorOutput(form, stream, null, null, origin);
    }
    return open(file, form, origin);
  }

  /// Opens a file, perhaps one that an earlier run left unfinished.
  static VectorOutput open(Path file, VectorForm form, String origin) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      throw CommandFailure.missing("no such folder: " + folder);
    }
    FileChannel part =
        FileChannel.open(
            beside(file, ".part"),
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    VectorOutput opened = new VectorOutput(form, null, file, part, origin + "\n" + form);
    opened.goOn();
    return opened;
  }

  private static Path beside(Path file, String ending) {
    return file.resolveSibling(file.getFileName() + ending);
  }

  /// Takes up what an earlier run left, if it was of this kind.
  private void goOn() throws IOException {
    Path journal = beside(required(file), ".part.json");
    FileChannel channel = required(part);
    if (form != VectorForm.JSON && Files.exists(journal)) {
      try {
        ConfigFile said = ConfigFile.read(journal);
        long bytes = Long.parseLong(said.string("bytes"));
        if (said.string("origin").equals(origin) && bytes <= channel.size()) {
          doneBefore = Long.parseLong(said.string("texts"));
          digestBefore = said.string("sha256");
          width = said.integer("width");
          done = doneBefore;
          channel.truncate(bytes).position(bytes);
          return;
        }
      } catch (ModelException | NumberFormatException e) {
        // Nobody's journal: begin anew.
      }
    }
    channel.truncate(0);
  }

  /// The number of texts whose vectors are written.
  long done() {
    return done;
  }

  /// Whether an earlier run did this text, the next one of the input.
  ///
  /// @throws CommandFailure if the earlier run had other texts
  boolean skips(String text) throws IOException {
    if (read >= doneBefore) {
      return false;
    }
    read++;
    digest(text);
    if (read == doneBefore && !state().equals(digestBefore)) {
      Path place = required(file);
      Files.deleteIfExists(beside(place, ".part.json"));
      throw CommandFailure.failed(
          "%s is of other texts than these; it was given up: start again"
              .formatted(beside(place, ".part")),
          null);
    }
    return true;
  }

  /// Writes the vectors of the next texts.
  void add(List<String> texts, List<float[]> vectors) throws IOException {
    if (done == 0) {
      width = vectors.getFirst().length;
      write(form.head(0, width));
    }
    texts.forEach(this::digest);
    for (float[] vector : vectors) {
      byte[] body = form.body(vector);
      if (form == VectorForm.JSON) {
        held.add(body); // whether it is a list, the last one tells
      } else {
        write(body);
      }
    }
    done += vectors.size();
    read += vectors.size();
    if (part != null && form != VectorForm.JSON) {
      part.force(false);
      new ConfigFile(
              "journal",
              Map.of(
                  "origin", origin,
                  "texts", Long.toString(done),
                  "width", width,
                  "bytes", Long.toString(part.position()),
                  "sha256", state()))
          .write(beside(required(file), ".part.json"));
    }
  }

  /// Ends the file and moves it to its place.
  void finish() throws IOException {
    if (read < doneBefore) {
      Path place = required(file);
      Files.deleteIfExists(beside(place, ".part.json"));
      throw CommandFailure.failed(
          "%s is of %d texts, more than these %d; it was given up: start again"
              .formatted(beside(place, ".part"), doneBefore, read),
          null);
    }
    if (done == 0) {
      write(form.head(0, 0));
    }
    writeList();
    if (stream != null) {
      stream.flush();
      return;
    }
    FileChannel channel = required(part);
    byte[] head = form.head(done, width);
    ByteBuffer start = ByteBuffer.wrap(head);
    while (start.hasRemaining()) {
      channel.write(start, start.position());
    }
    channel.force(true);
    channel.close();
    Path place = required(file);
    Files.move(beside(place, ".part"), place, StandardCopyOption.REPLACE_EXISTING);
    Files.deleteIfExists(beside(place, ".part.json"));
  }

  private void writeList() throws IOException {
    if (form != VectorForm.JSON) {
      return;
    }
    boolean list = held.size() != 1;
    byte[] between = ",".getBytes(StandardCharsets.US_ASCII);
    write(list ? "[\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
    for (int i = 0; i < held.size(); i++) {
      write(i == 0 ? new byte[0] : between);
      write(held.get(i));
    }
    write(list ? "]\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
  }

  private void write(byte[] bytes) throws IOException {
    if (stream != null) {
      stream.write(bytes);
      return;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      required(part).write(buffer);
    }
  }

  private void digest(String text) {
    if (digest != null) {
      digest.update(text.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) '\n');
    }
  }

  private String state() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) required(digest).clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's digests can be cloned", e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static <T> T required(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("standard output has no file");
    }
    return value;
  }

  /// Lets the file go; what is not finished stays for the next run.
  @Override
  public void close() throws IOException {
    if (part != null && part.isOpen()) {
      boolean nothing = part.size() == 0 || form == VectorForm.JSON;
      part.close();
      if (nothing) {
        Files.deleteIfExists(beside(required(file), ".part"));
      }
    }
  }
}
