package dev.lanewise.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The product that attention's tiles are made of, as the tensor cores' instruction is specified and by the exchange of
 * elements where there is none: both are the product of the matrices.
 */
class TensorCoreProductTest {
    private static final int M = 16;
    private static final int N = 8;
    private static final int K = 16;

    /** Each thread takes its operands from row-major A [16, 16] and B [8, 16] the way the tiles hand them over. */
    private static final String KERNEL = """
            extern "C" __global__ void product(const u32* a, const u32* b, float* c) {
                int row = lane_row(), word = lane_of_row();
                u32 own[4] = {a[row * 8 + word], a[(row + 8) * 8 + word], a[row * 8 + word + 4], a[(row + 8) * 8 + word + 4]};
                float* upper = c + row * 8 + word * 2;
                float* lower = upper + 64;
                multiply_add(upper[0], upper[1], lower[0], lower[1], own, b[row * 8 + word], b[row * 8 + word + 4]);
            }
            """;

    private static final String WITHOUT_INSTRUCTION = "#undef __CUDA_ARCH__\n";

    private static HostKernels kernels;
    private static HostDriver driver;

    @BeforeAll
    static void open() {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: kernels cannot run on the host");
        kernels = new HostKernels(Path.of("target", "host-kernels"));
        driver = new HostDriver(kernels.grid());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", WITHOUT_INSTRUCTION})
    void instructionAndExchangeGiveTheProductOfTheMatrices(String first) {
        for (DType dtype : List.of(DType.F16, DType.BF16)) {
            Random random = new Random(3);
            float[] a = numbers(random, M * K);
            float[] b = numbers(random, N * K);
            float[] c = numbers(random, M * N);
            float[] expected = c.clone();
            for (int i = 0; i < M; i++) {
                for (int j = 0; j < N; j++) {
                    for (int k = 0; k < K; k++) {
                        expected[i * N + j] += a[i * K + k] * b[j * K + k];
                    }
                }
            }
            assertThat(product(first, dtype, a, b, c)).containsExactly(expected, within(1e-4f));
        }
    }

    /** One register may be several operands. */
    private static final String EQUAL_OPERANDS_KERNEL = """
            extern "C" __global__ void equal(const u32* words, float* c) {
                u32 ones = words[0], twos = words[1];
                float* d = c + threadIdx.x * 4;
                asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." MMA "." MMA ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                    "{%0, %1, %2, %3};"
                    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                    : "r"(ones), "r"(ones), "r"(ones), "r"(ones), "r"(twos), "r"(twos));
            }
            """;

    @Test
    void oneRegisterIsSeveralOperands() {
        long words = upload(DType.BF16, new float[] {1, 1, 2, 2});
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(JAVA_FLOAT, M * N);
            run("equal", "", DType.BF16, EQUAL_OPERANDS_KERNEL, result, words);
            assertThat(result.toArray(JAVA_FLOAT)).containsOnly(K * 2);
        } finally {
            driver.free(words, HostDriver.DEFAULT_STREAM);
        }
    }

