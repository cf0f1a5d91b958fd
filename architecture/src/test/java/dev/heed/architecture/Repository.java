package dev.heed.architecture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The files of this repository, with or without git.
final class Repository {
  /// Where it lies.
  static final Path ROOT = Path.of(System.getProperty("heed.root", "..")).toAbsolutePath();

  private static final Set<String> NOT_OURS =
      Set.of("target", "runs", ".git", ".idea", ".vscode", ".settings", "node_modules");
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");

  private Repository() {}

  /// The folders of the modules, in the order in which the root POM names them.
  static List<String> modules() throws IOException {
    Matcher module = MODULE.matcher(text(ROOT.resolve("pom.xml")));
    List<String> modules = new ArrayList<>();
    while (module.find()) {
      modules.add(module.group(1));
    }
    return modules;
  }

  /// All files that `wanted` accepts, in the order of their paths.
  static List<Path> files(Predicate<Path> wanted) throws IOException {
    List<Path> files = new ArrayList<>();
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
            return NOT_OURS.contains(folder.getFileName().toString())
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            // In a worktree .git is a file.
            if (!NOT_OURS.contains(file.getFileName().toString()) && wanted.test(file)) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }

  /// All files whose name ends in `ending`.
  static List<Path> files(String ending) throws IOException {
    return files(file -> file.toString().endsWith(ending));
  }

  /// The text of a file.
  static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.UTF_8);
  }

  /// A file's path from the root, with slashes.
  static String name(Path file) {
    return ROOT.relativize(file).toString().replace('\\', '/');
  }
}
