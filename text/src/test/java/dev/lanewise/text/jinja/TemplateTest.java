package dev.lanewise.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.text.ChatTemplate;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TemplateTest {
    private static final ZonedDateTime NOW = ZonedDateTime.of(2026, 3, 5, 14, 7, 9, 0, ZoneOffset.UTC);

    private static String render(String template) {
        return Template.parse(template).render(Map.of("xs", List.of(1L, 2L)), NOW);
    }

    /** The cases' first line has the variables. */
    @Test
    void rendersAsJinjaDoes() throws IOException {
        List<Json> lines = new ArrayList<>();
        try (var in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(ChatTemplate.class.getResourceAsStream("templates.jsonl.gz")),
                StandardCharsets.UTF_8))) {
            in.lines().forEach(line -> lines.add(JsonFile.read(line, "templates")));
        }
        Map<String, Object> variables = lines.removeFirst().need("variables").map();
        assertThat(lines).hasSizeGreaterThan(300);
        for (Json c : lines) {
            String source = c.need("template").string();
            if (c.get("error").isNull()) {
                assertThat(Template.parse(source).render(variables, NOW))
                        .as(source)
                        .isEqualTo(c.need("rendered").string());
                continue;
            }
            var error = assertThatThrownBy(() -> Template.parse(source).render(variables, NOW))
                    .as(source)
                    .isInstanceOf(TokenizerException.class);
            if (c.get("raised").bool(false)) {
                error.hasMessage(c.need("error").string());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "'abcb'.find('b', 2);3",
                "'abcb'.rfind('b', 0, 3);1",
                "'abcb'.count('b', -1);1",
                "'\uD83D\uDE00b'.find('b', 1);1",
                "'abc'.startswith('b', 1);True",
                "'abc'.startswith('', 3);True",
                "'abc'.startswith('', 4);False",
                "'abc'.endswith(('x', 'b'), 0, -1);True",
                "'a'.ljust(3, '.');a..",
                "'ab'.center(5, '*');**ab*",
                "'12\u00B2'.isdigit();True",
                "'12\u00B2'.isdecimal();False",
                "'\u00BD'.isdigit();False",
                "'\u00BD'.isnumeric();True",
                "'abc'[1::9223372036854775807];b",
                "'abc'[::-9223372036854775807];c",
                "0.0 > -0.0;False",
                "1e400 | round;inf",
                "dict({'a': 1}, b=2);{'a': 1, 'b': 2}",
            })
    void argumentsCountAsInPython(String expression, String want) {
        assertThat(render("{{ " + expression + " }}")).isEqualTo(want);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{{ 'a'.upper(1) }};takes 0 arguments",
                "{{ 'a'.ljust(3, 'ab') }};`fillchar`",
                "{{ '{99999999999}'.format(1) }};99999999999",
                "{{ dict([('a', 1)]) }};`dict`",
                "{{ [1] | batch(2000000000, 'x') }};list of more than",
                "{% set x = 'a' * 9999 %}{{ x.replace('a', x) }};text of more than",
                "{% set x = ['a' * 9999] * 9999 %}{{ x | join }};text of more than",
            })
    void whatWouldFillTheMemoryOrMeansNothingIsRefused(String template, String part) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(TemplateError.class)
                .hasMessageContaining(part);
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {"'ab', +", "'ab', ~", "[1], +"})
    void doublingEndsBeforeItFillsTheMemory(String first, String operator) {
        String template = "{% set n = namespace(x=" + first + ") %}{% for i in range(40) %}{% set n.x = n.x " + operator
                + " n.x %}{% endfor %}";
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(TemplateError.class)
                .hasMessageContaining("of more than");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{% include 'x' %};`include`",
                "{% for x in xs recursive %}{% endfor %};`recursive`",
                "{{ xs | groupby('a') }};`groupby`",
                "{{ 1 is prime }};`prime`",
                "{{ 'a'.encode() }};`encode`",
                "{{ f(*xs) }};`*`",
                "{{ strftime_now('%Q') }};`%Q`",
                "{{ missing.name }};`missing`",
                "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m() }};`varargs`",
                "{% if cycler is defined %}a{% endif %};`cycler`",
                "{{ self }};`self`",
            })
    void whatTheSubsetLacksIsNamed(String template, String named) {
        assertThatThrownBy(() -> render(template))
                .isInstanceOf(TemplateError.class)
                .hasMessageContaining(named);
    }

    @Test
    void datesAreWrittenAsPythonWritesThem() {
        assertThat(render("{{ strftime_now('%d %b %Y, %A %B %-d %H:%M:%S %j %y %I %p %%') }}"))
                .isEqualTo("05 Mar 2026, Thursday March 5 14:07:09 064 26 02 PM %");
        ChatTemplate template = ChatTemplate.of("{{ strftime_now('%Y-%m-%d') }}", Map.of())
                .withClock(Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC));
        assertThat(template.render(List.of(), true)).isEqualTo("2026-01-02");
    }

    @Test
    void hostileTemplatesEndInAnError() {
        for (String template : List.of(
                "{{ " + "(".repeat(10_000) + "1" + ")".repeat(10_000) + " }}",
                "{{ " + "not ".repeat(10_000) + "1 }}",
                "{{ " + "[".repeat(10_000) + " }}",
                "{% if 1 %}".repeat(10_000),
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
                "{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(40) %}{% set ns.s = ns.s * 2 %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{{ 9223372036854775807 + 1 }}",
                "{{ 'x' * 99999999999 }}")) {
            assertThatThrownBy(() -> render(template))
                    .as(template.substring(0, Math.min(40, template.length())))
                    .isInstanceOf(TemplateError.class);
        }
    }
}
