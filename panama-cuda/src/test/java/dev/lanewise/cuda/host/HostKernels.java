package dev.lanewise.cuda.host;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.kernel.KernelPrograms;
import dev.lanewise.cuda.kernel.KernelSource;
import dev.lanewise.cuda.lib.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Compiles kernels for the host with a C++ compiler, in place of NVRTC. What it gives as code is the path of a library and
 * the number of the program in it. Many programs become one library, since headers cost more than kernels; libraries are
 * kept in the build folder under a hash of their text.
 */
public final class HostKernels implements Nvrtc {
    private static final int PROGRAMS_OF_LIBRARY = 16;
    private static final Pattern KERNEL =
            Pattern.compile("extern \"C\" __global__ void (?:__launch_bounds__\\([^)]*\\) )?(\\w+)\\(");
    private static final Pattern DEFINITION = Pattern.compile("(?m)^#define (\\w+)");
    private static final Pattern CONVERSION =
            Pattern.compile("asm\\(\"([a-z0-9.]+) %0, %1;\" : \"=\\w\"\\(([^)]*)\\) : \"\\w\"\\(([^)]*)\\)\\);");

    /** The one instruction for tensor cores, with its operands in the order of the text: results, A, B. */
    private static final Pattern PRODUCT = Pattern.compile(
            "asm volatile\\(\"mma\\.sync\\.aligned\\.m16n8k16\\.row\\.col\\.f32\\.\" MMA \"\\.\" MMA \"\\.f32 "
                    + "\\{%0, %1, %2, %3}, \\{%4, %5, %6, %7}, \\{%8, %9}, \"\\s*\"\\{%0, %1, %2, %3};\""
                    + "\\s*:([^:]*):([^;]*)\\);");

    /** Two numbers rounded at once, the first one into the upper half. */
    private static final Pattern PAIR = Pattern.compile(
            "asm\\(\"cvt\\.rn\\.\" MMA \"x2\\.f32 %0, %1, %2;\" : \"=r\"\\((\\w+)\\) : \"f\"\\((\\w+)\\), \"f\"\\((\\w+)\\)\\);");

    /** Four matrices out of shared memory. */
    private static final Pattern MATRICES =
            Pattern.compile("asm volatile\\(\"ldmatrix\\.sync\\.aligned\\.m8n8\\.x4(\\.trans)?\\.shared\\.b16 "
                    + "\\{%0, %1, %2, %3}, \\[%4];\"\\s*:([^:]*):([^:]*): \"memory\"\\);");

    /** A copy to shared memory that nobody waits for yet. */
    private static final Pattern COPY = Pattern.compile(
            "asm volatile\\(\"cp\\.async\\.cg\\.shared\\.global \\[%0], \\[%1], 16, %2;\" : :([^:]*): \"memory\"\\);");

    private static final String END_OF_COPIES = "asm volatile(\"cp.async.commit_group;\" : : : \"memory\");";
    private static final Pattern WAIT =
            Pattern.compile("asm volatile\\(\"cp\\.async\\.wait_group %0;\" : : \"n\"\\((\\w+)\\) : \"memory\"\\);");

    private static final Pattern OPERAND = Pattern.compile("\"\\W?\\w\"\\(((?:[^()]|\\[[^]]*])*)\\)");

    private static final String UNOPTIMIZED = "-O0";

    private static final Map<Path, Object> MAKING = new ConcurrentHashMap<>();

    private final Path folder;
    private final Map<String, String> compiled = new ConcurrentHashMap<>();
    private final Map<String, List<KernelSource>> together = new ConcurrentHashMap<>();

    /** A compiler that keeps its libraries in {@code folder}. */
    public HostKernels(Path folder) {
        this.folder = folder.toAbsolutePath();
    }

