package dev.lanewise.cpu.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.Species;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.spi.HostMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightTilesTest {
    private static final int L = Species.F32_LANES;

    /** Enough for weights of {@link #N} columns. */
    private static final int K = 300;

    /** The last tile has fewer columns. */
    private static final int N = 13 * L - 3;

    private static final int USES = WeightTiles.LEAST_USES + 2;

    private long before;
    private long limit;
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open("test");
        before = TileMemory.taken();
        limit = TileMemory.limit(256L << 20);
    }

    @AfterEach
    void close() {
        TileMemory.limit(limit);
        scope.close();
        assertThat(TileMemory.taken()).as("bytes of tiles after the weights").isEqualTo(before);
    }

    private long taken() {
        return TileMemory.taken() - before;
    }

    private static long bytes(int n, DType type) {
        int width = Kernels.of(type).micro().rows();
        return (long) Math.ceilDiv(n, width) * width * K * type.bytes();
    }

    /** The bits of a product computed so often that the weights are in tiles. */
    private static byte[][] repeated(UnaryOperator<Tensor> product, Tensor x) {
        byte[][] results = new byte[USES][];
        for (int i = 0; i < USES; i++) {
            results[i] = bits(product.apply(x));
        }
        return results;
    }

    private static byte[] bits(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.spec().bytes())];
        tensor.copyTo(java.lang.foreign.MemorySegment.ofArray(bytes));
        return bytes;
    }

    private static void same(UnaryOperator<Tensor> product, Tensor x) {
        byte[][] results = repeated(product, x);
        for (byte[] result : results) {
            assertThat(result).isEqualTo(results[0]);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F64"})
    void tilesLeaveEveryBitAsItIs(DType type) {
        for (int n : new int[] {N, 12 * L, 12 * L + 1}) {
            Tensor w = new Rng(1).randn(DType.F32, K, n).to(type);
            Tensor bias = new Rng(2).randn(DType.F32, n).to(type);
            for (int m : new int[] {2, L - 1, L, 2 * L, 2 * L + 1, 4 * L - 1, 40 * L}) {
                Tensor x = new Rng(m).randn(DType.F32, m, K).to(type);
                same(a -> a.matmul(w), x);
                same(a -> a.linear(w.transpose(), bias), x);
                same(a -> a.linearRelu(w.transpose(), bias), x);
            }
        }
        assertThat(taken()).isPositive();
    }

    @Test
    void aBatchThatSharesItsWeightsUsesTheirTiles() {
        Tensor w = new Rng(1).randn(DType.F32, K, N);
        Tensor x = new Rng(2).randn(DType.F32, 3, 5, K);
        same(a -> a.matmul(w), x);
        assertThat(taken()).isEqualTo(bytes(N, DType.F32));
        // rows of it that lie apart are no taller product
        same(a -> a.matmul(w), x.narrow(1, 0, 4));
        Tensor several = new Rng(3).randn(DType.F32, 3, K, N);
        same(a -> a.matmul(several), x);
        assertThat(taken()).isEqualTo(bytes(N, DType.F32));
    }

    @Test
    void partsOfWeightsAndOtherViewsHaveTilesOfTheirOwn() {
        Tensor w = new Rng(1).randn(DType.F32, K, 2L * N);
        Tensor x = new Rng(2).randn(DType.F32, 7, K);
        Tensor left = w.narrow(1, 0, N);
        Tensor right = w.narrow(1, N, N);
        same(a -> a.matmul(left), x);
        same(a -> a.matmul(right), x);
        same(a -> a.matmul(left.flip(1)), x);
        same(a -> a.matmul(left.narrow(0, 0, 200)), x.narrow(1, 0, 200));
        assertThat(taken()).isEqualTo(2 * bytes(N, DType.F32) + bytes(N, DType.F32) / K * 200);
        Tensor both = x.matmul(w);
        assertThat(bits(x.matmul(left))).isEqualTo(bits(both.narrow(1, 0, N).contiguous()));
        assertThat(bits(x.matmul(right))).isEqualTo(bits(both.narrow(1, N, N).contiguous()));
    }

    @Test
    void weightsThatChangeAreUsedAsTheyAre() {
        Tensor w = new Rng(1).randn(DType.F32, K, N);
        Tensor x = new Rng(2).randn(DType.F32, 7, K);
        List<Runnable> changes = List.of(
                () -> w.assign(new Rng(3).randn(DType.F32, K, N)),
                () -> w.narrow(1, 3, 1).assign(new Rng(4).randn(DType.F32, K, 1)),
                () -> w.copyFrom(java.lang.foreign.MemorySegment.ofArray(bits(new Rng(5).randn(DType.F32, K, N)))),
                () -> w.assignRows(Tensor.of(new long[] {5, 2}, 2), new Rng(6).randn(DType.F32, 2, N)));
        for (Runnable change : changes) {
            for (int i = 0; i < 20 * USES; i++) {
                x.matmul(w);
            }
            assertThat(taken()).isEqualTo(bytes(N, DType.F32));
            change.run();
            // from memory of its own
            byte[] expected = bits(x.matmul(w.copy()));
            assertThat(bits(x.matmul(w))).isEqualTo(expected);
            assertThat(taken()).as("tiles of what was before").isZero();
        }
    }

    @Test
    void weightsThatChangeAgainAndAgainWaitLonger() {
        Tensor w = new Rng(1).randn(DType.F32, K, N);
        Tensor x = new Rng(2).randn(DType.F32, 7, K);
        int uses = WeightTiles.LEAST_USES;
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < uses - 1; i++) {
                x.matmul(w);
            }
            assertThat(taken()).isZero();
            x.matmul(w);
            assertThat(taken()).isPositive();
            w.assign(new Rng(round).randn(DType.F32, K, N));
            uses *= 2;
        }
        x.matmul(w);
        assertThat(taken()).isZero();
    }

    @Test
    void tilesGoWithTheirWeights() {
        Tensor x = new Rng(2).randn(DType.F32, 7, K);
        try (Scope inner = Scope.open("weights")) {
            Tensor w = new Rng(1).randn(DType.F32, K, N);
            repeated(a -> a.matmul(w), x);
            assertThat(taken()).isPositive();
        }
        assertThat(taken()).isZero();
    }

    @Test
    void nothingIsTakenBeyondTheBound() {
        TileMemory.limit(before + bytes(N, DType.F32));
        Tensor x = new Rng(2).randn(DType.F32, 7, K);
        List<Tensor> weights = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            weights.add(new Rng(i).randn(DType.F32, K, N));
        }
        weights.forEach(w -> same(a -> a.matmul(w), x));
        assertThat(taken()).isEqualTo(bytes(N, DType.F32));
    }

    @Test
    void smallWeightsAndManyRowsHaveNone() {
        Tensor w = new Rng(1).randn(DType.F32, K, N);
        same(a -> a.matmul(w), new Rng(2).randn(DType.F32, WeightTiles.MOST_ROWS + 1, K));
        Tensor small = new Rng(1).randn(DType.F32, 8, 8);
        same(a -> a.matmul(small), new Rng(2).randn(DType.F32, 7, 8));
        assertThat(taken()).isZero();
    }

    @Test
    void whereMemoryIsShortTheyAreGivenBack() {
        Tensor w = new Rng(1).randn(DType.F32, K, N);
        Tensor x = new Rng(2).randn(DType.F32, 7, K);
        same(a -> a.matmul(w), x);
        assertThat(taken()).isPositive();
        WeightTiles.giveBack();
        assertThat(taken()).isZero();
        same(a -> a.matmul(w), x);
        assertThat(taken()).as("soon after").isZero();
    }

    @Test
    void productsInSteadyStateTakeNothingFromTheSystem() {
        Tensor w = new Rng(1).randn(DType.F32, K, N);
        Tensor x = new Rng(2).randn(DType.F32, 16, K);
        Tensor out = Tensor.full(0, DType.F32, Device.CPU, 16, N);
        // what other tests have left would go back meanwhile
        HostMemory.trim();
        for (int i = 0; i < USES; i++) {
            try (Scope call = Scope.open("call")) {
                out.assign(x.matmul(w));
            }
        }
        long held = HostMemory.bytesFromSystem();
        for (int i = 0; i < 50; i++) {
            try (Scope call = Scope.open("call")) {
                out.assign(x.matmul(w));
            }
        }
        assertThat(HostMemory.bytesFromSystem()).isLessThanOrEqualTo(held);
    }

    /** Threads compute with weights that another one changes, whose own products must be of what it wrote. */
    @Test
    void whoChangesWeightsComputesWithWhatItWrote() throws InterruptedException {
        Tensor w = Tensor.full(0, DType.F32, Device.CPU, K, N);
        Tensor x = Tensor.full(1, DType.F32, Device.CPU, 4, K);
        AtomicBoolean ended = new AtomicBoolean();
        List<Throwable> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            readers.add(Thread.ofPlatform().start(() -> {
                try {
                    while (!ended.get()) {
                        try (Scope call = Scope.open("reader")) {
                            x.matmul(w);
                        }
                    }
                } catch (RuntimeException | Error e) {
                    failures.add(e);
                }
            }));
        }
        try {
            for (int value = 1; value <= 60; value++) {
                try (Scope call = Scope.open("writer")) {
                    w.assign(Tensor.full(value, DType.F32, Device.CPU, K, N));
                    for (int i = 0; i < 4; i++) {
                        float[] sums = x.matmul(w).toFloatArray();
                        for (float sum : sums) {
                            assertThat(sum).isEqualTo((float) K * value);
                        }
                    }
                }
            }
        } finally {
            ended.set(true);
            for (Thread reader : readers) {
                reader.join();
            }
        }
        assertThat(failures).isEmpty();
    }
}
