package dev.lanewise.cuda;

import static dev.lanewise.cuda.Near.assertNear;
import static dev.lanewise.cuda.Near.assertNearOfLargest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Update;
import dev.lanewise.tensor.op.index.IndexAdd;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.tensor.spi.Backends;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Work in many blocks, parts and passes, which the small operands of the conformance suite don't reach. */
@ExtendWith(HostCuda.class)
final class LaunchesOnHostTest {
    private static final Device CUDA = Device.cuda(0);

    private final Random random = new Random(1);

    private Tensor floats(long... sizes) {
        float[] values = new float[(int) Shape.of(sizes).elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return Tensor.of(values, sizes).to(CUDA);
    }

    private Tensor positions(int bound, long... sizes) {
        long[] values = random.longs(Shape.of(sizes).elements(), 0, bound).toArray();
        return Tensor.of(values, sizes).to(CUDA);
    }

    private static byte[] bytes(Tensor tensor) {
        byte[] bytes = new byte[(int) tensor.spec().bytes()];
        tensor.copyTo(MemorySegment.ofArray(bytes));
        return bytes;
    }

    static Stream<Arguments> operationsWithBarriers() {
        return Stream.of(
                Arguments.of(new Reduce(Reduce.Kind.SUM, List.of(0), false), new long[][] {{700, 9}}),
                Arguments.of(new Reduce(Reduce.Kind.SUM, List.of(0, 1), false), new long[][] {{300, 99}}),
                Arguments.of(new ArgReduce(ArgReduce.Kind.ARGMAX, 1, false), new long[][] {{5, 900}}),
                Arguments.of(new Softmax(1, true), new long[][] {{7, 600}}),
                Arguments.of(new Softmax(0, false), new long[][] {{90, 40}}),
                Arguments.of(new Scan(Scan.Kind.CUMSUM, 0, true), new long[][] {{20_000}}),
                Arguments.of(new Sort(0, false), new long[][] {{2500}}),
                Arguments.of(
                        new LayerNormalizationGrad(new LayerNormalization(1, 0.1)),
                        new long[][] {{70, 40}, {70, 40}, {70}, {70}, {40}}));
    }

    /** What threads of a block leave for others is there, in whatever order they run. */
    @ParameterizedTest
    @MethodSource("operationsWithBarriers")
    void sameBitsInAnyOrderOfThreads(Op op, long[][] shapes) {
        Tensor[] operands = Arrays.stream(shapes).map(this::floats).toArray(Tensor[]::new);
        byte[][] expected = run(op, operands);
        for (HostDriver.Order order : HostDriver.Order.values()) {
            HostCudaProvider.driver().order(order);
            assertThat(run(op, operands)).as("%s", order).isDeepEqualTo(expected);
        }
    }

    private static byte[][] run(Op op, Tensor[] operands) {
        return Arrays.stream(Tensor.applyAll(op, operands))
                .map(LaunchesOnHostTest::bytes)
                .toArray(byte[][]::new);
    }

    /** Kernels stride over what their threads don't cover. */
    @ParameterizedTest
    @MethodSource("operationsWithBarriers")
    void oneThreadDoesTheWorkOfAll(Op op, long[][] shapes) {
        Tensor[] operands = Arrays.stream(shapes).map(this::floats).toArray(Tensor[]::new);
        Tensor[] expected = Tensor.applyAll(op, operands);
        HostCudaProvider.driver().oneThread(true);
        Tensor[] results = Tensor.applyAll(op, operands);
        for (int i = 0; i < results.length; i++) {
            assertNearOfLargest(
                    results[i], expected[i].to(DType.F64).toDoubleArray(), 1e-4, 0, "result " + i + " of " + op);
        }
    }

    /** Bounds of integers come as doubles, in which the greatest long is 2^63. */
    @Test
    void boundsBeyondLongAreTheNearestLong() {
        Tensor x = Tensor.of(new long[] {-5, 0, 7, Long.MAX_VALUE}).to(CUDA);
        assertThat(x.clamp(0L, Long.MAX_VALUE).toLongArray()).containsExactly(0, 0, 7, Long.MAX_VALUE);
        assertThat(x.clamp(Long.MIN_VALUE, 3L).toLongArray()).containsExactly(-5, 0, 3, 3);
    }

    @Test
    void longLinesAreSortedStably() {
        int n = 3000;
        float[] values = new float[2 * n];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(50) == 0 ? Float.NaN : random.nextInt(100) - 50;
        }
        long[] positions = Tensor.of(values, 2, n).to(CUDA).argsort(1, true).toLongArray();
        for (int line = 0; line < 2; line++) {
            int first = line * n;
            Comparator<Integer> largestFirst = (a, b) -> Float.compare(values[first + b], values[first + a]);
            long[] expected = IntStream.range(0, n)
                    .boxed()
                    .sorted(largestFirst)
                    .mapToLong(i -> i)
                    .toArray();
            assertThat(Arrays.copyOfRange(positions, first, first + n)).isEqualTo(expected);
        }
    }

