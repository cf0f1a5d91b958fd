package dev.heed.generation.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrammarTest {
  @Test
  void literalsEscapesAndCommentsAreRead() {
    Grammar grammar =
        Grammar.parse(
            """
            # a greeting
            root ::= "say \\"hi\\"\\n" name? # to whom
            name ::= " " [A-Z] [a-z\\u00e9\\-]+
            """);
    assertThat(grammar.matches("say \"hi\"\n")).isTrue();
    assertThat(grammar.matches("say \"hi\"\n Zo\u00e9-x")).isTrue();
    assertThat(grammar.matches("say \"hi\"")).isFalse();
    assertThat(grammar.matches("say \"hi\"\n zo")).isFalse();
  }

  @Test
  void alternativesAndGroupsGoOnInTheNextLine() {
    Grammar grammar =
        Grammar.parse(
            """
            root ::= "a" |
              "b" (
                "c" | "d"
              )
            unused ::= "x"
            """);
    assertThat(grammar.matches("a")).isTrue();
    assertThat(grammar.matches("bd")).isTrue();
    assertThat(grammar.matches("b")).isFalse();
  }

  @Test
  void expressionsOfTheGuideNestAsTheySay() {
    Grammar grammar =
        Grammar.parse(
            """
            root  ::= (expr "=" term "\\n")+
            expr  ::= term ([-+*/] term)*
            term  ::= num | "(" expr ")"
            num   ::= [0-9]+
            """);
    assertThat(grammar.matches("(1+2)*3=9\n")).isTrue();
    assertThat(grammar.matches("1=1\n((2))=2\n")).isTrue();
    assertThat(grammar.matches("(1+2=3\n")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[^a]*; [^a]*",
        "[a-c\u00e4-\u00ff]{2,3}; [a-c\u00e4-\u00ff]{2,3}",
        "(\"\u20ac\" | [\u0394-\uffee])+; (\u20ac|[\u0394-\uffee])+",
        ".; (?s).",
        "\"a\"{3} \"b\"{2,}; a{3}b{2,}",
        "(\"a\"? \"b\"?)*; [ab]*",
        "(\"ab\" | \"a\") \"bc\"?; (ab|a)(bc)?",
        "\"x\"{0}; ()"
      })
  void aRuleMatchesAsARegularExpression(String rule, String expression) {
    Grammar grammar = Grammar.parse("root ::= " + rule);
    Pattern pattern = Pattern.compile(expression);
    Random random = new Random(1);
    int matched = 0;
    String alphabet = "abcx\u00e4\u00ff\u20ac\u0394\ud83d\ude00";
    int[] characters = alphabet.codePoints().toArray();
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(7); n > 0; n--) {
        text.appendCodePoint(characters[random.nextInt(i % 2 == 0 ? 2 : characters.length)]);
      }
      boolean expected = pattern.matcher(text).matches();
      matched += expected ? 1 : 0;
      assertThat(grammar.matches(text.toString())).as("%s on %s", rule, text).isEqualTo(expected);
    }
    assertThat(matched).isPositive();
  }

  @Test
  void everyCharacterRangeIsTheSameInBytes() {
    Random random = new Random(2);
    for (int i = 0; i < 60; i++) {
      int bits = 7 + random.nextInt(15);
      int a = Math.min(random.nextInt(1 << bits), 0x10ffff);
      int b = Math.min(random.nextInt(1 << bits), 0x10ffff);
      Grammar grammar =
          Grammar.parse("root ::= [\\U%08x-\\U%08x]".formatted(Math.min(a, b), Math.max(a, b)));
      for (int edge :
          new int[] {
            a - 1, a, a + 1, b - 1, b, b + 1, (a + b) / 2, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000
          }) {
        if (Character.isValidCodePoint(edge) && !(edge >= 0xd800 && edge <= 0xdfff)) {
          assertThat(grammar.matches(Character.toString(edge)))
              .as("U+%x in %x…%x", edge, a, b)
              .isEqualTo(edge >= Math.min(a, b) && edge <= Math.max(a, b));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "a ::= \"x\"; there must be a rule named root",
        "root ::= b; the rule root asks for b, which there is not",
        "root ::= \"x; line 1: expected \", found the end",
        "root ::= [z-a]; line 1: a range of characters must ascend",
        "root ::= \"x\"{3,2}; line 1: {m,n} must have m \u2264 n",
        "root ::= \"x\" ::= \"y\"; expected the name of a rule",
        "root ::= <think>; tokens (<\u2026>) are not supported",
        "root ::= []; [] must have at least one character",
        "root ::= \"a\" root; the rule root can never end",
        "root ::= root \"a\" | \"b\"; must not begin with itself (left recursion)",
        "root ::= (\"x\"? root) \"a\" | \"b\"; must not begin with itself (left recursion)",
        "root ::= \"x\"{1000000}; it must come to at most",
      })
  void aGrammarThatIsWrongOrHostileIsRefused(String grammar, String message) {
    assertThatThrownBy(() -> Grammar.parse(grammar))
        .isInstanceOf(GrammarException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatIsTooAmbiguousIsRefusedInsteadOfFollowed() {
    Grammar grammar = Grammar.parse("root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"x\"");
    assertThat(grammar.matches("aaaxbcb")).isTrue();
    assertThatThrownBy(() -> grammar.matches("a".repeat(40)))
        .isInstanceOf(GrammarException.class)
        .hasMessageContaining("too ambiguous");
  }

  @Test
  void whatNestsTooDeepIsNotAllowedAndWhatRepeatsIs() {
    Grammar nested = Grammar.parse("root ::= \"(\" root \")\" | \"x\"");
    assertThat(nested.matches("(".repeat(250) + "x" + ")".repeat(250))).isTrue();
    assertThat(nested.matches("(".repeat(260) + "x" + ")".repeat(260))).isFalse();
    Grammar list = Grammar.parse("root ::= \"x\" root | \"y\"");
    assertThat(list.matches("x".repeat(100_000) + "y")).isTrue();
  }

  @Test
  void alternativesThatComeToTheSameAreFollowedOnce() {
    Grammar grammar = Grammar.parse("root ::= (\"a\" | \"a\" | [a-b])* \"a\"* \"a\"* \"a\"*");
    assertThat(grammar.matches("a".repeat(5000))).isTrue();
  }
}
