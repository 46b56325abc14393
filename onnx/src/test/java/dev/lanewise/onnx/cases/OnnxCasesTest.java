package dev.lanewise.onnx.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxCasesTest {
    private static List<OnnxCases.Result> run(Path path) {
        List<OnnxCases.Result> results = new ArrayList<>();
        OnnxCases.run(path, results::add);
        return results;
    }

    private static List<OnnxCases.Result> failures(List<OnnxCases.Result> results) {
        return results.stream()
                .filter(result -> result.status() != OnnxCases.Status.PASSED)
                .toList();
    }

    @Test
    void ownCasesGiveTheStandardsOutputs() throws URISyntaxException {
        Path cases = Path.of(Objects.requireNonNull(OnnxCasesTest.class.getResource("/cases.zip"))
                .toURI());
        List<OnnxCases.Result> results = run(cases);
        assertThat(results).hasSizeGreaterThan(60);
        assertThat(failures(results)).isEmpty();
    }

    /** The folder of the large set, which is not in the repository. */
    private static Path large(String name) {
        String folder = System.getenv("LANEWISE_ONNX_CASES");
        assumeTrue(folder != null, "LANEWISE_ONNX_CASES names no folder");
        return Path.of(Objects.requireNonNull(folder)).resolve(name);
    }

    @Test
    void coreCasesThatOnnxRuntimePassesPass() throws Exception {
        Path zip = large("node-cases.zip");
        Set<String> core = new HashSet<>();
        for (String line : Files.readAllLines(large("node-cases.tsv"))) {
            String[] cells = line.split("\t", -1);
            if (cells[2].equals("core") && cells[13].equals("pass")) {
                core.add(cells[0] + "/" + cells[1]);
            }
        }
        List<OnnxCases.Result> results = run(zip);
        List<OnnxCases.Result> needed =
                results.stream().filter(result -> core.contains(result.id())).toList();
        assertThat(needed).hasSize(core.size());
        assertThat(failures(needed)).isEmpty();
        assertThat(failures(results)).hasSizeLessThanOrEqualTo(24);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exported", "tabular", "light", "light-varied"})
    void wholeModelsGiveTheStoredOutputs(String folder) {
        List<OnnxCases.Result> results = run(large(folder));
        assertThat(results).isNotEmpty();
        assertThat(failures(results)).isEmpty();
    }
}