    @Test
    void longIntegersAreSortedByAllTheirBits() {
        long[] values = random.longs(2100).toArray();
        Tensor sorted = Tensor.of(values).to(CUDA).sort(0, false).values();
        assertThat(sorted.toLongArray())
                .isEqualTo(Arrays.stream(values).sorted().toArray());
    }

    @Test
    void sumOfAMillionElementsIsMadeInParts() {
        Tensor x = Tensor.arange(1 << 20, DType.I64, CUDA);
        long launches = HostCudaProvider.driver().launches();
        assertThat(x.sum().itemLong()).isEqualTo(((1L << 20) - 1) << 19);
        assertThat(HostCudaProvider.driver().launches() - launches).isEqualTo(2);
    }

    @Test
    void longLineIsScannedInParts() {
        Tensor x = Tensor.full(1, DType.I32, CUDA, 2, 70_001);
        long[] sums = x.cumsum(1).toLongArray();
        for (int i = 0; i < sums.length; i++) {
            assertThat(sums[i]).isEqualTo(i % 70_001 + 1);
        }
    }

    @Test
    void transposedMatricesAreCopiedByTiles() {
        Tensor x = Tensor.arange(3 * 5 * 40 * 70, DType.I32, CUDA).reshape(3, 5, 40, 70);
        assertThat(x.permute(1, 3, 0, 2).contiguous().to(Device.CPU).toIntArray())
                .isEqualTo(x.to(Device.CPU).permute(1, 3, 0, 2).contiguous().toIntArray());
    }

    @Test
    void moreDimensionsThanAKernelTakes() {
        long[] twos = new long[10];
        Arrays.fill(twos, 2);
        int[] reverse = IntStream.range(0, 10).map(d -> 9 - d).toArray();
        Tensor x = floats(twos);
        Tensor host = x.to(Device.CPU);
        assertThat(x.permute(reverse).add(x).toFloatArray())
                .isEqualTo(host.permute(reverse).add(host).toFloatArray());
        assertThat(x.permute(reverse).sum(0, 2, 4, 6, 8).toFloatArray())
                .containsExactly(host.permute(reverse).sum(0, 2, 4, 6, 8).toFloatArray(), within(1e-5f));
    }

    @Test
    void slicesOfManyPositionsAreAddedInTheirOrder() {
        Tensor slices = floats(3000, 70);
        Tensor index = positions(50, 3000);
        Tensor sums = Tensor.apply(new IndexAdd(0, 50), slices, index);
        Tensor host = Tensor.apply(new IndexAdd(0, 50), slices.to(Device.CPU), index.to(Device.CPU));
        assertThat(sums.toFloatArray()).isEqualTo(host.toFloatArray());
    }

    /** Merged with the other, 4 would be a place in the next row. */
    @Test
    void ofSeveralIndexTensorsEachIsCheckedInItsDimension() {
        Tensor x = floats(2, 3);
        float[] all = x.toFloatArray();
        Tensor rows = Tensor.of(new long[] {1, -2}, 2).to(CUDA);
        Tensor picked = x.index(rows, Tensor.of(new long[] {-1, 0}, 2).to(CUDA));
        assertThat(picked.toFloatArray()).containsExactly(all[5], all[0]);
        Tensor columns = Tensor.of(new long[] {0, 4}, 2).to(CUDA);
        assertThatThrownBy(() -> x.index(rows, columns).toFloatArray())
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("outside");
    }

