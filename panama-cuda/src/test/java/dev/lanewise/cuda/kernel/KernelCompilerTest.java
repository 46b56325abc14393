package dev.lanewise.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.lib.Version;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelCompilerTest {
    @TempDir
    Path folder;

    private final List<String> compilations = new ArrayList<>();

    private static final KernelSource SOURCE = new KernelSource("add", "code", List.of("kernel"));

    /** NVRTC that writes down what it is asked and gives it back as code. */
    private final class RecordingNvrtc implements Nvrtc {
        private final Version version;

        RecordingNvrtc(Version version) {
            this.version = version;
        }

        @Override
        public Version version() {
            return version;
        }

        @Override
        public List<Integer> architectures() {
            return List.of(75, 80, 90);
        }

        @Override
        public byte[] compile(String name, String source, List<String> options, Output output) {
            String request = name + " " + options.getLast() + " " + output;
            compilations.add(request);
            return request.getBytes(StandardCharsets.UTF_8);
        }
    }

    private KernelCompiler compiler(Version version) {
        return new KernelCompiler(new RecordingNvrtc(version), new CodeCache(folder));
    }

    private static final Version CUDA_13 = new Version(13, 0, 0);

    @Test
    void secondProcessTakesTheCodeFromDisk() {
        byte[] first = compiler(CUDA_13).compile(SOURCE, 90);
        assertThat(compiler(CUDA_13).compile(SOURCE, 90)).isEqualTo(first);
        assertThat(compilations).containsExactly("add.cu --gpu-architecture=sm_90 CUBIN");
    }

    @Test
    void sourceArchitectureAndVersionEachHaveCodeOfTheirOwn() {
        compiler(CUDA_13).compile(SOURCE, 90);
        compiler(CUDA_13).compile(SOURCE, 80);
        compiler(new Version(12, 8, 0)).compile(SOURCE, 90);
        compiler(CUDA_13).compile(new KernelSource("add", "other code", List.of("kernel")), 90);
        assertThat(compilations).hasSize(4);
    }

    @Test
    void newerArchitectureGetsPtxOfTheNewestKnownOne() {
        compiler(CUDA_13).compile(SOURCE, 100);
        assertThat(compilations).containsExactly("add.cu --gpu-architecture=compute_90 PTX");
    }

    @Test
    void unlistedArchitectureGetsPtxOfTheNextOlderOne() {
        compiler(CUDA_13).compile(SOURCE, 86);
        assertThat(compilations).containsExactly("add.cu --gpu-architecture=compute_80 PTX");
    }

    @Test
    void damagedEntryIsCompiledAnew() throws Exception {
        byte[] code = compiler(CUDA_13).compile(SOURCE, 90);
        try (var entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                Files.writeString(entry, "damaged");
            }
        }
        assertThat(compiler(CUDA_13).compile(SOURCE, 90)).isEqualTo(code);
        assertThat(compiler(CUDA_13).compile(SOURCE, 90)).isEqualTo(code);
        assertThat(compilations).hasSize(2);
    }
}
