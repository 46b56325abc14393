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
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles every kernel of every template for compute capability 9.0, and looks at the registers and the local memory that
 * each uses: what spills or has a stack is an error. The first program of each template is compiled for all architectures,
 * with {@code -Dlanewise.cuda.allArchitectures=true} every one. The code is kept in the build folder, so that only what
 * changed is compiled again. {@code -Dlanewise.cuda.writeRegisters=true} writes the table of registers in the docs.
 */
class KernelTemplatesTest {
    private static final List<Integer> ARCHITECTURES = List.of(75, 80, 90, 100);
    private static final int TABLED = 90;
    private static final Path TABLE = Path.of("..", "docs", "gpu-registers.md");

    /** The device library reduces large angles by a table in local memory. */
    private static final Pattern OF_ANGLES = Pattern.compile("(sin|cos|tan)_\\w+ (packed|strided)|random_\\w+ normal");

    private static final int ANGLES_STACK = 40;

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
        for (KernelSource source : sources) {
            jobs.add(new Job(source, TABLED));
            if (templates.add(source.entryPoints()) || all) {
                ARCHITECTURES.stream()
                        .filter(architecture -> architecture != TABLED)
                        .forEach(architecture -> jobs.add(new Job(source, architecture)));
            }
        }
        return jobs;
    }

    /** Rows of a template's kernel: the registers in each type, or the range of those of many programs. */
    @Test
    void nothingSpillsAndTheTableOfRegistersIsUpToDate() throws IOException {
        Nvrtc nvrtc = nvrtc();
        assumeTrue(nvrtc.architectures().contains(TABLED), "NVRTC " + nvrtc.version() + " does not compile for sm_90");
        KernelCompiler compiler = new KernelCompiler(nvrtc, new CodeCache(Path.of("target", "kernels")));
        Map<String, RegisterRow> rows = new ConcurrentSkipListMap<>();
        List<String> spilled = KernelPrograms.all().parallelStream()
                .flatMap(source -> spills(source, Cubin.usages(compiler.compile(source, TABLED)), rows))
                .toList();
        assertThat(spilled).isEmpty();
        String table = RegisterRow.table(nvrtc.version(), rows.values());
        if (Boolean.getBoolean("lanewise.cuda.writeRegisters")) {
            Files.writeString(TABLE, table);
        }
        String written = Files.readString(TABLE);
        assumeTrue(
                written.contains("NVRTC " + nvrtc.version()),
                "the table is of another version than " + nvrtc.version());
        assertThat(written).isEqualTo(table);
    }

    /** Adds a program's kernels to the table; what spills or has local memory. */
    private static Stream<String> spills(
            KernelSource source, Map<String, Cubin.Usage> usages, Map<String, RegisterRow> rows) {
        return source.entryPoints().stream().flatMap(kernel -> {
            Cubin.Usage usage = usages.get(kernel);
            rows.computeIfAbsent(RegisterRow.name(source, kernel), RegisterRow::new)
                    .add(usage.registers());
            String name = source.name() + " " + kernel;
            int allowed = OF_ANGLES.matcher(name).matches() ? ANGLES_STACK : 0;
            return usage.stackBytes() <= allowed
                    ? Stream.empty()
                    : Stream.of(name + ": " + usage.stackBytes() + " bytes of local memory");
        });
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
