package dev.lanewise.testkit.golden;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Device;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GoldenRunnerTest {
    private static final Path CASES = Path.of("golden", "cases");

    @Test
    void theOraclePassesEveryCaseThatTensorsHaveAnAdapterFor() {
        List<GoldenResult> results = new GoldenRunner(CASES, Device.CPU, List.of(new TensorGoldenOps())).runAll();
        assertThat(results).hasSizeGreaterThan(600);
        assertThat(results)
                .filteredOn(result -> result.status() != GoldenResult.Status.MISSING)
                .hasSizeGreaterThan(500)
                .allSatisfy(result ->
                        assertThat(result.status()).as(result.toString()).isEqualTo(GoldenResult.Status.PASSED));
    }

    @Test
    void aWrongResultFailsAndNamesTheElement() {
        GoldenOps wrong = () -> Map.of(
                "neg",
                (inputs, attributes) -> List.of(inputs.values().iterator().next()));
        GoldenResult result = first("neg", List.of(new TensorGoldenOps(), wrong));
        assertThat(result.status()).isEqualTo(GoldenResult.Status.FAILED);
        assertThat(result.message()).startsWith("out[").contains("expected");
        assertThat(result.maxError()).isGreaterThan(0.1);
    }

    @Test
    void aWrongGradientFails() {
        GoldenOps wrong = () -> Map.of("square", (inputs, attributes) -> {
            var x = inputs.values().iterator().next();
            return List.of(x.mul(Autograd.detach(x)));
        });
        assertThat(first("square", List.of(wrong)).message()).startsWith("gradient of x");
    }

    @Test
    void anExceptionFailsTheCaseAndNotTheRun() {
        GoldenOps throwing = () -> Map.of("neg", (inputs, attributes) -> {
            throw new IllegalStateException("broken \"here\"");
        });
        GoldenResult result = first("neg", List.of(throwing));
        assertThat(result.status()).isEqualTo(GoldenResult.Status.FAILED);
        assertThat(result.toJson())
                .isEqualTo("{\"id\":\"neg/000\",\"op\":\"neg\",\"status\":\"failed\",\"max_error\":null,"
                        + "\"message\":\"java.lang.IllegalStateException: broken \\\"here\\\"\"}");
    }

    @Test
    void anOperationWithoutAdapterIsMissing() {
        assertThat(first("neg", List.of()).status()).isEqualTo(GoldenResult.Status.MISSING);
    }

    private static GoldenResult first(String op, List<GoldenOps> adapters) {
        return new GoldenRunner(CASES, Device.CPU, adapters)
                .cases().stream()
                        .filter(pending -> pending.op().equals(op))
                        .findFirst()
                        .orElseThrow()
                        .check()
                        .get();
    }
}
