package dev.lanewise.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A few cases of each part; {@code lanewise bench fuzz} runs as many as there is time for. */
final class FuzzTest {
    @ParameterizedTest
    @CsvSource({"OPS, 600", "REQUESTS, 500", "THREADS, 16"})
    void nothingIsFound(FuzzPart part, long count) {
        List<FuzzFinding> findings = new ArrayList<>();
        new FuzzRun(part.target(), 3, part.secondsPerCase(), findings::add).run(0, count);
        assertThat(findings).isEmpty();
    }
}
