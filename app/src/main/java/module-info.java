/// The `heed` command.
module dev.heed.app {
  requires com.ibm.icu;
  requires dev.heed.tasks;
  requires info.picocli;
  requires io.helidon.common.uri;
  requires io.helidon.http;
  requires io.helidon.webserver;
  requires java.desktop; // PNG pictures
  requires java.logging;
  requires java.management;
  requires jdk.management;
  requires jdk.unsupported; // sun.misc.Signal: Ctrl-C stops an answer, not the program
  requires tools.jackson.core;
  requires static transitive org.jspecify;

  exports org.xerial.snappy to
      dev.hardwood.core;

  opens dev.heed.cli to
      info.picocli;
}
