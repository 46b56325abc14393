package dev.lanewise.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.Device;
import dev.lanewise.testkit.golden.GoldenResult;
import dev.lanewise.testkit.golden.GoldenRunner;
import dev.lanewise.testkit.golden.GoldenRunner.Pending;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What PyTorch computes, by the CUDA backend whose kernels run on the host: a sample of the reference cases, or all of them
 * with {@code -Dlanewise.cuda.conformance=all}. Cases of layers have no adapter here.
 */
@ExtendWith(HostCuda.class)
final class HostGoldenTest {
    private static final boolean ALL =
            System.getProperty("lanewise.cuda.conformance", "").equals("all");
    private static final int SAMPLED = 11;
    private static final Path CASES = Path.of("..", "testkit", "golden");

    @Test
    void referenceCasesAgree() {
        List<GoldenResult> results = Stream.of("cases", "seed-4", "seed-5")
                .flatMap(folder -> sample(
                        GoldenRunner.of(CASES.resolve(folder), Device.cuda(0)).cases()))
                .map(pending -> pending.check().get())
                .filter(result -> result.status() != GoldenResult.Status.MISSING)
                .toList();
        System.out.println("reference cases on the host: " + results.size());
        assertThat(results)
                .isNotEmpty()
                .allSatisfy(result ->
                        assertThat(result.status()).as(result.toString()).isEqualTo(GoldenResult.Status.PASSED));
    }

    private static Stream<Pending> sample(List<Pending> cases) {
        return ALL
                ? cases.stream()
                : IntStream.range(0, cases.size()).filter(i -> i % SAMPLED == 0).mapToObj(cases::get);
    }
}
