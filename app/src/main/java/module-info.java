/// The `heed` command.
module dev.heed.app {
  requires dev.heed.tasks;
  requires info.picocli;
  requires java.management;
  requires jdk.management;
  requires tools.jackson.core;
  requires static transitive org.jspecify;

  opens dev.heed.cli to
      info.picocli;
}
