package dev.lanewise.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.CudaException;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.lib.LibraryStatus;
import dev.lanewise.cuda.lib.NativeLibraries;
import dev.lanewise.cuda.lib.NativeLibrary;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.elementwise.Unary;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles every kernel of every template. Each program is compiled for one of the architectures in turn, the first of
 * each template for all of them; {@code -Dlanewise.cuda.allArchitectures=true} compiles all programs for all architectures.
 * The code is kept in the build folder, so that only what changed is compiled again.
 */
class KernelTemplatesTest {
    private static final List<Integer> ARCHITECTURES = List.of(75, 80, 90, 100);

    @TempDir
    Path folder;

    private record Job(KernelSource source, int architecture) {}

    private static Nvrtc nvrtc() {
        LibraryStatus status = NativeLibraries.status(NativeLibrary.NVRTC);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
        return Nvrtc.open();
    }

    @Test
    void everyKernelCompilesForEveryArchitecture() {
        Nvrtc nvrtc = nvrtc();
        assumeTrue(
                nvrtc.architectures().containsAll(ARCHITECTURES),
                "NVRTC " + nvrtc.version() + " compiles for " + nvrtc.architectures());
        KernelCompiler compiler = new KernelCompiler(nvrtc, new CodeCache(Path.of("target", "kernels")));
        List<String> wrong = jobs().parallelStream()
                .map(job -> problem(compiler, job))
                .filter(problem -> !problem.isEmpty())
                .toList();
        assertThat(wrong).isEmpty();
    }

    private static String problem(KernelCompiler compiler, Job job) {
        try {
            String code = new String(compiler.compile(job.source(), job.architecture()), StandardCharsets.ISO_8859_1);
            List<String> missing = job.source().entryPoints().stream()
                    .filter(kernel -> !code.contains(".text." + kernel))
                    .toList();
            return missing.isEmpty() ? "" : job.source().name() + ": no kernel " + missing;
        } catch (CudaException e) {
            return job.source().name() + " for sm_" + job.architecture() + ": " + e.getMessage();
        }
    }

    private static List<Job> jobs() {
        boolean all = Boolean.getBoolean("lanewise.cuda.allArchitectures");
        List<KernelSource> sources = KernelPrograms.all();
        List<Job> jobs = new ArrayList<>();
        Set<List<String>> templates = new HashSet<>();
        for (int i = 0; i < sources.size(); i++) {
            KernelSource source = sources.get(i);
            if (all || templates.add(source.entryPoints())) {
                ARCHITECTURES.forEach(architecture -> jobs.add(new Job(source, architecture)));
            } else {
                jobs.add(new Job(source, ARCHITECTURES.get(i % ARCHITECTURES.size())));
            }
        }
        return jobs;
    }

    @Test
    void programsHaveNamesOfTheirOwn() {
        List<String> names =
                KernelPrograms.all().stream().map(KernelSource::name).toList();
        assertThat(names).doesNotHaveDuplicates();
        assertThat(names).contains("relu_f32", "softmax_bf16");
    }

    @Test
    void wrongProgramGivesTheCompilersMessage() {
        KernelCompiler compiler = new KernelCompiler(nvrtc(), new CodeCache(folder));
        KernelSource source = new KernelSource("wrong", "extern \"C\" __global__ void k() { x = 1; }", List.of("k"));
        assertThatThrownBy(() -> compiler.compile(source, 90))
                .isInstanceOf(CudaException.class)
                .hasMessageStartingWith(
                        "nvrtcCompileProgram wrong.cu: NVRTC_ERROR_COMPILATION (6): wrong.cu(1): error:")
                .hasMessageContaining("identifier \"x\" is undefined");
    }

    @Test
    void codeForAnUnknownNewArchitectureIsPtx() {
        KernelCompiler compiler = new KernelCompiler(nvrtc(), new CodeCache(folder));
        byte[] code = compiler.compile(KernelTemplates.unary(Unary.RELU, DType.F32), 999);
        assertThat(new String(code, StandardCharsets.UTF_8))
                .contains(".visible .entry packed")
                .endsWith("\0");
    }
}
