package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairsCommandTest {
  @TempDir private Path home;

  private List<String> lines(String file) throws IOException {
    return Files.readAllLines(home.resolve(file));
  }

  private Heed.Result pairs(String kind, String folder, String... more) {
    List<String> arguments = new ArrayList<>(List.of("pairs", kind));
    arguments.addAll(List.of("-o", home.resolve(folder).toString()));
    arguments.addAll(List.of(more));
    return new Heed(home).run(arguments.toArray(String[]::new));
  }

  @Test
  void numbersAndDatesAreSpelledAsPeopleSpellThem() {
    SpelledPairs spelled = new SpelledPairs();
    assertThat(spelled.number(124).source()).isEqualTo("one hundred twenty-four");
    assertThat(spelled.number(124).target()).isEqualTo("einhundertvierundzwanzig");
    assertThat(spelled.number(999_999).target())
        .isEqualTo("neunhundertneunundneunzigtausendneunhundertneunundneunzig");
    assertThat(spelled.date(LocalDate.of(1984, 3, 23)).source())
        .isEqualTo("Friday, the twenty-third of March, nineteen eighty-four");
    assertThat(spelled.date(LocalDate.of(1984, 3, 23)).target())
        .isEqualTo("Freitag, der dreiundzwanzigste März neunzehnhundertvierundachtzig");
  }

  @Test
  void whatIsTriedIsNeverLearnedAndTheSeedFixesAll() throws IOException {
    for (String kind : List.of("numbers", "dates")) {
      String one = kind + "/one";
      Heed.Result result = pairs(kind, one, "--count", "3000", "--held-out", "200");
      assertThat(result.code()).as(result.messages()).isEqualTo(ExitCode.DONE);
      assertThat(result.messages()).contains("train.tsv (3,000 pairs)", "heed train translate");
      List<String> learned = lines(one + "/train.tsv");
      List<String> tried = lines(one + "/test.tsv");
      assertThat(learned).hasSize(3001).doesNotHaveDuplicates().startsWith("source\ttarget");
      assertThat(tried).hasSize(201).doesNotHaveDuplicates();
      Set<String> both = new HashSet<>(learned);
      both.retainAll(tried);
      assertThat(both).containsExactly("source\ttarget");
      pairs(kind, kind + "/two", "--count", "3000", "--held-out", "200");
      assertThat(lines(kind + "/two/train.tsv")).isEqualTo(learned);
      pairs(kind, kind + "/three", "--count", "3000", "--held-out", "200", "--seed", "2");
      assertThat(lines(kind + "/three/train.tsv")).isNotEqualTo(learned);
    }
    assertThat(lines("numbers/one/train.tsv")).contains("seven\tsieben");
  }

  @Test
  void wrongUsageIsSaid() {
    assertThat(pairs("colours", "x").code()).isEqualTo(ExitCode.USAGE);
    assertThat(pairs("numbers", "x", "--count", "0").messages())
        .contains("--count and --held-out must be in 1…100000: received 0 and 1000");
    assertThat(new Heed(home).run("pairs", "numbers").code()).isEqualTo(ExitCode.USAGE);
    assertThat(pairs("dates", "full", "--count", "1").code()).isEqualTo(ExitCode.DONE);
    assertThat(pairs("dates", "full").messages()).contains("-o must be new or empty: received");
  }
}
