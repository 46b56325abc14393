package dev.lanewise.examples.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example learns in its quick run, by measures that a model which learnt nothing does not reach. */
final class ExamplesTest {
    /** What an example found. */
    private record Found(Map<String, Double> figures) {
        double of(String name) {
            return Objects.requireNonNull(figures.get(name), name);
        }
    }

    private static final Map<String, Consumer<Found>> LEARNT = Map.of(
            "neumf",
            found -> {
                assertThat(found.of("hr@10")).isGreaterThan(found.of("hr@10 by popularity") + 0.2);
                assertThat(found.of("ndcg@10")).isGreaterThan(0.4);
            },
            "two-tower",
            found -> {
                assertThat(found.of("hr@10")).isGreaterThan(found.of("hr@10 by popularity") + 0.2);
                assertThat(found.of("ndcg@10")).isGreaterThan(0.3);
            },
            "seq2seq",
            found -> assertThat(found.of("characters right")).isGreaterThan(0.8),
            "vae",
            found -> assertThat(found.of("nats")).isLessThan(0.95 * found.of("nats by the mean image")),
            "dcgan",
            found -> assertThat(found.of("distance")).isLessThan(0.35 * found.of("distance before")),
            "wgan-gp",
            found -> {
                assertThat(found.of("places")).isGreaterThan(6);
                assertThat(found.of("distance")).isLessThan(0.1 * found.of("distance before"));
            },
            "reinforce",
            found -> assertThat(found.of("steps")).isGreaterThan(4 * found.of("steps before")),
            "anomaly",
            found -> {
                assertThat(found.of("auc")).isGreaterThan(0.9);
                assertThat(found.of("auc by single sensors")).isLessThan(0.6);
                assertThat(found.of("false alarms")).isLessThan(0.03);
                assertThat(found.of("found")).isGreaterThan(0.5);
            },
            "forecast",
            found -> assertThat(found.of("ratio")).isLessThan(0.9));

    /** Those whose quick run takes several seconds. */
    private static final Set<String> SLOW = Set.of("neumf", "seq2seq", "dcgan");

    static List<Example> quickExamples() {
        return Examples.all().stream()
                .filter(example -> !SLOW.contains(example.id()))
                .toList();
    }

    static List<Example> slowExamples() {
        return Examples.all().stream()
                .filter(example -> SLOW.contains(example.id()))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("quickExamples")
    void exampleLearns(Example example) {
        checkLearns(example);
    }

    @Tag("long")
    @ParameterizedTest
    @MethodSource("slowExamples")
    void slowExampleLearns(Example example) {
        checkLearns(example);
    }

    private static void checkLearns(Example example) {
        List<String> lines = new ArrayList<>();
        Map<String, Double> figures = example.run(new Settings(true, 0, lines::add));
        assertThat(figures.values()).allMatch(Double::isFinite);
        assertThat(lines).isNotEmpty();
        Objects.requireNonNull(LEARNT.get(example.id()), example.id()).accept(new Found(figures));
    }
}
