package dev.lanewise.cpu.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.cpu.Species;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MicroKernelTest {
    private static final int K = 19;

    static Stream<Arguments> kernels() {
        return Stream.of(
                Arguments.of(new F32Tile8x2(), false),
                Arguments.of(new F32Tile6x2(), false),
                Arguments.of(new F64Tile8x2(), true),
                Arguments.of(new F64Tile6x2(), true));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void everyNumberOfRowsAddsTheProductAndTouchesNothingElse(MicroKernel kernel, boolean isDouble) {
        int lanes = isDouble ? Species.F64_LANES : Species.F32_LANES;
        for (int rows = 1; rows <= kernel.rows(); rows++) {
            check(kernel, isDouble, rows, 2 * lanes);
            check(kernel, isDouble, rows, lanes);
        }
    }

    private static void check(MicroKernel kernel, boolean isDouble, int rows, int width) {
        SplittableRandom random = new SplittableRandom(rows);
        try (Arena arena = Arena.ofConfined()) {
            Matrix a = Matrix.random(arena, (long) rows * K, isDouble, random);
            Matrix b = Matrix.random(arena, (long) K * width, isDouble, random);
            Matrix c = Matrix.random(arena, (long) (rows + 1) * width, isDouble, random);
            double[] expected = new double[(rows + 1) * width];
            for (int i = 0; i <= rows; i++) {
                for (int j = 0; j < width; j++) {
                    double sum = c.get((long) i * width + j);
                    for (int p = 0; i < rows && p < K; p++) {
                        sum += a.get((long) i * K + p) * b.get((long) p * width + j);
                    }
                    expected[i * width + j] = sum;
                }
            }
            run(kernel, rows, width, a, b, c);
            for (int i = 0; i < expected.length; i++) {
                assertThat(c.get(i)).isCloseTo(expected[i], within(1e-5));
            }
        }
    }

    private static void run(MicroKernel kernel, int rows, int width, Matrix a, Matrix b, Matrix c) {
        int bytes = a.elementBytes();
        long aAddress = a.segment().address();
        long bAddress = b.segment().address();
        long cAddress = c.segment().address();
        long row = (long) width * bytes;
        if (width * bytes == Species.VECTOR_BYTES) {
            kernel.narrow(rows, K, aAddress, (long) K * bytes, bytes, bAddress, row, cAddress, row, cAddress, row);
        } else {
            kernel.wide(rows, K, aAddress, (long) K * bytes, bytes, bAddress, row, cAddress, row, cAddress, row);
        }
    }
}
