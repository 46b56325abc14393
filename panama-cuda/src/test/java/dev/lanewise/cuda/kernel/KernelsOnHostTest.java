package dev.lanewise.cuda.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.op.Philox;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels whose work one thread can do, run on the host on small tensors. */
class KernelsOnHostTest {
    @TempDir
    Path folder;

    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
    }

    private SymbolLookup compile(KernelSource source) throws Exception {
        return HostCompiler.compile(source.code(), folder, arena);
    }

    private MemorySegment floats(float... values) {
        return arena.allocateFrom(JAVA_FLOAT, values);
    }

    private MemorySegment longs(long... values) {
        return arena.allocateFrom(JAVA_LONG, values);
    }

    @Test
    void randomNumbersAreThoseOfPhilox() throws Throwable {
        MethodHandle uniform = HostCompiler.function(
                compile(KernelTemplates.random(DType.F32)),
                "uniform",
                FunctionDescriptor.ofVoid(JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));
        MemorySegment out = arena.allocate(JAVA_FLOAT, 10);
        long seed = 0x123456789ABCDEFL;
        uniform.invokeExact(10L, out, seed, 5L);
        for (int i = 0; i < 10; i++) {
            long block = 5L + i / 4;
            long pair = i % 4 < 2 ? Philox.low(seed, block) : Philox.high(seed, block);
            int word = (int) (i % 2 == 0 ? pair : pair >>> 32);
            assertThat(out.getAtIndex(JAVA_FLOAT, i)).isEqualTo((word >>> 8) * 0x1p-24f);
        }
    }

    @Test
    void dropoutScalesWhatSurvives() throws Throwable {
        MethodHandle dropout = HostCompiler.function(
                compile(KernelTemplates.random(DType.F32)),
                "dropout",
                FunctionDescriptor.ofVoid(JAVA_LONG, ADDRESS, ADDRESS, JAVA_DOUBLE, JAVA_LONG, JAVA_LONG));
        MemorySegment x = floats(1, 2, 3, 4, 5, 6);
        MemorySegment y = arena.allocate(JAVA_FLOAT, 6);
        dropout.invokeExact(6L, x, y, 0.5, 42L, 0L);
        for (int i = 0; i < 6; i++) {
            long pair = i % 4 < 2 ? Philox.low(42, i / 4) : Philox.high(42, i / 4);
            int word = (int) (i % 2 == 0 ? pair : pair >>> 32);
            assertThat(y.getAtIndex(JAVA_FLOAT, i)).isEqualTo((word >>> 8) * 0x1p-24f >= 0.5f ? 2 * (i + 1) : 0);
        }
    }

    @Test
    void doubleRoundsOnceToBfloat16() throws Throwable {
        MethodHandle dense = HostCompiler.function(
                HostCompiler.compile(
                        KernelTemplates.cast(DType.F64, DType.BF16).code()
                                + "extern \"C\" void run(i64 n, const double* x, bf16* y) {\n"
                                + "Operands in = {x, x, x, 0, 0};\ndense(n, y, in);\n}\n",
                        folder,
                        arena),
                "run",
                FunctionDescriptor.ofVoid(JAVA_LONG, ADDRESS, ADDRESS));
        double tie = 1 + 0x1p-8;
        MemorySegment x = arena.allocateFrom(
                JAVA_DOUBLE, tie, tie + 0x1p-40, tie - 0x1p-40, 1 + 3 * 0x1p-8, 1e40, -0.0, Double.NaN);
        MemorySegment y = arena.allocate(JAVA_SHORT, 7);
        dense.invokeExact(7L, x, y);
        assertThat(y.toArray(JAVA_SHORT))
                .startsWith(
                        (short) 0x3F80, (short) 0x3F81, (short) 0x3F80, (short) 0x3F82, (short) 0x7F80, (short) 0x8000);
        assertThat(Float.intBitsToFloat(y.getAtIndex(JAVA_SHORT, 6) << 16)).isNaN();
    }

    @Test
    void softmaxAndItsGradientAlongAMiddleDimension() throws Throwable {
        SymbolLookup lookup = compile(KernelTemplates.softmax(true, DType.F32));
        MethodHandle softmax = HostCompiler.function(
                lookup, "softmax", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS));
        MethodHandle grad = HostCompiler.function(
                lookup,
                "softmax_grad",
                FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS));
        // [1, 3, 2]: two rows of three, interleaved
        MemorySegment x = floats(1, 100, 2, 101, 3, 103);
        MemorySegment y = arena.allocate(JAVA_FLOAT, 6);
        softmax.invokeExact(2L, 3L, 2L, x, y);
        double sum = Math.exp(-2) + Math.exp(-1) + 1;
        assertThat(y.getAtIndex(JAVA_FLOAT, 0)).isCloseTo((float) (-2 - Math.log(sum)), within(1e-6f));
        assertThat(y.getAtIndex(JAVA_FLOAT, 4)).isCloseTo((float) -Math.log(sum), within(1e-6f));
        MemorySegment dx = arena.allocate(JAVA_FLOAT, 6);
        grad.invokeExact(2L, 3L, 2L, floats(1, 0, 0, 0, 0, 0), y, dx);
        assertThat(dx.getAtIndex(JAVA_FLOAT, 0)).isCloseTo((float) (1 - Math.exp(-2) / sum), within(1e-6f));
        assertThat(dx.getAtIndex(JAVA_FLOAT, 2)).isCloseTo((float) (-Math.exp(-1) / sum), within(1e-6f));
        assertThat(dx.getAtIndex(JAVA_FLOAT, 1)).isZero();
    }

    @Test
    void layerNormOfARow() throws Throwable {
        MethodHandle layerNorm = HostCompiler.function(
                compile(KernelTemplates.layerNorm(DType.F32)),
                "layer_norm",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        MemorySegment y = arena.allocate(JAVA_FLOAT, 4);
        MemorySegment mean = arena.allocate(JAVA_FLOAT, 1);
        MemorySegment reciprocal = arena.allocate(JAVA_FLOAT, 1);
        layerNorm.invokeExact(
                1L, 4L, 0.0, floats(1, 2, 3, 6), floats(1, 1, 2, 1), floats(0, 0, 0, 1), y, mean, reciprocal);
        float r = (float) (1 / Math.sqrt(3.5));
        assertThat(mean.get(JAVA_FLOAT, 0)).isEqualTo(3);
        assertThat(reciprocal.get(JAVA_FLOAT, 0)).isCloseTo(r, within(1e-6f));
        assertThat(y.toArray(JAVA_FLOAT)).containsExactly(new float[] {-2 * r, -r, 0, 3 * r + 1}, within(1e-6f));
    }

    @Test
    void slicesAreAddedInTheOrderOfThePositions() throws Throwable {
        SymbolLookup lookup = compile(KernelTemplates.indexing(DType.F32));
        FunctionDescriptor descriptor =
                FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS);
        MethodHandle select = HostCompiler.function(lookup, "index_select", descriptor);
        MethodHandle add = HostCompiler.function(lookup, "index_add", descriptor);
        MemorySegment positions = longs(2, 0, 2);
        MemorySegment picked = arena.allocate(JAVA_FLOAT, 6);
        select.invokeExact(1L, 3L, 2L, 3L, floats(1, 2, 3, 4, 5, 6), positions, picked);
        assertThat(picked.toArray(JAVA_FLOAT)).containsExactly(5, 6, 1, 2, 5, 6);
        MemorySegment sums = arena.allocate(JAVA_FLOAT, 6);
        add.invokeExact(1L, 3L, 2L, 3L, picked, positions, sums);
        assertThat(sums.toArray(JAVA_FLOAT)).containsExactly(1, 2, 0, 0, 10, 12);
    }

    @Test
    void crossEntropyIgnoresWeighsAndSmooths() throws Throwable {
        MethodHandle rows = HostCompiler.function(
                compile(KernelTemplates.crossEntropy(DType.F32)),
                "cross_entropy_rows",
                FunctionDescriptor.ofVoid(
                        JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_DOUBLE, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
        MemorySegment losses = arena.allocate(JAVA_FLOAT, 2);
        MemorySegment weights = arena.allocate(JAVA_FLOAT, 2);
        rows.invokeExact(2L, 2L, -100L, 0.5, floats(-1, -2, -3, -4), longs(1, -100), floats(2, 3), losses, weights);
        // 0.5 * 3 * 2 for the class, 0.5 / 2 * (2 * 1 + 3 * 2) for all
        assertThat(losses.toArray(JAVA_FLOAT)).containsExactly(5, 0);
        assertThat(weights.toArray(JAVA_FLOAT)).containsExactly(3, 0);
    }

    @Test
    void adamMakesItsFirstStepByTheRate() throws Throwable {
        String call = KernelTemplates.update(DType.F32).code()
                + "extern \"C\" void run(float* p, const float* g, float* m, float* v, i64 n) {\n"
                + "Group group = {p, g, m, v, n};\n"
                + "Adam adam = {0.1, 0.9, 0.999, 1e-8, 0.0, 1 - 0.9, sqrt(1 - 0.999), 0};\nadam_step(&group, adam);\n}\n";
        MethodHandle run = HostCompiler.function(
                HostCompiler.compile(call, folder, arena),
                "run",
                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG));
        MemorySegment p = floats(1, 1);
        run.invokeExact(p, floats(5, -0.01f), floats(0, 0), floats(0, 0), 2L);
        assertThat(p.toArray(JAVA_FLOAT)).containsExactly(new float[] {0.9f, 1.1f}, within(1e-5f));
    }
}
