package dev.lanewise.cuda.kernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.api.Driver.Block;
import dev.lanewise.cuda.api.Driver.Grid;
import dev.lanewise.cuda.api.Driver.Stream;
import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.api.Nvrtc;
import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
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

    /** Numbers that both types have. */
    private static float[] numbers(Random random, int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (random.nextInt(129) - 64) / 16f;
        }
        return numbers;
    }

    private float[] product(String first, DType dtype, float[] a, float[] b, float[] c) {
        String program = NetworkTemplates.attention(64, dtype).code();
        String tiles = program.substring(
                KernelTemplates.prelude().length(), program.indexOf("// Attention and its gradients"));
        Driver.Module module = driver.load(kernels.compile(
                "product.cu", KernelTemplates.prelude() + first + tiles + KERNEL, List.of(), Nvrtc.Output.CUBIN));
        long left = upload(dtype, a);
        long right = upload(dtype, b);
        long sums = driver.allocate(c.length * 4L, Stream.LEGACY_DEFAULT);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocateFrom(JAVA_FLOAT, c);
            driver.copyToDevice(sums, result, result.byteSize(), Stream.LEGACY_DEFAULT);
            driver.launch(
                    driver.function(module, "product"),
                    Grid.of(1),
                    Block.of(32),
                    0,
                    Stream.LEGACY_DEFAULT,
                    new KernelArguments(arena).pointer(left).pointer(right).pointer(sums));
            driver.copyToHost(result, sums, result.byteSize(), Stream.LEGACY_DEFAULT);
            return result.toArray(JAVA_FLOAT);
        } finally {
            List.of(left, right, sums).forEach(address -> driver.free(address, Stream.LEGACY_DEFAULT));
        }
    }

    private static long upload(DType dtype, float[] numbers) {
        long address = driver.allocate(2L * numbers.length, Stream.LEGACY_DEFAULT);
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
