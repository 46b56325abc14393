package dev.lanewise.bench.jmh;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code cblas_sgemm} of the machine's OpenBLAS. An OpenBLAS that is older than the processor takes kernels of an older
 * one, often without AVX-512: then it is told which to take before it is loaded.
 */
public final class OpenBlas {
    /** The system property that names the kernels to take. */
    public static final String CORE = "lanewise.openblas.core";

    private static final String STRONGEST = "SKYLAKEX";
    private static final Path PROCESSOR = Path.of("/proc/cpuinfo");
    private static final int ROW_MAJOR = 101;
    private static final int NO_TRANSPOSE = 111;
    private static final List<String> NAMES =
            List.of("libopenblas.so.0", "libopenblas.so", "libopenblas.dylib", "libopenblas.dll");

    private OpenBlas() {}

    /** Whether the library is found. */
    public static boolean isThere() {
        return library().isPresent();
    }

    /** The kernels that the library should be told to take, if it chooses weaker ones by itself. */
    public static Optional<String> strongerCore() {
        String chosen = library()
                .flatMap(library -> library.find("openblas_get_corename"))
                .map(OpenBlas::string)
                .orElse(STRONGEST);
        boolean usesAvx512 = List.of("SkylakeX", "Cooperlake", "SapphireRapids", "Zen4", "Zen5")
                .contains(chosen);
        return !usesAvx512 && hasAvx512() && System.getenv("OPENBLAS_CORETYPE") == null
                ? Optional.of(STRONGEST)
                : Optional.empty();
    }

    private static boolean hasAvx512() {
        try {
            return Files.readString(PROCESSOR).contains(" avx512f ");
        } catch (IOException e) {
            return false;
        }
    }

    private static Optional<SymbolLookup> library() {
        return NAMES.stream().flatMap(name -> library(name).stream()).findFirst();
    }

    private static Optional<SymbolLookup> library(String name) {
        try {
            return Optional.of(SymbolLookup.libraryLookup(name, Arena.global()));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String string(MemorySegment function) {
        try {
            MemorySegment text = (MemorySegment) Linker.nativeLinker()
                    .downcallHandle(function, FunctionDescriptor.of(ADDRESS))
                    .invokeExact();
            return text.reinterpret(Long.MAX_VALUE).getString(0);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    private static RuntimeException failure(Throwable e) {
        return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
    }

    /** {@code c = a b} for row-major matrices {@code [n, n]}. */
    static void multiply(int n, MemorySegment a, MemorySegment b, MemorySegment c) {
        try {
            Sgemm.HANDLE.invokeExact(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, n, n, n, 1f, a, n, b, n, 0f, c, n);
        } catch (Throwable e) {
            throw failure(e);
        }
    }

    private static final class Sgemm {
        static final MethodHandle HANDLE = load();

        private static MethodHandle load() {
            String core = System.getProperty(CORE);
            if (core != null) {
                setEnvironment("OPENBLAS_CORETYPE", core);
            }
            MemorySegment sgemm = library()
                    .flatMap(library -> library.find("cblas_sgemm"))
                    .orElseThrow(() -> new IllegalStateException(
                            "found no OpenBLAS (looked for " + String.join(", ", NAMES) + ")"));
            return Linker.nativeLinker()
                    .downcallHandle(
                            sgemm,
                            FunctionDescriptor.ofVoid(
                                    JAVA_INT,
                                    JAVA_INT,
                                    JAVA_INT,
                                    JAVA_INT,
                                    JAVA_INT,
                                    JAVA_INT,
                                    JAVA_FLOAT,
                                    ADDRESS,
                                    JAVA_INT,
                                    ADDRESS,
                                    JAVA_INT,
                                    JAVA_FLOAT,
                                    ADDRESS,
                                    JAVA_INT));
        }

        /** The library reads the C environment when it is loaded, and Java can't change that. */
        private static void setEnvironment(String name, String value) {
            Linker linker = Linker.nativeLinker();
            MemorySegment setenv = linker.defaultLookup()
                    .find("setenv")
                    .orElseThrow(() -> new IllegalStateException("the C library has no setenv"));
            try (Arena arena = Arena.ofConfined()) {
                int status =
                        (int) linker.downcallHandle(setenv, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                                .invokeExact(arena.allocateFrom(name), arena.allocateFrom(value), 1);
                if (status != 0) {
                    throw new IllegalStateException("setenv failed with " + status);
                }
            } catch (Throwable e) {
                throw failure(e);
            }
        }
    }
}