    /** Equal positions that fill segments, or just don't, at both ends and in the middle; halves are summed exactly. */
    @ParameterizedTest
    @ValueSource(ints = {127, 128, 129, 255, 256, 300, 511, 700})
    void manyEqualPositionsAreSummedInSegments(int equal) {
        for (int before : new int[] {0, 1, 100, 128, 200}) {
            long[] index = new long[before + equal + 150];
            Arrays.fill(index, 0, before, 1);
            Arrays.fill(index, before, before + equal, 2);
            Arrays.setAll(index, i -> i < before + equal ? index[i] : 3 + i % 7);
            float[] values = new float[index.length * 3];
            for (int i = 0; i < values.length; i++) {
                values[i] = (random.nextInt(65) - 32) / 2f;
            }
            Tensor slices = Tensor.of(values, index.length, 3);
            IndexAdd add = new IndexAdd(0, 12);
            Tensor expected = Tensor.apply(add, slices, Tensor.of(index));
            Tensor sums = Tensor.apply(add, slices.to(CUDA), Tensor.of(index).to(CUDA));
            assertThat(sums.toFloatArray()).as("%d after %d", equal, before).isEqualTo(expected.toFloatArray());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "F64", "I32"})
    void manyEqualPositionsOfSeveralTypesAndLines(DType dtype) {
        long[] index = new long[1500];
        Arrays.setAll(index, i -> i % 5 == 0 ? i % 3 : 3);
        IndexAdd add = new IndexAdd(1, 4);
        // small whole numbers: sums are exact in F16 too
        Tensor whole = floats(2, 1500, 3).clamp(-2, 2).round().to(dtype);
        Tensor expected = Tensor.apply(add, whole.to(Device.CPU), Tensor.of(index));
        assertThat(Tensor.apply(add, whole, Tensor.of(index).to(CUDA))
                        .to(DType.F64)
                        .toDoubleArray())
                .isEqualTo(expected.to(DType.F64).toDoubleArray());
        Tensor[] operands = {
            floats(2, 1500, 3).mul(8).to(dtype), Tensor.of(index).to(CUDA)
        };
        double[] sums = Tensor.apply(add, operands).to(DType.F64).toDoubleArray();
        for (HostDriver.Order order : HostDriver.Order.values()) {
            HostCudaProvider.driver().order(order);
            assertThat(Tensor.apply(add, operands).to(DType.F64).toDoubleArray())
                    .isEqualTo(sums);
        }
    }

    /** Rows in whole packs and not, in registers and too long for them, of several packs a thread. */
    @ParameterizedTest
    @CsvSource({
        "F32, 2, 1100",
        "F32, 3, 4097",
        "F32, 2, 5000",
        "BF16, 2, 2056",
        "F16, 2, 4100",
        "F64, 2, 2050",
        "F32, 70, 3"
    })
    void rowsOfAllLengths(DType dtype, int rows, int n) {
        Tensor x = floats(rows, n).to(dtype);
        Tensor g = floats(rows, n).to(dtype);
        Tensor weight = floats(n).to(dtype);
        Tensor classes = positions(n, rows);
        double tolerance = dtype == DType.F64 ? 1e-12 : dtype == DType.F32 ? 1e-5 : dtype == DType.F16 ? 2e-3 : 0.02;
        for (boolean log : new boolean[] {false, true}) {
            Softmax softmax = new Softmax(1, log);
            Tensor y = asOnTheCpu(softmax, tolerance, x)[0];
            asOnTheCpu(new SoftmaxGrad(softmax), tolerance, g, y);
        }
        LayerNormalization norm = new LayerNormalization(1, 0.1);
        Tensor[] normalized =
                asOnTheCpu(norm, tolerance, x, weight, g.narrow(0, 0, 1).reshape(n));
        asOnTheCpu(new LayerNormalizationGrad(norm), tolerance, g, x, normalized[1], normalized[2], weight);
        for (double smoothing : new double[] {0, 0.1}) {
            CrossEntropy loss = new CrossEntropy(Reduction.MEAN, -100, smoothing);
            Tensor[] losses = asOnTheCpu(loss, tolerance, x, classes, weight.abs());
            asOnTheCpu(new CrossEntropyGrad(loss), tolerance, losses[0], losses[1], classes, weight.abs());
        }
    }

