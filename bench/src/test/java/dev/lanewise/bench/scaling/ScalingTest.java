package dev.lanewise.bench.scaling;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.bench.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Real processes that train for a moment. */
final class ScalingTest {
    @Tag("long") // seven processes, each of which starts a JVM and trains
    @Test
    void everyNumberOfProcessesIsMeasured() {
        StringWriter out = new StringWriter();
        int code = new CommandLine(new ScalingCommand())
                .setOut(new PrintWriter(out, true))
                .execute("--only", "mnist-cnn", "--batch", "8,4", "--warm-up", "1", "--seconds", "1", "--json");
        assertThat(code).isZero();
        List<Map<String, Object>> lines =
                out.toString().lines().map(Json::object).toList();
        assertThat(lines)
                .extracting(line -> line.get("processes") + " of " + line.get("batch_of_each"))
                .containsExactly(
                        "one process of 128",
                        "one process of 8",
                        "2 that exchange nothing of 8",
                        "2 by ring of 8",
                        "one process of 4",
                        "2 that exchange nothing of 4",
                        "2 by ring of 4");
        assertThat(lines)
                .allSatisfy(
                        line -> assertThat((Double) line.get("samples_per_s")).isPositive());
        assertThat(lines)
                .filteredOn(line -> line.containsKey("communication_share"))
                .hasSize(2)
                .allSatisfy(line ->
                        assertThat((Double) line.get("communication_share")).isPositive());
    }
}
