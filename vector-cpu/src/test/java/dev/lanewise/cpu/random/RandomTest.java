package dev.lanewise.cpu.random;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.random;

import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.op.Source;
import dev.lanewise.tensor.op.Source.Distribution;
import dev.lanewise.tensor.op.sequence.RandomDropout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RandomTest {
    private static final long[] SIZES = {1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 1000, 9001};
    private static final long[][] STREAMS = {{0, 0}, {42, 7}, {-1, -5}, {0x123456789ABCDEFL, 0xFFFFFFFFL}};

    @Test
    void uniformNumbersHaveTheBitsOfTheOracle() {
        each(Distribution.UNIFORM, DType.F32, 0, 0, 0);
        each(Distribution.UNIFORM, DType.F64, 0, 0, 0);
    }

    @Test
    void normalNumbersEqualTheOracle() {
        each(Distribution.NORMAL, DType.F32, 0, 0, 1e-6);
        each(Distribution.NORMAL, DType.F64, 0, 0, 1e-14);
    }

    @Test
    void integersEqualTheOracle() {
        for (DType dtype : DType.INTEGERS) {
            each(Distribution.INTEGER, dtype, 0, 100, 0);
            each(Distribution.INTEGER, dtype, -5, 3, 0);
        }
        each(Distribution.INTEGER, DType.I64, Long.MIN_VALUE, Long.MAX_VALUE, 0);
    }

    private static void each(Distribution distribution, DType dtype, long a, long b, double tolerance) {
        for (long n : SIZES) {
            for (long[] stream : STREAMS) {
                TensorSpec spec = new TensorSpec(dtype, Shape.of(n));
                Source.Random op = new Source.Random(distribution, stream[0], stream[1], a, b, spec);
                check(op, (in, out) -> RandomSource.run(op, in, out), tolerance);
            }
        }
    }

    @Test
    void dropoutEqualsItsDecomposition() {
        Random random = new Random(7);
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (Layout layout : Layout.values()) {
                for (double p : new double[] {0, 0.1, 0.25, 0.5, 0.9, 1}) {
                    for (long n : SIZES) {
                        RandomDropout op = new RandomDropout(p, 11, n);
                        check(op, (in, out) -> Dropouts.run(op, in, out), 1e-6, random(random, dtype, layout, n, 2));
                    }
                }
            }
        }
    }
}
