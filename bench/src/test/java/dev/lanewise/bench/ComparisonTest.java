package dev.lanewise.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.io.BadFileException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ComparisonTest {
    private static final List<String> OURS = List.of(
            "WARNING: Using incubator modules: jdk.incubator.vector",
            "{\"op\":\"matmul\",\"shape\":[32,32,32],\"us\":2.0,\"gflops\":32.0}",
            "{\"op\":\"exp\",\"shape\":[4096],\"us\":9.0,\"gelems\":1.0}",
            "{\"op\":\"exp\",\"shape\":[4096],\"us\":8.0,\"gelems\":1.0}",
            "{\"workload\":\"mlp\",\"device\":\"cpu\",\"batch\":128,\"ms_per_step\":1.0,\"samples_per_s\":1.0}",
            "{\"op\":\"sum\",\"shape\":[7],\"us\":1.0}");
    private static final List<String> PEER = List.of(
            "{\"op\": \"matmul\", \"shape\": [32, 32, 32], \"us\": 4.0, \"gflops\": 16.0}",
            "{\"op\": \"exp\", \"shape\": [4096], \"us\": 4.0}",
            "{\"workload\": \"mlp\", \"ms_per_step\": 8.0}",
            "{\"op\": \"add\", \"shape\": [7], \"us\": 1.0}");

    private static Comparison comparison() {
        return Comparison.of(Measurements.parse("ours", OURS), Measurements.parse("peer", PEER));
    }

    @Test
    void ratiosAreTheirTimeOverOursWorstFirst() {
        assertThat(comparison().rows())
                .extracting(Comparison.Row::name)
                .containsExactly("exp 4096", "matmul 32x32x32", "mlp");
        assertThat(comparison().rows()).extracting(Comparison.Row::ratio).containsExactly(0.5, 2.0, 8.0);
    }

    @Test
    void geometricMeanIsOfTheRatios() {
        assertThat(comparison().geometricMean()).isCloseTo(2, within(1e-12));
    }

    @Test
    void whatOnlyOneHasMeasuredIsNamed() {
        assertThat(comparison().missing()).containsExactly("sum 7 (the peer has not)", "add 7 (we have not)");
    }

    @Test
    void markdownHasARowForEachWork() {
        assertThat(comparison().markdown().lines())
                .startsWith(
                        "| work | ours, µs | peer, µs | ratio |",
                        "| --- | ---: | ---: | ---: |",
                        "| exp 4096 | 8.0 | 4.0 | 0.50 |",
                        "| matmul 32x32x32 | 2.0 | 4.0 | 2.00 |",
                        "| mlp | 1000.0 | 8000.0 | 8.00 |",
                        "| **geometric mean** | | | **2.00** |");
    }

    @Test
    void aDamagedLineIsShown() {
        assertThatThrownBy(() -> Measurements.parse("a.jsonl", List.of("{\"op\":\"exp\"")))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("a.jsonl");
        assertThatThrownBy(() -> Measurements.parse("a.jsonl", List.of("{\"op\":\"exp\",\"shape\":[1]}")))
                .isInstanceOf(BadFileException.class)
                .hasMessageContaining("us or ms_per_step");
    }
}