    /** Numbers that both types have. */
    private static float[] numbers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (random.nextInt(129) - 64) / 16f;
        }
        return numbers;
    }

    private float[] product(String first, DType dtype, float[] a, float[] b, float[] c) {
        long left = upload(dtype, a);
        long right = upload(dtype, b);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocateFrom(JAVA_FLOAT, c);
            run("product", first, dtype, KERNEL, result, left, right);
            return result.toArray(JAVA_FLOAT);
        } finally {
            List.of(left, right).forEach(address -> driver.free(address, HostDriver.DEFAULT_STREAM));
        }
    }

    /** Runs a kernel of one warp that is written behind the functions for tiles; its last argument is the result. */
    private static void run(
            String name, String first, DType dtype, String kernel, MemorySegment result, long... operands) {
        String program = NetworkTemplates.attention(64, dtype).code();
        String tiles = program.substring(
                KernelTemplates.prelude().length(), program.indexOf("// Attention and its gradients"));
        Driver.Module module = driver.load(kernels.compile(
                name + ".cu", KernelTemplates.prelude() + first + tiles + kernel, List.of(), Nvrtc.Output.CUBIN));
        long device = driver.allocate(result.byteSize(), HostDriver.DEFAULT_STREAM);
        try (Arena arena = Arena.ofConfined()) {
            driver.copyToDevice(device, result, result.byteSize(), HostDriver.DEFAULT_STREAM);
            KernelArguments arguments = new KernelArguments(arena);
            for (long operand : operands) {
                arguments.pointer(operand);
            }
            driver.launch(
                    driver.function(module, name),
                    Grid.of(1),
                    Block.of(32),
                    0,
                    HostDriver.DEFAULT_STREAM,
                    arguments.pointer(device));
            driver.copyToHost(result, device, result.byteSize(), HostDriver.DEFAULT_STREAM);
        } finally {
            driver.free(device, HostDriver.DEFAULT_STREAM);
        }
    }

    /** Each thread copies a row of eight elements, half of the threads zeros, and then takes its part of four matrices. */
    private static final String LOADING_KERNEL = """
            extern "C" __global__ void loading(const T* from, u32* to) {
                __shared__ Words rows[32];
                int thread = threadIdx.x;
                copy(rows[thread].of, from + thread * 8, thread < 16);
                end_group();
                to[thread] = rows[thread].of[0];  // too early
                arrived<0>();
                u32 parts[4];
                load_matrices<false>(parts, rows[thread].of);
                for (int i = 0; i < 4; i++) to[32 + i * 32 + thread] = parts[i];
                load_matrices<true>(parts, rows[thread].of);
                for (int i = 0; i < 4; i++) to[160 + i * 32 + thread] = parts[i];
            }
            """;

    @Test
    void copiesComeWithTheWaitAndMatricesAreDividedAmongThreads() {
        float[] numbers = numbers(new Random(4), 32 * 8);
        Arrays.fill(numbers, 16 * 8, 32 * 8, 0);
        long from = upload(DType.BF16, numbers);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(JAVA_INT, 288);
            run("loading", "", DType.BF16, LOADING_KERNEL, result, from);
            for (int thread = 0; thread < 32; thread++) {
                assertThat(result.getAtIndex(JAVA_INT, thread))
                        .as("before the wait")
                        .isEqualTo(-1);
                for (int i = 0; i < 4; i++) {
                    int matrix = i * 64;
                    int row = thread / 4;
                    int pair = thread % 4 * 2;
                    assertThat(result.getAtIndex(JAVA_INT, 32 + i * 32 + thread))
                            .isEqualTo(word(numbers[matrix + row * 8 + pair], numbers[matrix + row * 8 + pair + 1]));
                    assertThat(result.getAtIndex(JAVA_INT, 160 + i * 32 + thread))
                            .isEqualTo(word(numbers[matrix + pair * 8 + row], numbers[matrix + (pair + 1) * 8 + row]));
                }
            }
        } finally {
            driver.free(from, HostDriver.DEFAULT_STREAM);
        }
    }

    private static int word(float low, float high) {
        return Float.floatToRawIntBits(low) >>> 16 | Float.floatToRawIntBits(high) & 0xFFFF0000;
    }

    private static long upload(DType dtype, float[] numbers) {
        long address = driver.allocate(2L * numbers.length, HostDriver.DEFAULT_STREAM);
        MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(2L * numbers.length);
        for (int i = 0; i < numbers.length; i++) {
            short bits = dtype == DType.F16
                    ? Float.floatToFloat16(numbers[i])
                    : (short) (Float.floatToRawIntBits(numbers[i]) >>> 16);
            memory.setAtIndex(JAVA_SHORT, i, bits);
        }
        return address;
    }
}
