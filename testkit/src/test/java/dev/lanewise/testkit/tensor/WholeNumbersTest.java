package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.elementwise.Compare;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tensors of integers beside numbers: exact, or refused. */
final class WholeNumbersTest {
    private static final double[] NUMBERS = {
        0,
        -0.0,
        0.5,
        -0.5,
        1,
        1.5,
        -1,
        2,
        127,
        127.5,
        128,
        -128,
        -128.5,
        -129,
        255,
        255.5,
        256,
        1e9,
        0x1p31,
        -0x1p31,
        -0x1p31 - 1,
        0x1p53,
        0x1p53 + 2,
        0x1p62,
        0x1p63,
        -0x1p63,
        -0x1.0p64,
        1e30,
        -1e30,
        1e-30,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN
    };

    private static final long BEYOND = (1L << 53) + 1;

    private static long[] elements(DType dtype) {
        return switch (dtype) {
            case I8 -> new long[] {-128, -1, 0, 1, 2, 127};
            case U8 -> new long[] {0, 1, 2, 127, 128, 255};
            case I32 -> new long[] {Integer.MIN_VALUE, -1, 0, 1, 2, 255, Integer.MAX_VALUE};
            case I64 -> new long[] {Long.MIN_VALUE, -1, 0, 1, 2, BEYOND - 1, BEYOND, BEYOND + 1, Long.MAX_VALUE};
            default -> new long[] {0, 1};
        };
    }

    private static Tensor tensor(DType dtype) {
        return Tensor.of(elements(dtype)).to(dtype);
    }

    private static boolean holds(Compare op, long x, double v) {
        if (Double.isNaN(v)) {
            return op == Compare.NE;
        }
        int sign =
                Double.isInfinite(v) ? (v > 0 ? -1 : 1) : BigDecimal.valueOf(x).compareTo(new BigDecimal(v));
        return op.test(sign, 0);
    }