    /** Whether there is a C++ compiler. */
    public static boolean isAvailable() {
        try {
            Process process = new ProcessBuilder("g++", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Another one for another header or runner, so that no code that was kept is taken for what they give. */
    @Override
    public Version version() {
        return new Version(13, 0, (resource("grid.h") + resource("grid.cpp")).hashCode() & 0xFFFF);
    }

    @Override
    public List<Integer> architectures() {
        return List.of(90);
    }

    @Override
    public byte[] compile(String name, String source, List<String> options, Output output) {
        String code = compiled.get(source);
        if (code == null) {
            compile(together.getOrDefault(source, List.of(new KernelSource(name, source, List.of()))));
            code = compiled.get(source);
        }
        return code.getBytes(StandardCharsets.UTF_8);
    }

    /** Lets programs be compiled together with their neighbours, when the first of them is asked for. */
    public void compileTogether(List<KernelSource> programs) {
        for (int i = 0; i < programs.size(); i += PROGRAMS_OF_LIBRARY) {
            List<KernelSource> some = programs.subList(i, Math.min(programs.size(), i + PROGRAMS_OF_LIBRARY));
            some.forEach(program -> together.put(program.code(), some));
        }
    }

    /** The library that runs grids. */
    public Path grid() {
        Path library = folder.resolve("libgrid_" + hash(resource("grid.cpp")) + ".so");
        Path header = folder.resolve(header());
        once(header, unfinished -> Files.writeString(unfinished, resource("grid.h")));
        // read from what the compiler makes of it: that takes longer than most kernels
        once(
                Path.of(header + ".gch"),
                unfinished -> compile(unfinished, List.of(UNOPTIMIZED, "-x", "c++-header", header.toString())));
        build(library, resource("grid.cpp"), List.of("-O2"));
        return library;
    }

    /** The library of code that has the prelude in front and no kernels. */
    public Path library(String code) {
        return build("code", include() + onHost(code));
    }

    private static String include() {
        return "#include \"" + header() + "\"\n";
    }

    private static String header() {
        return "grid_" + hash(resource("grid.h")) + ".h";
    }

    private Path build(String name, String code) {
        Path grid = grid();
        Path library = folder.resolve(name + "_" + hash(grid + code) + ".so");
        build(library, code, List.of(UNOPTIMIZED, grid.toString(), "-Wl,-rpath," + folder));
        return library;
    }

    private void compile(List<KernelSource> programs) {
        StringBuilder text = new StringBuilder(include());
        String prelude = KernelPrograms.prelude();
        text.append(onHost(prelude));
        for (int i = 0; i < programs.size(); i++) {
            append(text, i, programs.get(i).code().substring(prelude.length()));
        }
        Path library = build("kernels", text.toString());
        for (int i = 0; i < programs.size(); i++) {
            compiled.put(programs.get(i).code(), library + "\n" + i);
        }
    }

    /** A program in a namespace of its own, whose kernels are called as {@code program<i>_<kernel>}. */
    private static void append(StringBuilder text, int i, String program) {
        text.append("namespace program" + i + " {\n")
                .append(onHost(KERNEL.matcher(program).replaceAll("static void $1(")))
                .append("}\n");
        List<String> definitions = new ArrayList<>(matches(DEFINITION, program));
        definitions.removeAll(matches(DEFINITION, KernelPrograms.prelude()));
        definitions.forEach(name -> text.append("#undef " + name + "\n"));
        for (String kernel : matches(KERNEL, program)) {
            text.append("extern \"C\" void program" + i + "_" + kernel + "(void** arguments) { call(program" + i + "::"
                    + kernel + ", arguments); }\n");
        }
    }

    private static List<String> matches(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        List<String> found = new ArrayList<>();
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    private static String onHost(String code) {
        String multiplied = PRODUCT.matcher(code)
                .replaceAll(match -> Matcher.quoteReplacement("mma_m16n8k16(MMA, "
                        + String.join(", ", matches(OPERAND, match.group(1) + "," + match.group(2))) + ");"));
        return CONVERSION
                .matcher(PAIR.matcher(memoryOnHost(multiplied)).replaceAll("$1 = cvt_rn_x2(MMA, $2, $3);"))
                .replaceAll(match -> Matcher.quoteReplacement(
                        match.group(2) + " = " + match.group(1).replace('.', '_') + "(" + match.group(3) + ");"));
    }

    private static String memoryOnHost(String code) {
        String loaded = MATRICES.matcher(code)
                .replaceAll(match -> Matcher.quoteReplacement("ldmatrix_x4(" + (match.group(1) != null) + ", "
                        + String.join(", ", matches(OPERAND, match.group(2) + "," + match.group(3))) + ");"));
        String copied = COPY.matcher(loaded)
                .replaceAll(match -> Matcher.quoteReplacement(
                        "cp_async_16(" + String.join(", ", matches(OPERAND, match.group(1))) + ");"));
        return WAIT.matcher(copied.replace(END_OF_COPIES, "cp_async_commit_group();"))
                .replaceAll("cp_async_wait_group($1);");
    }

    private void build(Path library, String code, List<String> options) {
        once(library, unfinished -> {
            Path source = Files.writeString(Files.createTempFile(folder, "source", ".cpp"), code);
            compile(
                    unfinished,
                    Stream.concat(Stream.of("-shared", source.toString()), options.stream())
                            .toList());
            Files.delete(source);
        });
    }

    /** Writes a file. */
    private interface Writer {
        void write(Path unfinished) throws IOException;
    }

    /** Makes a file as a whole, unless another thread or process has, or does so at this moment. */
    private void once(Path file, Writer writer) {
        synchronized (MAKING.computeIfAbsent(file, path -> new Object())) {
            if (Files.isRegularFile(file)) {
                return;
            }
            try {
                Files.createDirectories(folder);
                try (FileChannel channel = FileChannel.open(Path.of(file + ".lock"), CREATE, WRITE);
                        FileLock lock = lock(channel)) {
                    if (lock.isValid() && !Files.isRegularFile(file)) {
                        Path unfinished = Files.createTempFile(folder, "unfinished", "");
                        writer.write(unfinished);
                        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * Waits for another process by asking again: locks belong to processes, so the system takes two threads of each of two
     * processes that wait for different files for a deadlock.
     */
    private static FileLock lock(FileChannel channel) throws IOException {
        while (true) {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return lock;
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static void compile(Path to, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("g++", "-std=c++17", "-w", "-fPIC", "-ffp-contract=off"));
        command.addAll(List.of("-o", to.toString()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new AssertionError("g++ refuses " + arguments + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String resource(String name) {
        try (InputStream stream = HostKernels.class.getResourceAsStream(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
