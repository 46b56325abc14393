package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.lanewise.tensor.Device;
import dev.lanewise.testkit.golden.GoldenResult;
import dev.lanewise.testkit.golden.GoldenRunner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

/**
 * Every reference case is a test. {@code -Dgolden.dir=DIR} takes another set than the project's own, and
 * {@code -Dgolden.device=cuda:0} another device.
 */
final class GoldenTest {
    private static final Path OWN = Path.of("..", "testkit", "golden");
    private static final List<GoldenResult> RESULTS = new ArrayList<>();

    @TestFactory
    Stream<DynamicNode> cases() {
        String dir = System.getProperty("golden.dir");
        Stream<Path> dirs = dir != null
                ? Stream.of(Path.of(dir))
                : Stream.of("cases", "seed-4", "seed-5").map(OWN::resolve);
        Device device = Device.parse(System.getProperty("golden.device", "cpu"));
        return dirs.map(path -> container(path, GoldenRunner.of(path, device)));
    }

    private static DynamicNode container(Path dir, GoldenRunner runner) {
        return dynamicContainer(
                String.valueOf(dir.getFileName()),
                runner.cases().stream()
                        .map(pending -> dynamicTest(pending.id(), () -> {
                            GoldenResult result = pending.check().get();
                            RESULTS.add(result);
                            assertThat(result.status()).as(result.message()).isEqualTo(GoldenResult.Status.PASSED);
                        })));
    }

    @AfterAll
    static void printTable() {
        System.out.println(GoldenResult.table(RESULTS));
    }
}
