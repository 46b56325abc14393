package dev.lanewise.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs CUDA C on the host: a C++ compiler compiles a template with what CUDA adds defined away, as if a grid were one block
 * of one thread. So the arithmetic of the templates is tested without a GPU. F16 is left out: its conversions are GPU
 * instructions.
 */
final class HostCompiler {
    private static final String SHIM = """
            #include <cmath>
            #include <cstring>
            #include <limits>
            using namespace std;
            #define __device__
            #define __global__
            #define __shared__ static
            #define __restrict__
            struct Index { int x, y, z; };
            static const Index blockIdx = {0, 0, 0}, threadIdx = {0, 0, 0}, blockDim = {1, 1, 1}, gridDim = {1, 1, 1};
            static inline void __syncthreads() {}
            static inline unsigned __float_as_uint(float x) { unsigned y; memcpy(&y, &x, 4); return y; }
            static inline float __uint_as_float(unsigned x) { float y; memcpy(&y, &x, 4); return y; }
            static inline long long __double2ll_rz(double x) {
                return x >= 0x1p63 ? numeric_limits<long long>::max()
                        : x < -0x1p63 ? numeric_limits<long long>::min() : (long long)x;
            }
            static inline long long __float2ll_rz(float x) { return __double2ll_rz(x); }
            static inline float __double2float_rz(double x) {
                float y = (float)x;
                return fabs((double)y) > fabs(x) ? nextafterf(y, 0.0f) : y;
            }
            static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
                return (unsigned long long)((unsigned __int128)a * b >> 64);
            }
            template <typename V> static inline V rsqrt(V x) { return 1 / sqrt(x); }
            """;

    private HostCompiler() {}

    /** The functions of {@code code}, for as long as {@code arena} lives; skips the test where there is no compiler. */
    static SymbolLookup compile(String code, Path folder, Arena arena) throws IOException, InterruptedException {
        Path source = Files.writeString(
                Files.createTempFile(folder, "kernel", ".cpp"), SHIM + code.replaceAll("asm\\([^;]*\\);", ""));
        Path library = source.resolveSibling(source.getFileName() + ".so");
        Process process;
        try {
            process = new ProcessBuilder(List.of(
                            "g++",
                            "-std=c++17",
                            "-ffp-contract=off",
                            "-w",
                            "-shared",
                            "-fPIC",
                            "-o",
                            library.toString(),
                            source.toString()))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            assumeTrue(false, "no C++ compiler: " + e.getMessage());
            throw e;
        }
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return SymbolLookup.libraryLookup(library, arena);
    }

    /** A call of one of the functions. */
    static MethodHandle function(SymbolLookup lookup, String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker().downcallHandle(lookup.find(name).orElseThrow(), descriptor);
    }
}