    /** Results on the device, after they are found to be those of the CPU. */
    private static Tensor[] asOnTheCpu(Op op, double tolerance, Tensor... operands) {
        Tensor[] results = Tensor.applyAll(op, operands);
        Tensor[] expected = Tensor.applyAll(
                op, Arrays.stream(operands).map(x -> x.to(Device.CPU)).toArray(Tensor[]::new));
        for (int i = 0; i < results.length; i++) {
            double[] want = expected[i].to(DType.F64).toDoubleArray();
            assertNearOfLargest(results[i], want, tolerance, 1e-3, "result " + i + " of " + op);
        }
        return results;
    }

    @Test
    void positionThatNoElementHasIsFoundWhenAResultIsRead() {
        Tensor x = floats(5, 3);
        Tensor picked = x.indexSelect(0, Tensor.of(4L, 5L).to(CUDA));
        assertThatThrownBy(picked::toFloatArray)
                .isInstanceOf(TensorException.class)
                .hasMessage("index_select: position 5 is outside a dimension of size 5; check the indices");
        assertThat(x.indexSelect(0, Tensor.of(4L).to(CUDA)).toFloatArray()).hasSize(3);
        assertThatThrownBy(() ->
                        x.crossEntropy(Tensor.of(0L, 1L, 2L, -1L, 0L).to(CUDA)).item())
                .hasMessage("cross_entropy: class -1 is not one of 3, counted from 0; check the classes");
    }

    @Test
    void memoryAndWhatIsFreeOfItAreDescribed() {
        Tensor held = floats(1 << 10);
        long free = (64L << 30) - HostCudaProvider.driver().used();
        assertThat(Backends.of(held.device()).describe().details())
                .containsEntry("memory", "65536 MiB")
                .containsEntry("free memory", free / (1 << 20) + " MiB");
    }

    @Test
    void manyParametersTakeFewLaunches() {
        int parameters = 100;
        Tensor[] operands = new Tensor[4 * parameters];
        Tensor[] host = new Tensor[operands.length];
        for (int i = 0; i < operands.length; i++) {
            operands[i] = floats(1 + i / 4 * 30L).square().add(0.5);
            host[i] = operands[i].to(Device.CPU);
        }
        Update step = new Update.AdamStep(0.1, 0.9, 0.99, 1e-8, 0.01, true, 3);
        long launches = HostCudaProvider.driver().launches();
        Storage.update(step, changed(operands), operands);
        assertThat(HostCudaProvider.driver().launches() - launches).isEqualTo(2);
        Storage.update(step, changed(host), host);
        for (int i = 0; i < operands.length; i++) {
            assertNear(operands[i], host[i].to(DType.F64).toDoubleArray(), 1e-5, "operand " + i);
        }
    }

    private static Tensor[] changed(Tensor[] operands) {
        return IntStream.range(0, operands.length)
                .filter(i -> i % 4 != 1)
                .mapToObj(i -> operands[i])
                .toArray(Tensor[]::new);
    }

    @Test
    void doublesRoundOnceToBfloat16() {
        double tie = 1 + 0x1p-8;
        Tensor x = Tensor.of(tie, tie + 0x1p-40, tie - 0x1p-40, 1 + 3 * 0x1p-8, 1e40, -0.0, Double.NaN)
                .to(CUDA);
        assertThat(x.to(DType.BF16).to(DType.F64).toDoubleArray())
                .containsExactly(1, 1 + 0x1p-7, 1, 1 + 0x1p-6, Double.POSITIVE_INFINITY, -0.0, Double.NaN);
    }

    /** A number that rounds to 1 is rare: every 512th in BF16. */
    @ParameterizedTest
    @EnumSource(names = {"F16", "BF16", "F32", "F64"})
    void uniformNumbersStayBelowOneInEveryType(DType dtype) {
        Source.Random uniform =
                new Source.Random(Source.Distribution.UNIFORM, 3, 5, 0, 0, new TensorSpec(dtype, Shape.of(10_001)));
        Tensor drawn = Tensor.create(uniform, CUDA);
        assertThat(bytes(drawn)).isEqualTo(bytes(Tensor.create(uniform, Device.CPU)));
        assertThat(drawn.to(DType.F64).amax().item()).isBetween(0.99, Math.nextDown(1.0));
    }
}
