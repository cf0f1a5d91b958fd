package dev.heed.generation.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.generation.GenerationRules;
import dev.heed.generation.RandomModels;
import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.generation.TokenConstraint;
import dev.heed.model.CausalModel;
import dev.heed.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

class JsonSchemaTest {
  private static final List<Sampling> SAMPLINGS =
      List.of(
          Sampling.greedy(),
          Sampling.temperature(1, 1),
          new Sampling(1.5, 40, 1, 0, 2),
          new Sampling(1, 0, 0.9, 0, 3),
          new Sampling(2, 0, 1, 0.05, 4));

  private static final Map<Long, CausalModel> MODELS = new HashMap<>();

  @Test
  void whateverAModelMakesParsesAndFits() throws Exception {
    Random random = new Random(5);
    int made = 0;
    for (int seed = 0; seed < 50; seed++) {
      Map<String, Object> schema = new RandomSchemas(seed).document();
      Grammar grammar = Grammar.jsonSchema(JsonText.write(schema));
      Tokenizer tokenizer =
          seed % 2 == 0 ? Vocabularies.byteLevel(random) : Vocabularies.sentencePiece();
      TextGenerator generator = generator(grammar, tokenizer, SAMPLINGS.get(seed % 5), seed);
      int room = seed % 3 == 0 ? 1000 : 200;
      TextGenerator.Generated text = generator.generate(new int[] {1}, room, id -> true);
      String json = tokenizer.decode(text.ids());
      assertThat(grammar.matches(json)).as("%s%n%s", schema, json).isTrue();
      assertThat(RandomSchemas.fits(value(json), schema, schema))
          .as("%s%n%s", JsonText.write(schema), json)
          .isTrue();
      made += text.ids().length;
    }
    assertThat(made).isGreaterThan(1500);
  }

  @Test
  void whereTheTokensEndTheTextIsCompletedInTime() throws Exception {
    Grammar grammar = Grammar.jsonSchema("{\"type\":\"array\",\"items\":{}}");
    Tokenizer tokenizer = Vocabularies.sentencePiece();
    for (int room : new int[] {2, 3, 7, 20, 90}) {
      for (int seed = 0; seed < 5; seed++) {
        TextGenerator.Generated text =
            generator(grammar, tokenizer, Sampling.temperature(1, seed), seed)
                .generate(new int[] {1}, room, id -> true);
        assertThat(value(tokenizer.decode(text.ids()))).isInstanceOf(List.class);
      }
    }
  }

  private static TextGenerator generator(
      Grammar grammar, Tokenizer tokenizer, Sampling sampling, long seed) {
    int vocabulary = tokenizer.vocabularySize();
    TokenConstraint constraint = grammar.over(tokenizer, vocabulary);
    CausalModel model =
        MODELS.computeIfAbsent(
            1000L * vocabulary + seed % 3, key -> RandomModels.bigrams(vocabulary, seed));
    return new TextGenerator(model, sampling, GenerationRules.endingWith(Set.of(0)), constraint, 0);
  }

