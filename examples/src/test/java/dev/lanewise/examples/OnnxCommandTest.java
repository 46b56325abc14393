package dev.lanewise.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.examples.train.ReferenceModels;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.io.Npy;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.onnx.Onnx;
import dev.lanewise.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class OnnxCommandTest {
    private static final Pattern DIFFERENCE = Pattern.compile("at most (\\S+)");

    @TempDir
    private Path folder;

    private static List<String> models() {
        return ReferenceModels.ids();
    }

    private static String lanewise(String... args) {
        return Run.successful(args);
    }

    @ParameterizedTest
    @MethodSource("models")
    void referenceModelsAreExportedAndComputeTheSame(String model) {
        String line = lanewise(
                "onnx", "export", model, "--out", folder.resolve("model.onnx").toString());
        Matcher difference = DIFFERENCE.matcher(line);
        assertThat(difference.find()).as(line).isTrue();
        assertThat(Double.parseDouble(difference.group(1))).isLessThan(1e-5);
    }

    @Test
    void aModelIsShownTimedAndRun() {
        Path file = folder.resolve("linear.onnx");
        Onnx.export(new Linear(3, 2), Tensor.zeros(1, 3), file);
        assertThat(lanewise("onnx", "info", file.toString()))
                .contains("input       input: FLOAT [batch, 3]", "operator    Gemm 1", "parameters  8 in 2 tensors")
                .doesNotContain("missing");
        assertThat(lanewise("onnx", "bench", file.toString(), "--batch", "5", "--seconds", "0.05", "--json"))
                .contains("\"batch\":5", "\"us_p99\":");
        assertThat(lanewise("onnx", "bench", file.toString(), "--seconds", "0.05", "--nodes"))
                .contains("median", "nodes that run: 1", "Gemm");
        for (String[] unused : new String[][] {{"--seq", "99999999999999"}, {"--dim", "nonsense=4"}}) {
            Run run = Run.of(List.of(), "onnx", "bench", file.toString(), unused[0], unused[1]);
            assertThat(run.code()).isEqualTo(2);
            assertThat(run.err()).contains(unused[0], "expected").hasLineCount(1);
        }
        Run large = Run.of(List.of(), "onnx", "bench", file.toString(), "--batch", "99999999999999");
        assertThat(large.code()).isEqualTo(1);
        assertThat(large.err()).contains("out of memory").hasLineCount(1);
        Path input = folder.resolve("x.npy");
        Npy.write(input, TensorData.of(Tensor.zeros(4, 3)));
        lanewise("onnx", "run", file.toString(), "--input", "input=" + input, "--output", folder.toString());
        assertThat(Npy.read(folder.resolve("output.npy")).shape().toArray()).containsExactly(4, 2);
    }
}
