package dev.heed.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The folder in which Hugging Face's libraries keep what they fetched, and Heed too, so that a
/// model is on the disk once:
///
/// ```
/// models--owner--name/refs/main                the commit that the branch stood at
/// models--owner--name/blobs/<checksum>         the files' contents
/// models--owner--name/snapshots/<commit>/…     the files under their names, links to the blobs
/// ```
///
/// Source: the documentation of `huggingface_hub`, "Understand caching".
public record HubCache(Path folder) {
  private static final String PREFIX = "models--";

  /// A model in the cache.
  ///
  /// @param repository its name, such as `owner/name`
  /// @param revision the branch or tag under which it was fetched, else the commit
  /// @param snapshot its files
  public record Cached(String repository, String revision, Path snapshot) {}

  /// Where the environment says: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else `huggingface/hub` in
  /// `XDG_CACHE_HOME`, else in the user's `.cache`.
  public static HubCache at(Map<String, String> environment, Path userHome) {
    String cache = environment.getOrDefault("HF_HUB_CACHE", "");
    if (!cache.isEmpty()) {
      return new HubCache(Path.of(cache));
    }
    String home = environment.getOrDefault("HF_HOME", "");
    if (!home.isEmpty()) {
      return new HubCache(Path.of(home, "hub"));
    }
    String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path base = caches.isEmpty() ? userHome.resolve(".cache") : Path.of(caches);
    return new HubCache(base.resolve("huggingface").resolve("hub"));
  }

  /// Whether this may be the name of a model of the hub: `owner/name`, or an old one without owner.
  public static boolean isRepository(String name) {
    return name.length() <= 200
        && name.matches("([A-Za-z0-9_][A-Za-z0-9._-]*/)?[A-Za-z0-9_][A-Za-z0-9._-]*")
        && !name.contains("--")
        && !name.contains("..");
  }

  /// The folder of a model, whether it is there or not.
  ///
  /// @throws IllegalArgumentException where the name is none that a model can have
  Path folder(String repository) {
    if (!isRepository(repository)) {
      throw new IllegalArgumentException(
          "a model's name must be owner/name of letters, digits and . _ -: received " + repository);
    }
    return folder.resolve(PREFIX + repository.replace("/", "--"));
  }

  /// The files of a model as they were last fetched; empty where it never was.
  ///
  /// @param revision a branch, a tag or a commit
  public Optional<Path> snapshot(String repository, String revision) throws IOException {
    if (!isRepository(repository)) {
      return Optional.empty();
    }
    Path model = folder(repository);
    Path snapshots = model.resolve("snapshots");
    Path refs = model.resolve("refs");
    Path reference = refs.resolve(revision).normalize();
    String commit =
        reference.startsWith(refs) && Files.isRegularFile(reference)
            ? Files.readString(reference).strip()
            : revision;
    Path snapshot = snapshots.resolve(commit).normalize();
    return snapshots.equals(snapshot.getParent()) && Files.isDirectory(snapshot)
        ? Optional.of(snapshot)
        : Optional.empty();
  }

  /// All models, by name.
  public List<Cached> models() throws IOException {
    List<Cached> models = new ArrayList<>();
    for (Path model : entries(folder)) {
      String folderName = model.getFileName().toString();
      if (!folderName.startsWith(PREFIX)) {
        continue;
      }
      String repository = folderName.substring(PREFIX.length()).replace("--", "/");
      for (Path snapshot : entries(model.resolve("snapshots"))) {
        models.add(new Cached(repository, revision(model, snapshot), snapshot));
      }
    }
    return models;
  }

  private static String revision(Path model, Path snapshot) throws IOException {
    String commit = snapshot.getFileName().toString();
    Path refs = model.resolve("refs");
    if (Files.isDirectory(refs)) {
      try (Stream<Path> all = Files.walk(refs)) {
        for (Path reference : all.filter(Files::isRegularFile).sorted().toList()) {
          if (Files.readString(reference).strip().equals(commit)) {
            return refs.relativize(reference).toString().replace('\\', '/');
          }
        }
      }
    }
    return commit;
  }

  private static List<Path> entries(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }
}
