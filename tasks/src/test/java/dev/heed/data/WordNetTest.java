package dev.heed.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WordNetTest {
  @Test
  void theArtifactHoldsRealSentences() {
    List<String> sentences = WordNet.sentences();
    assertThat(sentences).hasSizeGreaterThan(150_000);
    assertThat(sentences.getFirst())
        .isEqualTo(
            "That which is perceived or known or inferred to have its own distinct existence"
                + " (living or nonliving).");
    for (String sentence : sentences) {
      boolean ends = sentence.endsWith(".") || sentence.endsWith("!") || sentence.endsWith("?");
      if (!ends || sentence.isBlank() || Character.isLowerCase(sentence.charAt(0))) {
        assertThat(sentence).as("a capital first, a full stop at the end").isEmpty();
      }
    }
    assertThat(WordNet.sentences()).isEqualTo(sentences);
  }

  @Test
  void aGlossIsItsDefinitionThenItsExamples() {
    assertThat(WordNet.split("a facility for trains")).containsExactly("a facility for trains");
    assertThat(WordNet.split("go away; \"The ship left\"; \"leave now!\""))
        .containsExactly("go away", "The ship left", "leave now!");
    assertThat(WordNet.split("small; not large; \"a dog; a cat\""))
        .containsExactly("small; not large", "a dog; a cat");
    assertThat(WordNet.split("a \"word\" in quotes; \"so\""))
        .containsExactly("a \"word\" in quotes", "so");
  }

  @Test
  void anExampleWhoseQuotationNeverEndsIsLeftOut() {
    assertThat(WordNet.split("to go; \"he went")).containsExactly("to go");
  }

  @Test
  void aSentenceHasACapitalAndAnEnd() {
    assertThat(WordNet.sentence(" the ship left ")).isEqualTo("The ship left.");
    assertThat(WordNet.sentence("leave now!")).isEqualTo("Leave now!");
    assertThat(WordNet.sentence("Who?")).isEqualTo("Who?");
    assertThat(WordNet.sentence("etc.")).isEqualTo("Etc.");
    assertThat(WordNet.sentence("(of ships) old")).isEqualTo("(of ships) old.");
    assertThat(WordNet.sentence("  ")).isEmpty();
  }
}
