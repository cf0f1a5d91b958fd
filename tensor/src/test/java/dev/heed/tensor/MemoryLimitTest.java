package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path root;

  private void file(String name, String content) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  @BeforeEach
  void aMachineWith16GiB() throws IOException {
    file("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:  1 kB\n");
  }

  @Test
  void withoutAContainerTheMachineIsTheLimit() throws IOException {
    file("proc/self/cgroup", "0::/user.slice\n");
    file("sys/fs/cgroup/user.slice/memory.max", "max\n");
    MemoryLimit limit = MemoryLimit.read(root, 1);
    assertThat(limit.bytes()).isEqualTo(16 * GIB);
    assertThat(limit.containerBytes()).isEmpty();
  }

  @Test
  void theTightestGroupOnTheWayUpHolds() throws IOException {
    file("proc/self/cgroup", "0::/a/b\n");
    file("sys/fs/cgroup/a/b/memory.max", "max\n");
    file("sys/fs/cgroup/a/memory.max", 2 * GIB + "\n");
    file("sys/fs/cgroup/memory.max", 4 * GIB + "\n");
    assertThat(MemoryLimit.read(root, 1).bytes()).isEqualTo(2 * GIB);
  }

  @Test
  void insideAContainerThatDoesNotSeeItsPathTheMountHolds() throws IOException {
    file("proc/self/cgroup", "0::/../../not/mounted/here\n");
    file("sys/fs/cgroup/memory.max", GIB + "\n");
    assertThat(MemoryLimit.read(root, 1).bytes()).isEqualTo(GIB);
  }

  @Test
  void versionOneIsRead() throws IOException {
    file("proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/docker/x\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    file("sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", 3 * GIB + "\n");
    assertThat(MemoryLimit.read(root, 1).bytes()).isEqualTo(3 * GIB);
  }

  @Test
  void theLargeNumberOfVersionOneMeansNoLimit() throws IOException {
    file("proc/self/cgroup", "4:memory:/\n");
    file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertThat(MemoryLimit.read(root, 1).containerBytes()).isEmpty();
  }

  @Test
  void otherSystemsAskTheJvm() throws IOException {
    Files.delete(root.resolve("proc/meminfo"));
    assertThat(MemoryLimit.read(root, 8 * GIB).bytes()).isEqualTo(8 * GIB);
  }

  @Test
  void whatCannotFitIsRefused() {
    var limit = new MemoryLimit(GIB, OptionalLong.empty());
    assertThatCode(() -> limit.require("a little", 1000)).doesNotThrowAnyException();
    assertThatThrownBy(() -> limit.require("loading x", 2 * GIB))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "loading x needs 2\\.1 GB of memory: this process may use 1\\.1 GB, of which tensors"
                + " take \\d\\.\\d GB");
  }

  @Test
  void whereNothingIsKnownNothingIsRefused() {
    var unknown = new MemoryLimit(0, OptionalLong.empty());
    assertThatCode(() -> unknown.require("all", Long.MAX_VALUE)).doesNotThrowAnyException();
  }
}
