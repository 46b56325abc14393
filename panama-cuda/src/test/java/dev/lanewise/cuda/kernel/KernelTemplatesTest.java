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
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles kernels for compute capability 9.0, and looks at the registers and the local memory that each uses: what spills
 * or has a stack is an error. A build takes one program of each template, some of large ones, and each template for one more
 * architecture; others with {@code -Dlanewise.cuda.sample=1} and further numbers. {@code -Dlanewise.cuda.kernels=all} takes
 * every program, the first of each template for all architectures, and with {@code -Dlanewise.cuda.writeRegisters=true}
 * writes the table of registers in the docs. The code is kept in the build folder, so that only what changed is compiled
 * again.
 */
class KernelTemplatesTest {
    private static final List<Integer> OTHERS = List.of(75, 80, 100);
    private static final int TABLED = 90;
    private static final Path TABLE = Path.of("..", "docs", "gpu-registers.md");
    private static final boolean ALL =
            System.getProperty("lanewise.cuda.kernels", "").equals("all");
    private static final int SAMPLE = Integer.getInteger("lanewise.cuda.sample", 0);
    private static final int SAMPLED = 24;

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

    private static KernelCompiler compiler(Nvrtc nvrtc) {
        return new KernelCompiler(nvrtc, new CodeCache(Path.of("target", "kernels")));
    }

    /** Templates by what all their programs have: the names of their kernels. */
    private static Collection<List<KernelSource>> templates() {
        return KernelPrograms.all().stream()
                .collect(Collectors.groupingBy(KernelSource::entryPoints, LinkedHashMap::new, Collectors.toList()))
                .values();
    }

    /** One program of a template, of templates with many programs one of so many. */
    private static List<KernelSource> sampled(List<KernelSource> template) {
        int first = Math.floorMod(SAMPLE, Math.min(template.size(), SAMPLED));
        return IntStream.iterate(first, i -> i < template.size(), i -> i + SAMPLED)
                .mapToObj(template::get)
                .toList();
    }

    /** What is compiled for the architecture of the table. */
    private static List<KernelSource> programs() {
        return ALL
                ? KernelPrograms.all()
                : templates().stream()
                        .flatMap(template -> sampled(template).stream())
                        .toList();
    }

    private static List<Job> jobsOfOtherArchitectures() {
        List<Job> jobs = new ArrayList<>();
        for (List<KernelSource> template : templates()) {
            if (ALL) {
                OTHERS.forEach(other -> jobs.add(new Job(template.getFirst(), other)));
            } else {
                int other = OTHERS.get(Math.floorMod(jobs.size() + SAMPLE, OTHERS.size()));
                jobs.add(new Job(sampled(template).getFirst(), other));
            }
        }
        return jobs;
    }

    @Test
    void kernelsCompileForEveryArchitecture() {
        Nvrtc nvrtc = nvrtc();
        assumeTrue(
                nvrtc.architectures().containsAll(OTHERS),
                "NVRTC " + nvrtc.version() + " compiles for " + nvrtc.architectures());
        KernelCompiler compiler = compiler(nvrtc);
        List<Job> jobs = jobsOfOtherArchitectures();
        programs().forEach(source -> jobs.add(new Job(source, TABLED)));
        List<String> wrong = jobs.parallelStream()
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

    /** Rows of a template's kernel: the registers in each type, or the range of those of many programs. */
    @Test
    void nothingSpillsAndTheTableOfRegistersIsUpToDate() throws IOException {
        Nvrtc nvrtc = nvrtc();
        assumeTrue(nvrtc.architectures().contains(TABLED), "NVRTC " + nvrtc.version() + " does not compile for sm_90");
        KernelCompiler compiler = compiler(nvrtc);
        Map<String, RegisterRow> rows = new ConcurrentSkipListMap<>();
        List<String> spilled = programs().parallelStream()
                .flatMap(source -> spills(source, Cubin.usages(compiler.compile(source, TABLED)), rows))
                .toList();
        assertThat(spilled).isEmpty();
        if (ALL && Boolean.getBoolean("lanewise.cuda.writeRegisters")) {
            Files.writeString(TABLE, RegisterRow.table(nvrtc.version(), rows.values()));
        }
        String written = Files.readString(TABLE);
        assumeTrue(
                written.contains("NVRTC " + nvrtc.version()),
                "the table is of another version than " + nvrtc.version());
        if (ALL) {
            assertThat(written).isEqualTo(RegisterRow.table(nvrtc.version(), rows.values()));
        } else {
            Map<String, RegisterRow> table = RegisterRow.read(written);
            assertThat(rows.values())
                    .allSatisfy(row -> assertThat(row.isWithin(table))
                            .as("%s is in the table; -Dlanewise.cuda.kernels=all writes it", row)
                            .isTrue());
        }
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
