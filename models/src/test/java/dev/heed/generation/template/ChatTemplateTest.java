package dev.heed.generation.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.model.ConfigFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTemplateTest {
  @Test
  void renderedTextsAreThoseOfTransformers() throws URISyntaxException {
    Path path =
        Path.of(
            Objects.requireNonNull(
                    ChatTemplateTest.class.getResource("/goldens/chat-templates.json"))
                .toURI());
    Map<String, @Nullable Object> goldens = ConfigFile.read(path).values();
    Map<?, ?> templates = (Map<?, ?>) Objects.requireNonNull(goldens.get("templates"));
    int refused = 0;
    int rendered = 0;
    for (Object one : (List<?>) Objects.requireNonNull(goldens.get("cases"))) {
      Map<?, ?> test = (Map<?, ?>) one;
      String source = (String) Objects.requireNonNull(templates.get(test.get("name")));
      ChatTemplate template = ChatTemplate.of(source);
      Map<String, @Nullable Object> variables = new LinkedHashMap<>();
      ((Map<?, ?>) Objects.requireNonNull(test.get("variables")))
          .forEach((key, value) -> variables.put((String) key, value));
      if (test.get("rendered") == null) {
        assertThatThrownBy(() -> template.render(variables))
            .as("%s of %s", test.get("name"), variables)
            .isInstanceOf(TemplateException.class);
        refused++;
      } else {
        assertThat(template.render(variables))
            .as("%s of %s", test.get("name"), variables)
            .isEqualTo(test.get("rendered"));
        rendered++;
      }
    }
    assertThat(rendered).isGreaterThan(50);
    assertThat(refused).isPositive();
  }

  @Test
  void theDateIsWrittenAsPythonWritesIt() {
    ChatTemplate template =
        ChatTemplate.of(
            "{{ strftime_now('%d %b %Y, %H:%M %A %%') }}",
            () -> ZonedDateTime.of(2024, 7, 6, 5, 4, 3, 0, ZoneOffset.UTC));
    assertThat(template.render(Map.of())).isEqualTo("06 Jul 2024, 05:04 Saturday %");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
        "{% for i in range(100001) %}{% endfor %}",
        "{% set ns = namespace(a='xxxxxxxxxx') %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a"
            + " %}{% endfor %}",
        "{{ 'x' * 100000000 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      })
  void whatTakesTooLongIsRefused(String template) {
    assertThatThrownBy(() -> ChatTemplate.of(template).render(Map.of()))
        .isInstanceOf(TemplateException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% if x %}", "{{ x", "{% endfor %}", "{{ 'x }}", "{% for %}{% endfor %}", "{{ x | }}",
        "{% include 'x' %}", "{# x", "{{ a b }}", "{% set x %}", "{{ ) }}", "{{ {1: } }}"
      })
  void whatIsNotWellFormedIsRefused(String template) {
    assertThatThrownBy(() -> ChatTemplate.of(template))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("chat template");
  }

  @Test
  void nothingButItsVariablesIsReached() {
    assertThatThrownBy(
            () -> ChatTemplate.of("{{ messages.__class__.__mro__ }}").render(List.of(), Map.of()))
        .isInstanceOf(TemplateException.class);
    assertThatThrownBy(() -> ChatTemplate.of("{{ ''.getClass() }}").render(Map.of()))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("getClass");
    assertThatThrownBy(() -> ChatTemplate.of("{{ x | getClass }}").render(Map.of()))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("filter getClass");
  }
}
