package dev.heed.hub;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The files of a model at one commit, as the hub lists them. Nothing in it is trusted: names stay
/// inside the model's folder, checksums are checksums.
///
/// @param repository the model's name
/// @param revision the branch, tag or commit that was asked for
/// @param commit what it stands at
/// @param files all files
public record HubListing(
    String repository, String revision, String commit, List<RemoteFile> files) {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern SEGMENT = Pattern.compile("[^\\p{Cntrl}\\\\/:*?\"<>|]{1,200}");

  private static final Set<String> READ =
      Set.of("json", "txt", "model", "spm", "jinja", "md", "tiktoken");
  private static final Pattern SAFETENSORS = Pattern.compile("model(-\\d+-of-\\d+)?\\.safetensors");
  private static final Pattern PYTORCH = Pattern.compile("pytorch_model(-\\d+-of-\\d+)?\\.bin");
  private static final Set<String> OTHER_FORMATS =
      Set.of("onnx", "openvino", "coreml", "tflite", "original", "runs", "logs");

  /// A file of the hub.
  ///
  /// @param name its path in the model's folder, with `/`
  /// @param size in bytes
  /// @param checksum its SHA-256 where it is large, else git's SHA-1 of the blob
  public record RemoteFile(String name, long size, String checksum) {
    String folder() {
      int slash = name.lastIndexOf('/');
      return slash < 0 ? "" : name.substring(0, slash);
    }

    String lastName() {
      return name.substring(name.lastIndexOf('/') + 1);
    }

    String ending() {
      return name.substring(name.lastIndexOf('.') + 1);
    }

    /// Whether [#checksum] is a SHA-256.
    boolean isLarge() {
      return checksum.length() == 64;
    }
  }

  public HubListing {
    files = List.copyOf(files);
  }

  /// The sum of the sizes of `files`.
  public static long bytes(List<RemoteFile> files) {
    return files.stream().mapToLong(RemoteFile::size).sum();
  }

  /// What the hub answers when it is asked for a model with the metadata of its files.
  static HubListing read(String repository, String revision, ConfigFile answer)
      throws HubException {
    try {
      String commit = answer.string("sha");
      if (!COMMIT.matcher(commit).matches()) {
        throw wrong(repository, "sha", "a commit", commit);
      }
      List<RemoteFile> files = new ArrayList<>();
      Set<String> names = new HashSet<>();
      if (!(answer.values().get("siblings") instanceof List<?> siblings)) {
        throw wrong(repository, "siblings", "a list", answer.values().get("siblings"));
      }
      for (Object sibling : siblings) {
        if (!(sibling instanceof Map<?, ?> values)) {
          throw wrong(repository, "siblings", "objects", sibling);
        }
        Map<String, Object> named = new HashMap<>();
        values.forEach((key, value) -> named.put(key.toString(), value));
        RemoteFile file = file(repository, new ConfigFile(repository, named));
        if (!names.add(file.name())) {
          throw wrong(repository, "rfilename", "each name once", file.name());
        }
        files.add(file);
      }
      return new HubListing(repository, revision, commit, files);
    } catch (ModelException e) {
      throw new HubException("the hub's answer is not understood: " + e.getMessage(), 0, e);
    }
  }

  private static RemoteFile file(String repository, ConfigFile sibling) throws HubException {
    String name = sibling.string("rfilename");
    String[] segments = name.split("/", -1);
    for (String segment : segments) {
      boolean fits = SEGMENT.matcher(segment).matches();
      if (!fits || segment.equals(".") || segment.equals("..") || segment.endsWith(" ")) {
        throw wrong(repository, "rfilename", "a path inside the model's folder", name);
      }
    }
    Object large = sibling.values().get("lfs");
    Object checksum =
        large instanceof Map<?, ?> values ? values.get("sha256") : sibling.values().get("blobId");
    Pattern expected = large == null ? COMMIT : SHA256;
    if (!(checksum instanceof String text) || !expected.matcher(text).matches()) {
      throw wrong(repository, name, "a checksum", checksum);
    }
    if (!(sibling.values().get("size") instanceof Long size) || size < 0) {
      throw wrong(repository, name, "a size", sibling.values().get("size"));
    }
    return new RemoteFile(name, size, text);
  }

  private static HubException wrong(
      String repository, String what, String expected, @Nullable Object found) {
    String shown = String.valueOf(found);
    return new HubException(
        "the hub's list of %s: %s: expected %s, found %s"
            .formatted(
                repository,
                what,
                expected,
                shown.length() > 80 ? shown.substring(0, 80) + "…" : shown),
        0,
        null);
  }

  /// The files whose paths one of the globs matches.
  ///
  /// @throws HubException where a glob matches none
  public List<RemoteFile> matching(List<String> globs) throws HubException {
    Set<RemoteFile> chosen = new LinkedHashSet<>();
    for (String glob : globs) {
      PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
      List<RemoteFile> found =
          files.stream().filter(file -> matcher.matches(Path.of(file.name()))).toList();
      if (found.isEmpty()) {
        throw new HubException(
            "%s has no file %s: there are %s".formatted(repository, glob, names(files)), 404, null);
      }
      chosen.addAll(found);
    }
    return List.copyOf(chosen);
  }

  /// The files that Heed reads: settings, tokenizers, and of the weights one form, safetensors
  /// before PyTorch's before a single GGUF file.
  ///
  /// @throws HubException where there are several GGUF files and nothing else
  public List<RemoteFile> needed() throws HubException {
    List<RemoteFile> here =
        files.stream()
            .filter(file -> !OTHER_FORMATS.contains(file.name().split("/", 2)[0]))
            .filter(file -> !file.name().startsWith("checkpoint-"))
            .toList();
    List<RemoteFile> weights = new ArrayList<>();
    for (String folder : here.stream().map(RemoteFile::folder).distinct().toList()) {
      weights.addAll(
          Stream.of(SAFETENSORS, PYTORCH)
              .map(form -> in(here, folder, form))
              .filter(found -> !found.isEmpty())
              .findFirst()
              .orElse(List.of()));
    }
    if (weights.isEmpty()) {
      List<RemoteFile> gguf = here.stream().filter(f -> f.ending().equals("gguf")).toList();
      if (gguf.size() > 1) {
        throw new HubException(
            "%s has %d GGUF files, say which by --file: %s"
                .formatted(repository, gguf.size(), names(gguf)),
            0,
            null);
      }
      weights.addAll(gguf);
    }
    boolean safetensors = weights.stream().anyMatch(file -> file.ending().equals("safetensors"));
    return here.stream()
        .filter(file ->
            weights.contains(file)
                || READ.contains(file.ending())
                    && !(safetensors && file.lastName().equals("pytorch_model.bin.index.json")))
        .toList();
  }

  private static List<RemoteFile> in(List<RemoteFile> files, String folder, Pattern form) {
    return files.stream()
        .filter(file -> file.folder().equals(folder) && form.matcher(file.lastName()).matches())
        .toList();
  }

  private static String names(List<RemoteFile> files) {
    List<String> names = files.stream().map(RemoteFile::name).toList();
    int most = 20;
    return names.size() <= most
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, most)) + " and " + (names.size() - most) + " more";
  }
}
