package dev.lanewise.cuda.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.api.Recording;
import dev.lanewise.cuda.kernel.CodeCache;
import dev.lanewise.cuda.kernel.KernelCompiler;
import dev.lanewise.cuda.kernel.KernelSource;
import dev.lanewise.cuda.lib.Version;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedKernelsTest {
    @TempDir
    Path folder;

    private final Recording recording = new Recording();
    private final Recording nvrtc = new Recording();
    private LoadedKernels kernels;

    private static KernelSource source() {
        return new KernelSource("add", "code", List.of("dense", "strided"));
    }

    @BeforeEach
    void open() {
        nvrtc.answer("version", new Version(13, 0, 0)).answer("architectures", List.of(90));
        nvrtc.answer("compile", new byte[] {1, 2, 3});
        KernelCompiler compiler = new KernelCompiler(nvrtc.of(Nvrtc.class), new CodeCache(folder));
        kernels = new LoadedKernels(recording.of(Driver.class), compiler, 90);
    }

    @Test
    void programIsLoadedOnceAndUnloaded() {
        Driver.Function dense = kernels.get("add", LoadedKernelsTest::source, "dense");
        assertThat(kernels.get("add", LoadedKernelsTest::source, "dense")).isSameAs(dense);
        assertThat(kernels.get("add", LoadedKernelsTest::source, "strided")).isNotEqualTo(dense);
        kernels.close();
        assertThat(recording.methods()).containsExactly("load", "function", "function", "unload");
        assertThat(recording.calls.getFirst()).isEqualTo("load(3 bytes)");
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void programWithoutItsKernelIsUnloadedAgain() {
        recording.answer(
                "function", CudaException.failed("cuModuleGetFunction dense", 500, "CUDA_ERROR_NOT_FOUND", ""));
        assertThatThrownBy(() -> kernels.get("add", LoadedKernelsTest::source, "dense"))
                .isInstanceOf(CudaException.class);
        assertThat(recording.alive).isEmpty();
    }

    @Test
    void unknownKernelIsNamed() {
        assertThatThrownBy(() -> kernels.get("add", LoadedKernelsTest::source, "spare"))
                .hasMessageStartingWith("program add has no kernel spare (it has ");
    }
}
