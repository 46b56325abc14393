package dev.lanewise.cpu.elementwise;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.Species;
import dev.lanewise.cpu.parallel.Workers;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Scope;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import dev.lanewise.tensor.op.elementwise.Binary;
import dev.lanewise.tensor.op.elementwise.Compare;
import dev.lanewise.tensor.op.elementwise.Unary;
import dev.lanewise.tensor.op.elementwise.UnaryWith;
import dev.lanewise.tensor.spi.HostBuffer;
import dev.lanewise.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every elementwise operation, type and layout against the operation's scalar meaning. */
class ElementwiseTest {
    private static final int LANES = Species.F32_LANES;
    private static final int[] SIZES = {0, 1, LANES - 1, LANES, LANES + 1, 2 * LANES + 3, 1000};

    private final int threads = Workers.threads();
    private final Random random = new Random(7);
    private Scope scope;

    @BeforeEach
    void openScope() {
        scope = Scope.open("test");
    }

    @AfterEach
    void closeScope() {
        scope.close();
        Workers.setThreads(threads);
    }

    static Stream<Arguments> unary() {
        return withTypes(Unary.values());
    }

    static Stream<Arguments> binary() {
        return withTypes(Binary.values());
    }

    static Stream<Arguments> compare() {
        return withTypes(Compare.values());
    }

    private static Stream<Arguments> withTypes(Op... ops) {
        return Stream.of(ops).flatMap(op -> op.dtypes().stream().map(dtype -> Arguments.of(op, dtype)));
    }

    @ParameterizedTest
    @MethodSource
    void unary(Unary op, DType dtype) {
        for (int size : SIZES) {
            Tensor x = values(dtype, size);
            Tensor result = x.apply(op);
            if (dtype.isFloating()) {
                double[] a = x.toDoubleArray();
                checkReal(op, result, i -> op.apply(a[i]));
            } else {
                long[] a = x.toLongArray();
                checkInteger(op, result, i -> op.apply(a[i]));
            }
        }
    }