    private static Tensor compare(Compare op, Tensor x, double v) {
        return switch (op) {
            case EQ -> x.eq(v);
            case NE -> x.ne(v);
            case LT -> x.lt(v);
            case LE -> x.le(v);
            case GT -> x.gt(v);
            case GE -> x.ge(v);
        };
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"I8", "U8", "I32", "I64", "BOOL"})
    void comparisonsAreExact(DType dtype) {
        Tensor x = tensor(dtype);
        for (Compare op : Compare.values()) {
            for (double v : NUMBERS) {
                boolean[] expected = new boolean[elements(dtype).length];
                for (int i = 0; i < expected.length; i++) {
                    expected[i] = holds(op, elements(dtype)[i], v);
                }
                assertThat(compare(op, x, v).toBooleanArray())
                        .as(dtype + " " + op + " " + v)
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"I8", "U8", "I32", "I64", "BOOL"})
    void integersAreFinite(DType dtype) {
        Tensor x = tensor(dtype);
        assertThat(x.isFinite().toBooleanArray()).containsOnly(true);
        assertThat(x.isInfinite().toBooleanArray()).containsOnly(false);
        assertThat(x.isNan().toBooleanArray()).containsOnly(false);
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"I8", "U8", "I32", "I64"})
    void numbersThatAreNoElementsAreRefused(DType dtype) {
        Tensor x = tensor(dtype);
        for (double v : NUMBERS) {
            boolean element =
                    v == Math.rint(v) && holds(Compare.LE, least(dtype), v) && holds(Compare.GE, most(dtype), v);
            List<ThrowingCallable> calls = List.of(
                    () -> x.add(v),
                    () -> x.sub(v),
                    () -> x.rsub(v),
                    () -> x.mul(v),
                    () -> x.floorDiv(v),
                    () -> x.remainder(v),
                    () -> x.maskedFill(x.eq(0), v),
                    () -> x.pad(v, 1, 1));
            for (ThrowingCallable call : calls) {
                if (element) {
                    assertThat(catchThrowable(call)).isNull();
                } else {
                    assertThatThrownBy(call)
                            .as(dtype + " " + v)
                            .isInstanceOf(TensorException.class)
                            .hasMessageContaining("cast");
                }
            }
        }
        if (most(dtype) < Long.MAX_VALUE) {
            assertThatThrownBy(() -> x.pad(most(dtype) + 1, 1, 1)).hasMessageContaining("pad: the number");
        }
        assertThatThrownBy(() -> x.clamp(0.5, 2)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> x.clamp(Double.NaN, 2)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> x.clamp(Double.POSITIVE_INFINITY, 2)).isInstanceOf(TensorException.class);
        assertThat(x.clamp(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY).toLongArray())
                .isEqualTo(x.toLongArray());
    }

    private static long least(DType dtype) {
        return elements(dtype)[0];
    }

    private static long most(DType dtype) {
        return elements(dtype)[elements(dtype).length - 1];
    }

    @Test
    void integersBeyondDoubleAreExact() {
        Tensor x = Tensor.of(new long[] {0, 1, BEYOND});
        assertThat(x.add(BEYOND).toLongArray()).containsExactly(BEYOND, BEYOND + 1, 2 * BEYOND);
        assertThat(x.sub(BEYOND).toLongArray()).containsExactly(-BEYOND, 1 - BEYOND, 0);
        assertThat(x.rsub(BEYOND).toLongArray()).containsExactly(BEYOND, BEYOND - 1, 0);
        assertThat(x.mul(BEYOND).toLongArray()).containsExactly(0, BEYOND, 2 * BEYOND - 1);
        assertThat(x.eq(BEYOND).toBooleanArray()).containsExactly(false, false, true);
        assertThat(x.lt(BEYOND).toBooleanArray()).containsExactly(true, true, false);
        assertThat(x.floorDiv(BEYOND).toLongArray()).containsExactly(0, 0, 1);
        assertThat(x.remainder(BEYOND).toLongArray()).containsExactly(0, 1, 0);
        assertThat(x.clamp(BEYOND - 2, BEYOND).toLongArray()).containsExactly(BEYOND - 2, BEYOND - 2, BEYOND);
        assertThat(x.clamp(BEYOND, Long.MAX_VALUE).toLongArray()).containsExactly(BEYOND, BEYOND, BEYOND);
        assertThat(x.maskedFill(x.eq(0), BEYOND).toLongArray()).containsExactly(BEYOND, 1, BEYOND);
        assertThat(x.pad(BEYOND, 1, -1).toLongArray()).containsExactly(BEYOND, 0, 1);
        assertThat(x.pad(Long.MIN_VALUE + 1, 0, 1).toLongArray()).containsExactly(0, 1, BEYOND, Long.MIN_VALUE + 1);
        assertThat(Tensor.full(BEYOND, DType.I64, Device.CPU, 1).itemLong()).isEqualTo(BEYOND);
    }

    @Test
    void rangesBeyondDoubleAreExact() {
        assertThat(Tensor.arange(BEYOND, BEYOND + 6, 2, DType.I64, Device.CPU).toLongArray())
                .isEqualTo(LongStream.of(BEYOND, BEYOND + 2, BEYOND + 4).toArray());
        assertThat(Tensor.arange(Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, DType.I64, Device.CPU)
                        .toLongArray())
                .containsExactly(Long.MIN_VALUE, -1, Long.MAX_VALUE - 1);
        assertThat(Tensor.arange(5, 5, 1, DType.I64, Device.CPU).toLongArray()).isEmpty();
        assertThatThrownBy(() -> Tensor.arange(BEYOND, 0, 1, DType.I64, Device.CPU))
                .isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Tensor.arange(0, 300, 1, DType.I8, Device.CPU)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Tensor.arange(0, Double.NaN, 1, DType.F32, Device.CPU))
                .isInstanceOf(TensorException.class);
    }

    @Test
    void classesOutsideAreRefused() {
        assertThat(Tensor.of(new long[] {0, 2}).oneHot(3).toLongArray()).containsExactly(1, 0, 0, 0, 0, 1);
        assertThatThrownBy(() -> Tensor.of(new long[] {0, 3}).oneHot(3)).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> Tensor.of(new long[] {-1}).oneHot(3)).isInstanceOf(TensorException.class);
        assertThat(Tensor.of(new long[0]).oneHot(3).shape().elements()).isZero();
    }

    @Test
    void anyByteButZeroIsTrue() {
        Tensor truth = Tensor.of(MemorySegment.ofArray(new byte[] {0, 1, 2, -1}), DType.BOOL, 4);
        assertThat(truth.to(DType.I64).toLongArray()).containsExactly(0, 1, 1, 1);
        assertThat(truth.not().toBooleanArray()).containsExactly(true, false, false, false);
        assertThat(truth.eq(Tensor.of(false, true, true, true)).toBooleanArray())
                .containsOnly(true);
    }

    @Test
    void quotientsAreRoundedDownExactly() {
        Tensor a = Tensor.of(1.0, -1, 1, -1, 7, -7, 0.3, -0.0, 1);
        Tensor b = Tensor.of(0.1, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, 0.1, -2, 2, 0.1, 1, 0);
        assertThat(a.floorDiv(b).toDoubleArray())
                .containsExactly(9, -1, 0, -10, -4, -4, 2, -0.0, Double.POSITIVE_INFINITY);
        assertThat(Tensor.of(-4.0, 4, -1)
                        .remainder(Tensor.of(2.0, -2, Double.POSITIVE_INFINITY))
                        .toDoubleArray())
                .containsExactly(0.0, -0.0, Double.POSITIVE_INFINITY);
    }

    @Test
    void numbersOfAnyClassFillExactly() {
        BigInteger huge = BigInteger.ONE.shiftLeft(64).add(BigInteger.valueOf(5));
        Number[] fractions = {new BigDecimal("0.25"), 0.25f, new DoubleAdder()};
        ((DoubleAdder) fractions[2]).add(0.25);
        for (Number fraction : fractions) {
            assertThat(Tensor.full(fraction, DType.F64, Device.CPU).item()).isEqualTo(0.25);
            assertThat(Tensor.full(fraction, DType.I64, Device.CPU).itemLong()).isZero();
        }
        Number[] whole = {BEYOND, new AtomicLong(BEYOND), BigInteger.valueOf(BEYOND), new BigDecimal(BEYOND)};
        for (Number number : whole) {
            assertThat(Tensor.full(number, DType.I64, Device.CPU).itemLong()).isEqualTo(BEYOND);
        }
        assertThat(Tensor.full(huge, DType.F64, Device.CPU).item()).isEqualTo(0x1p64);
        for (Number number : new Number[] {huge, huge.negate(), new BigDecimal("1e30"), new BigDecimal("-1e30")}) {
            assertThatThrownBy(() -> Tensor.full(number, DType.I64, Device.CPU))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("is not an element of I64");
        }
    }

    @Test
    void integersHaveWholePowers() {
        assertThat(Tensor.of(3037000499L, -3L, 0L).pow(2).toLongArray()).containsExactly(9223372030926249001L, 9, 0);
        assertThat(Tensor.of(1, -1, 2, 0).pow(-3).toLongArray()).containsExactly(1, -1, 0, 0);
        assertThat(Tensor.of(3L).pow(39).itemLong()).isEqualTo(4052555153018976267L);
        assertThat(Tensor.of(2f, -3f).pow(3).toFloatArray()).containsExactly(8, -27);
        assertThat(Tensor.of((byte) -2).pow(0).dtype()).isEqualTo(DType.I8);
        assertThatThrownBy(() -> Tensor.of((byte) 1).pow(300)).hasMessageContaining("300 is not an element of I8");
    }

    @Test
    void rangesHoldWhatTheirTypeHolds() {
        assertThat(Tensor.arange(256, DType.U8, Device.CPU).amax().itemLong()).isEqualTo(255);
        assertThatThrownBy(() -> Tensor.arange(257, DType.U8, Device.CPU))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("arange: the number 256 is not an element of U8");
        assertThatThrownBy(() -> Tensor.arange(0, 300, 299, DType.I8, Device.CPU))
                .hasMessageStartingWith("arange: ");
    }

    @Test
    void whatIsNoArrayIsNamed() {
        for (Object wrong : new Object[] {"text", List.of(1), 1, new Integer[] {1}, new short[] {1}}) {
            assertThatThrownBy(() -> Tensor.of(wrong))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("of: can't read " + wrong.getClass().getSimpleName());
        }
        assertThatThrownBy(() -> Tensor.of(new double[][] {{1}, null})).hasMessageContaining("null and 1");
    }
}
