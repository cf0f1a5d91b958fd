package dev.heed.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class DependencyDirectionTest {
  // In the order of the data; a module may use those above it. `library` has no code and
  // `architecture` is this.
  private static final Map<String, List<String>> PACKAGES = new LinkedHashMap<>();

  static {
    PACKAGES.put("tensor", List.of("dev.heed.tensor"));
    PACKAGES.put("kernels-x86", List.of("dev.heed.kernels.x86"));
    PACKAGES.put("kernels-vector", List.of("dev.heed.kernels.vector"));
    PACKAGES.put("weights", List.of("dev.heed.weights"));
    PACKAGES.put("tokenizer", List.of("dev.heed.tokenizer"));
    PACKAGES.put("nn", List.of("dev.heed.nn", "dev.heed.training"));
    PACKAGES.put("models", List.of("dev.heed.model", "dev.heed.generation"));
    PACKAGES.put("tasks", List.of("dev.heed.task", "dev.heed.data", "dev.heed.hub"));
    PACKAGES.put("library", List.of());
    // The Parquet reader asks for Snappy by the name of the library that it knows, see ADR 40.
    PACKAGES.put(
        "app",
        List.of("dev.heed.cli", "dev.heed.server", "dev.heed.explorer", "org.xerial.snappy"));
    PACKAGES.put("benchmarks", List.of("dev.heed.benchmarks"));
    PACKAGES.put("examples", List.of("dev.heed.examples"));
    PACKAGES.put("architecture", List.of("dev.heed.architecture"));
  }

  private static JavaClasses classes = new ClassFileImporter().importPackages();

  @BeforeAll
  static void importClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.heed");
  }

  @Test
  void theModulesStandInTheOrderOfTheData() throws IOException {
    List<String> modules = Repository.modules();
    assertThat(PACKAGES.keySet()).containsAll(modules);
    List<String> order = new ArrayList<>(PACKAGES.keySet());
    order.retainAll(modules);
    assertThat(modules).isEqualTo(order);
  }

  @Test
  void everySourceLiesBelowARootPackageOfItsModule() throws IOException {
    for (String module : Repository.modules()) {
      Path sources = Repository.ROOT.resolve(module).resolve("src/main/java");
      for (Path source : Repository.files(".java")) {
        if (source.startsWith(sources) && !source.endsWith("module-info.java")) {
          String name = sources.relativize(source.getParent()).toString().replace('/', '.');
          assertThat(PACKAGES.get(module))
              .as(Repository.name(source))
              .anyMatch(root -> name.equals(root) || name.startsWith(root + "."));
        }
      }
    }
  }

  @Test
  void noModuleUsesOneBelowIt() throws IOException {
    List<String> modules = Repository.modules();
    int rules = 0;
    for (int upper = 0; upper < modules.size(); upper++) {
      for (int lower = upper + 1; lower < modules.size(); lower++) {
        rules += check(modules.get(upper), modules.get(lower));
      }
    }
    assertThat(rules).as("pairs of modules that were compared").isGreaterThan(20);
  }

  @Test
  void nobodyNamesTheKernelsButTheServiceLoader() throws IOException {
    List<String> modules = new ArrayList<>(Repository.modules());
    // Benchmarks compare the kernels by name.
    modules.removeAll(List.of("kernels-x86", "kernels-vector", "benchmarks"));
    for (String module : modules) {
      check(module, "kernels-x86");
      check(module, "kernels-vector");
    }
    assertThat(check("weights", "kernels-x86")).isOne();
  }

  @Test
  void kernelsUseTheTensorModuleOnly() throws IOException {
    for (String module : Repository.modules()) {
      if (!module.equals("tensor") && !module.equals("kernels-x86")) {
        check("kernels-x86", module);
      }
    }
    assertThat(classes.containPackage("dev.heed.kernels.x86")).isTrue();
  }

  /// Checks that no class of `user` uses one of `used`; 1 if both have classes, else 0.
  private static int check(String user, String used) {
    String[] users = inside(user);
    String[] usedOnes = inside(used);
    if (users.length == 0 || usedOnes.length == 0) {
      return 0;
    }
    noClasses()
        .that()
        .resideInAnyPackage(users)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(usedOnes)
        .because("dependencies go from " + used + " to " + user + " in the order of the data")
        .allowEmptyShould(true)
        .check(classes);
    return 1;
  }

  private static String[] inside(String module) {
    return PACKAGES.getOrDefault(module, List.of()).stream()
        .map(root -> root + "..")
        .toArray(String[]::new);
  }
}
