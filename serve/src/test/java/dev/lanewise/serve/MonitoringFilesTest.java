package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.serve.http.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The dashboard for Grafana, the rules for Prometheus and the guide's table name what is measured, and nothing else. */
class MonitoringFilesTest {
    private static final Pattern METRIC = Pattern.compile("lanewise_[a-z_]+");
    private static final Path DOCS = Path.of("..", "docs");

    @TempDir
    private Path models;

    @TempDir
    private Path words;

    private static Set<String> metrics(String text) {
        return METRIC.matcher(text)
                .results()
                .map(match -> match.group())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** What is measured once something of every kind has happened: answers are counted after they are sent. */
    private Set<String> measured(Set<String> named) throws IOException, InterruptedException {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .model("words", "1", Servable.of(SmallGenerator.in(words)))
                        .models(models)
                        .warmUp(Duration.ZERO)
                        .start();
                Client client = Client.of(server)) {
            client.post("/v2/models/twice/infer", TestServable.ROW);
            client.post("/v1/completions", "{\"model\":\"words\",\"prompt\":\"cats\",\"max_tokens\":1}");
            client.get("/none");
            long patience = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            Set<String> measured = metrics(client.get("/metrics").body());
            while (!measured.containsAll(named) && System.nanoTime() < patience) {
                Thread.sleep(5);
                measured = metrics(client.get("/metrics").body());
            }
            return measured;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"monitoring/grafana-dashboard.json", "monitoring/prometheus-rules.yml", "guide/serving.md"})
    void everyMetricNamedIsMeasured(String file) throws Exception {
        Files.createDirectories(models.resolve("bad").resolve("1"));
        Set<String> named = metrics(Files.readString(DOCS.resolve(file)));
        assertThat(named).hasSizeGreaterThan(5);
        assertThat(measured(named)).containsAll(named);
    }

    @Test
    void dashboardIsJsonWhosePanelsAskForSomething() throws IOException {
        byte[] json = Files.readAllBytes(DOCS.resolve("monitoring/grafana-dashboard.json"));
        int expressions = 0;
        try (JsonParser parser = Json.parser(json, 0, json.length)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.PROPERTY_NAME && "expr".equals(parser.currentName())) {
                    assertThat(parser.nextToken()).isEqualTo(JsonToken.VALUE_STRING);
                    assertThat(balanced(parser.getString()))
                            .as(parser.getString())
                            .isTrue();
                    expressions++;
                }
            }
        }
        assertThat(expressions).isGreaterThanOrEqualTo(9);
    }

    @Test
    void everyRuleHasAnExpressionAndASummary() throws IOException {
        String rules = Files.readString(DOCS.resolve("monitoring/prometheus-rules.yml"));
        Matcher rule = Pattern.compile("- alert: (\\w+)\n +expr: (?:>-\n)?([^#]*?)\n +(?:for|labels):")
                .matcher(rules);
        Set<String> names = new TreeSet<>();
        while (rule.find()) {
            names.add(rule.group(1));
            assertThat(balanced(rule.group(2))).as(rule.group(2)).isTrue();
        }
        assertThat(names).hasSize(rules.split("- alert:", -1).length - 1);
        assertThat(rules.split("summary:", -1)).hasSize(names.size() + 1);
    }

    private static boolean balanced(String expression) {
        return expression.chars().filter(c -> c == '(').count()
                        == expression.chars().filter(c -> c == ')').count()
                && expression.chars().filter(c -> c == '{').count()
                        == expression.chars().filter(c -> c == '}').count();
    }
}