  private static Object value(String json) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      Object value = value(parser);
      assertThat(parser.nextToken()).isNull();
      return value;
    }
  }

  private static Object value(JsonParser parser) {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        Map<String, Object> map = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          map.put(name, value(parser));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<Object> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser));
        }
        yield list;
      }
      case VALUE_STRING -> parser.getString();
      case VALUE_NUMBER_INT -> parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> RandomSchemas.NULL;
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"integer\",\"minimum\":-3,\"maximum\":12}; -3 -1 0 7 12; -4 13 03 1.0 -0",
        "{\"type\":\"integer\",\"exclusiveMinimum\":9,\"maximum\":1000}; 10 99 999 1000; 9 1001",
        "{\"type\":\"number\",\"minimum\":0,\"exclusiveMaximum\":2}; 0 0.5 1 1.25 1.99 1.0; 2 -0.5"
            + " 2.0 .5",
        "{\"type\":\"number\",\"exclusiveMinimum\":-2,\"maximum\":0}; -1.5 -1 -0.25 0; -2 -2.5 0.5",
        "{\"type\":\"number\"}; 1e5 -0.5 12.25E-3; 01 1. +1 NaN",
        "{\"type\":\"string\",\"minLength\":1,\"maxLength\":2}; \"a\" \"\\n\\u00e9\""
            + " \"\u20ac\ud83d\ude00\"; \"\" \"abc\" \"\\ud83d\"",
        "{\"type\":\"string\",\"pattern\":\"^a|b$\"}; \"ax\" \"xb\" \"a\"; \"xa\" \"bx\"",
        "{\"enum\":[\"a\",1,null,[2]]}; \"a\" 1 null [2]; 2 \"b\"",
        "{\"type\":[\"integer\",\"null\"]}; 5 null; 5.5 true",
        "{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":{\"const\":3},\"minItems\":1,\"maxItems\":3};"
            + " [1] [1,2] [1,2,3]; [] [2] [1,2,3,3] [1,3]",
        "{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2}},\"required\":[\"b\"]}; {\"b\":2}"
            + " {\"a\":1,\"b\":2}; {\"a\":1} {} {\"b\":2,\"c\":1} {,\"b\":2}",
        "{\"properties\":{\"ab\":{\"const\":1}},\"additionalProperties\":{\"const\":2}}; {}"
            + " {\"a\":2} {\"ab\":1,\"abc\":2,\"b\":2}; {\"ab\":2} {\"a\":1} {\"\\u0061b\":2}",
        "{\"oneOf\":[{\"type\":\"object\",\"properties\":{\"k\":{\"const\":1}},\"required\":[\"k\"]},{\"type\":\"object\",\"properties\":{\"k\":{\"const\":2}},\"required\":[\"k\"]}]};"
            + " {\"k\":1} {\"k\":2}; {\"k\":3} {}",
        "{\"$ref\":\"#/$defs/n\",\"$defs\":{\"n\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/n\"}}}};"
            + " [] [[],[[]]]; [1] {}",
        "{}; {\"a\":[1,true]} \"x\" -1e3; {a:1} [1,]",
      })
  void whatFitsMatchesAndWhatDoesNotFitDoesNot(String schema, String yes, String no) {
    Grammar grammar = Grammar.jsonSchema(schema);
    for (String text : yes.strip().split(" ")) {
      assertThat(grammar.matches(text)).as(text).isTrue();
    }
    for (String text : no.strip().split(" ")) {
      assertThat(grammar.matches(text)).as(text).isFalse();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"type\":\"integer\",\"multipleOf\":3}; multipleOf is not supported",
        "{\"properties\":{\"a\":{\"not\":{}}}}; #/properties/a: not is not supported",
        "{\"type\":\"strin\"}; type must be one of",
        "{\"type\":\"string\",\"format\":\"email\"}; format must be one of",
        "{\"type\":\"string\",\"pattern\":\"(?=a)\"}; (?\u2026 is not supported",
        "{\"type\":\"string\",\"pattern\":\"a\",\"maxLength\":3}; not supported together",
        "{\"oneOf\":[{\"type\":\"string\"},{\"const\":\"a\"}]}; a value may fit two of its schemas,"
            + " here 0 and 1",
        "{\"$ref\":\"#/$defs/x\"}; names what there is not: #/$defs/x",
        "{\"$ref\":\"http://x.y/z\"}; $ref must point into the schema itself",
        "{\"$ref\":\"#\"}; can never end",
        "{\"type\":\"object\",\"required\":[\"a\"],\"additionalProperties\":false}; the required"
            + " property a may not be there",
        "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}; no number is within the bounds",
        "{\"enum\":[1],\"type\":\"string\"}; at least one value must be of the type",
        "{\"anyOf\":[{\"type\":\"string\"}],\"type\":\"string\"}; type is not supported beside"
            + " anyOf",
      })
  void aSchemaThatCannotBeKeptToIsRefusedByName(String schema, String message) {
    assertThatThrownBy(() -> Grammar.jsonSchema(schema))
        .isInstanceOf(GrammarException.class)
        .hasMessageContaining(message.strip());
  }
}
