package dev.lanewise.cuda.lib;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * How a library is asked for its version. The generated bindings are not used here: a function that once fails to
 * resolve stays unusable, and this queries libraries that may turn out to be something else.
 */
enum VersionQuery {
    /** {@code int cuDriverGetVersion(int *version)}: 13000 is 13.0. */
    DRIVER("cuDriverGetVersion") {
        @Override
        Version ask(MemorySegment function, Arena arena) throws Throwable {
            return Version.unpack(askThroughPointer(function, arena), 1000, 10);
        }
    },
    /** {@code nvrtcResult nvrtcVersion(int *major, int *minor)}. */
    NVRTC("nvrtcVersion") {
        @Override
        Version ask(MemorySegment function, Arena arena) throws Throwable {
            MethodHandle call = Linker.nativeLinker()
                    .downcallHandle(
                            function,
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
            int ignored = (int) call.invokeExact(major, minor);
            return new Version(major.get(ValueLayout.JAVA_INT, 0), minor.get(ValueLayout.JAVA_INT, 0), 0);
        }
    },
    /** {@code size_t cublasLtGetVersion(void)}: 130101 is 13.1.1. */
    CUBLAS_LT("cublasLtGetVersion") {
        @Override
        Version ask(MemorySegment function, Arena arena) throws Throwable {
            return Version.unpack(askForSize(function), 10_000, 100);
        }
    },
    /** {@code cublasStatus_t cublasGetProperty(libraryPropertyType type, int *value)}, which needs no handle. */
    CUBLAS("cublasGetProperty") {
        @Override
        Version ask(MemorySegment function, Arena arena) throws Throwable {
            MethodHandle call = Linker.nativeLinker()
                    .downcallHandle(
                            function,
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
            int[] parts = new int[3];
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            for (int property = 0; property < parts.length; property++) {
                int ignored = (int) call.invokeExact(property, value);
                parts[property] = value.get(ValueLayout.JAVA_INT, 0);
            }
            return new Version(parts[0], parts[1], parts[2]);
        }
    },
    /** {@code size_t cudnnGetVersion(void)}: 92400 is 9.24.0; up to cuDNN 8 it was 8907 for 8.9.7. */
    CUDNN("cudnnGetVersion") {
        @Override
        Version ask(MemorySegment function, Arena arena) throws Throwable {
            long packed = askForSize(function);
            return packed < 10_000 ? Version.unpack(packed, 1000, 100) : Version.unpack(packed, 10_000, 100);
        }
    },
    /** {@code ncclResult_t ncclGetVersion(int *version)}: 23007 is 2.30.7. */
    NCCL("ncclGetVersion") {
        @Override
        Version ask(MemorySegment function, Arena arena) throws Throwable {
            return Version.unpack(askThroughPointer(function, arena), 10_000, 100);
        }
    };

    private final String symbol;

    VersionQuery(String symbol) {
        this.symbol = symbol;
    }

    /** The library's version, or empty if it lacks the function that returns it. */
    Optional<Version> ask(SymbolLookup library) {
        Optional<MemorySegment> function = library.find(symbol);
        if (function.isEmpty()) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            return Optional.of(ask(function.get(), arena));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(symbol + " could not be called", e);
        }
    }

    abstract Version ask(MemorySegment function, Arena arena) throws Throwable;

    private static int askThroughPointer(MemorySegment function, Arena arena) throws Throwable {
        MethodHandle call = Linker.nativeLinker()
                .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
        MemorySegment version = arena.allocate(ValueLayout.JAVA_INT);
        int ignored = (int) call.invokeExact(version);
        return version.get(ValueLayout.JAVA_INT, 0);
    }

    private static long askForSize(MemorySegment function) throws Throwable {
        MethodHandle call =
                Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_LONG));
        return (long) call.invokeExact();
    }
}