    @ParameterizedTest
    @MethodSource
    void binary(Binary op, DType dtype) {
        for (int size : SIZES) {
            for (Tensor[] pair : pairs(dtype, size)) {
                Tensor result = Tensor.apply(op, pair);
                Tensor left = pair[0].expand(result.shape().toArray());
                Tensor right = pair[1].expand(result.shape().toArray());
                if (dtype.isFloating()) {
                    double[] a = left.toDoubleArray();
                    double[] b = right.toDoubleArray();
                    checkReal(op, result, i -> op.apply(a[i], b[i]));
                } else {
                    long[] a = left.toLongArray();
                    long[] b = right.toLongArray();
                    checkInteger(op, result, i -> op.apply(a[i], b[i]));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource
    void compare(Compare op, DType dtype) {
        for (int size : SIZES) {
            for (Tensor[] pair : pairs(dtype, size)) {
                boolean[] truth = Tensor.apply(op, pair).toBooleanArray();
                Shape shape = Tensor.apply(op, pair).shape();
                double[] a = pair[0].expand(shape.toArray()).toDoubleArray();
                double[] b = pair[1].expand(shape.toArray()).toDoubleArray();
                for (int i = 0; i < truth.length; i++) {
                    assertThat(truth[i]).as("%s %s %s", a[i], op, b[i]).isEqualTo(op.test(a[i], b[i]));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(UnaryWith.Kind.class)
    void withNumbers(UnaryWith.Kind kind) {
        for (DType dtype : new UnaryWith(kind, 2, 3).dtypes()) {
            UnaryWith op = new UnaryWith(kind, dtype.isFloating() ? 0.5 : 2, 3);
            for (int size : SIZES) {
                Tensor x = values(dtype, size);
                Tensor result = x.apply(op);
                if (dtype.isFloating()) {
                    double[] a = x.toDoubleArray();
                    checkReal(op, result, i -> op.apply(a[i]));
                } else {
                    long[] a = x.toLongArray();
                    checkInteger(op, result, i -> op.apply(a[i]));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void whereChooses(DType dtype) {
        for (int size : SIZES) {
            for (Tensor[] pair : pairs(dtype, size)) {
                Shape shape = Shape.broadcast("where", pair[0].shape(), pair[1].shape());
                Tensor truth = values(DType.BOOL, (int) shape.elements()).reshape(shape.toArray());
                Tensor result = truth.where(pair[0], pair[1]);
                boolean[] chosen = truth.expand(result.shape().toArray()).toBooleanArray();
                double[] a = pair[0].expand(result.shape().toArray()).toDoubleArray();
                double[] b = pair[1].expand(result.shape().toArray()).toDoubleArray();
                double[] y = result.toDoubleArray();
                for (int i = 0; i < y.length; i++) {
                    assertThat(y[i]).isEqualTo(chosen[i] ? a[i] : b[i]);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void layoutsOfOneTensorGiveTheSame(DType dtype) {
        Unary op = dtype == DType.BOOL ? Unary.NOT : Unary.SQUARE;
        Tensor x = values(dtype, 4 * 37 * 50).reshape(4, 37, 50);
        List<Tensor> views = List.of(
                x,
                x.permute(2, 0, 1),
                x.permute(1, 2, 0),
                x.transpose(0, 1),
                x.slice(2, 3, 41, 1),
                x.slice(2, 1, 50, 3),
                x.slice(1, 30, 33, 1).permute(0, 2, 1),
                x.slice(2, 0, 1, 1).expand(4, 37, 50),
                x.slice(0, 2, 3, 1).expand(5, 37, 50));
        for (Tensor view : views) {
            double[] dense = view.copy().apply(op).toDoubleArray();
            assertThat(view.apply(op).toDoubleArray()).isEqualTo(dense);
            assertThat(view.copy().toDoubleArray()).isEqualTo(walked(view));
        }
    }

    @Test
    void assignsIntoViewsOfAnyStrides() {
        Tensor target = Tensor.full(-1, DType.F32, Device.CPU, 40, 50);
        Tensor source = values(DType.F32, 40 * 50).reshape(50, 40);
        target.assign(source.transpose(0, 1));
        assertThat(target.toFloatArray())
                .isEqualTo(source.transpose(0, 1).copy().toFloatArray());
        target.transpose(0, 1).slice(0, 5, 45, 2).assign(Tensor.scalar(3));
        float[] values = target.toFloatArray();
        float[] before = source.transpose(0, 1).copy().toFloatArray();
        for (int i = 0; i < values.length; i++) {
            int column = i % 50;
            boolean set = column >= 5 && column < 45 && (column - 5) % 2 == 0;
            assertThat(values[i]).isEqualTo(set ? 3 : before[i]);
        }
    }

    @Test
    void updatesInPlace() {
        Tensor x = values(DType.F32, 1003);
        float[] before = x.toFloatArray();
        Storage.update(Binary.ADD, new Tensor[] {x}, x, x);
        float[] after = x.toFloatArray();
        for (int i = 0; i < after.length; i++) {
            assertThat(after[i]).isEqualTo(2 * before[i]);
        }
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        Tensor x = values(DType.F32, 300_001);
        Tensor row = values(DType.F32, 1000);
        Tensor matrix = x.slice(0, 0, 300_000, 1).reshape(300, 1000);
        List<float[]> results = new ArrayList<>();
        for (int count : new int[] {1, 2, 5}) {
            Workers.setThreads(count);
            results.add(x.apply(Unary.GELU).toFloatArray());
            results.add(matrix.transpose(0, 1).add(row.reshape(1000, 1)).toFloatArray());
        }
        for (int i = 2; i < results.size(); i++) {
            assertThat(results.get(i)).isEqualTo(results.get(i % 2));
        }
    }

    @Test
    void roundingTo16BitsIsToNearestEven() {
        Random bits = new Random(3);
        float[] values = new float[20_000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < 10_000 ? Float.intBitsToFloat(bits.nextInt()) : (float) (bits.nextGaussian() * 1000);
        }
        float[] half = Tensor.of(values).to(DType.F16).toFloatArray();
        float[] brain = Tensor.of(values).to(DType.BF16).toFloatArray();
        for (int i = 0; i < values.length; i++) {
            assertThat(Float.compare(half[i], Float.float16ToFloat(Float.floatToFloat16(values[i]))))
                    .isZero();
            if (Float.isFinite(brain[i])) {
                float above = Float.intBitsToFloat(Float.floatToRawIntBits(brain[i]) + 0x10000);
                float below = Float.intBitsToFloat(Float.floatToRawIntBits(brain[i]) - 0x10000);
                double error = Math.abs((double) values[i] - brain[i]);
                assertThat(error).isLessThanOrEqualTo(Math.abs((double) values[i] - above));
                assertThat(brain[i] == 0 || error <= Math.abs((double) values[i] - below))
                        .isTrue();
            }
        }
        // just above the middle of two halves: by way of a float it would round to even, down
        assertThat(Tensor.of(new double[] {1 + 0x1p-11 + 0x1p-40}, 1)
                        .to(DType.F16)
                        .toDoubleArray())
                .containsExactly(1 + 0x1p-10);
    }

    private static void checkReal(Op op, Tensor result, IntToDoubleFunction expected) {
        double[] y = result.toDoubleArray();
        double relative = switch (result.dtype()) {
            case F64 -> 1e-13;
            case F32 -> 1e-5;
            case F16 -> 1e-3;
            default -> 8e-3;
        };
        for (int i = 0; i < y.length; i++) {
            double exact = expected.applyAsDouble(i);
            boolean overflows = result.dtype() == DType.F16 && Math.abs(exact) >= 65520;
            double e = overflows ? Math.copySign(Double.POSITIVE_INFINITY, exact) : exact;
            boolean same = Double.isNaN(e) ? Double.isNaN(y[i]) : Math.abs(y[i] - e) <= relative * (Math.abs(e) + 0.1);
            assertThat(same || y[i] == e)
                    .as("%s of %s, element %s: %s, expected %s", op, result.spec(), i, y[i], e)
                    .isTrue();
        }
    }

    private static void checkInteger(Op op, Tensor result, IntToLongFunction expected) {
        long[] y = result.toLongArray();
        for (int i = 0; i < y.length; i++) {
            assertThat(y[i])
                    .as("%s of %s, element %s", op, result.spec(), i)
                    .isEqualTo(wrapped(result.dtype(), expected.applyAsLong(i)));
        }
    }

    private static long wrapped(DType dtype, long v) {
        return switch (dtype) {
            case I8 -> (byte) v;
            case U8 -> v & 0xFF;
            case I32 -> (int) v;
            case BOOL -> v & 1;
            default -> v;
        };
    }

    /** Operands of one size in every form of broadcasting. */
    private List<Tensor[]> pairs(DType dtype, int size) {
        Tensor a = values(dtype, size);
        Tensor b = values(dtype, size);
        Tensor one = values(dtype, 1);
        Tensor rows = values(dtype, 3 * size).reshape(3, size);
        Tensor column = values(dtype, 3).reshape(3, 1);
        Tensor tall = values(dtype, 3 * size).reshape(size, 3);
        return List.of(
                new Tensor[] {a, b},
                new Tensor[] {a, one},
                new Tensor[] {one.reshape(), b},
                new Tensor[] {rows, b},
                new Tensor[] {a, rows},
                new Tensor[] {rows, column},
                new Tensor[] {column, a},
                new Tensor[] {rows, tall.transpose(0, 1)},
                new Tensor[] {tall, values(dtype, 3)});
    }

    private Tensor values(DType dtype, int size) {
        if (dtype.isFloating()) {
            return Tensor.of(random.doubles(size, -3, 3).toArray()).to(dtype);
        }
        if (dtype == DType.BOOL) {
            return Tensor.of(random.longs(size, 0, 2).toArray()).to(dtype);
        }
        // mostly small, so that quotients and shifts are of interest, and some that wrap
        long[] values = random.longs(size).map(v -> v % 5 == 0 ? v : v % 12).toArray();
        return Tensor.of(values).to(dtype);
    }

    /** The elements of a view, one by one. */
    private static double[] walked(Tensor view) {
        MemorySegment segment = ((HostBuffer) Storage.buffer(view)).segment();
        double[] memory = Tensor.of(
                        segment, view.dtype(), segment.byteSize() / view.dtype().bytes())
                .toDoubleArray();
        double[] values = new double[(int) view.shape().elements()];
        for (int i = 0; i < values.length; i++) {
            int rest = i;
            long at = Storage.offset(view);
            for (int d = view.shape().rank() - 1; d >= 0; d--) {
                at += rest % view.shape().size(d) * view.stride(d);
                rest /= (int) view.shape().size(d);
            }
            values[i] = memory[(int) at];
        }
        return values;
    }
}
