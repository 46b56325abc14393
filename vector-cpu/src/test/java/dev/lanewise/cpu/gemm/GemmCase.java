package dev.lanewise.cpu.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;

/** Operands of one shape, what the product must be, and what it was. */
final class GemmCase {
    /** Elements before each operand, so that offsets are tested and vectors are not aligned. */
    private static final int LEAD = 3;

    private final GemmShape shape;
    private final boolean isDouble;
    private final Matrix a;
    private final Matrix b;
    private final Matrix c;
    private final Matrix bias;
    private final double[] before;

    GemmCase(Arena arena, GemmShape shape, boolean isDouble, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        this.shape = shape;
        this.isDouble = isDouble;
        this.a = Matrix.random(arena, LEAD + shape.aExtent(), isDouble, random);
        this.b = Matrix.random(arena, LEAD + shape.bExtent(), isDouble, random);
        this.c = Matrix.random(arena, LEAD + shape.cExtent() + LEAD, isDouble, random);
        this.bias = Matrix.random(arena, LEAD + shape.biasExtent(), isDouble, random);
        this.before = values();
    }

    /** Computes C from its first values. */
    void run() {
        for (int i = 0; i < before.length; i++) {
            c.set(i, before[i]);
        }
        Gemm gemm = isDouble ? Gemm.f64(shape) : Gemm.f32(shape);
        long lead = (long) LEAD * a.elementBytes();
        gemm.run(a.segment(), lead, b.segment(), lead, c.segment(), lead, bias.segment(), lead);
    }

    /** All of C, and what lies around it. */
    double[] values() {
        double[] values = new double[(int) (c.segment().byteSize() / c.elementBytes())];
        for (int i = 0; i < values.length; i++) {
            values[i] = c.get(i);
        }
        return values;
    }

    MemorySegment output() {
        return c.segment();
    }

    void check() {
        run();
        double[] expected = expected();
        double unit = isDouble ? Math.ulp(1.0) : Math.ulp(1f);
        double tolerance = unit * (16 + shape.k());
        for (int i = 0; i < expected.length; i++) {
            assertThat(c.get(i))
                    .as("element %d of %s, %s", i, shape, isDouble ? "F64" : "F32")
                    .isCloseTo(expected[i], within(tolerance));
        }
    }

    private double[] expected() {
        double[] expected = before.clone();
        for (int item = 0; item < shape.batch(); item++) {
            for (int i = 0; i < shape.m(); i++) {
                for (int j = 0; j < shape.n(); j++) {
                    int index = (int) (LEAD + item * shape.cBatch() + i * shape.cRow() + j);
                    expected[index] = element(item, i, j, before[index]);
                }
            }
        }
        return expected;
    }

    private double element(int item, int i, int j, double old) {
        double sum = 0;
        for (int p = 0; p < shape.k(); p++) {
            sum += a.get(LEAD + item * shape.aBatch() + i * shape.aRow() + p * shape.aColumn())
                    * b.get(LEAD + item * shape.bBatch() + p * shape.bRow() + j * shape.bColumn());
        }
        double value = shape.alpha() * sum + (shape.beta() == 0 ? 0 : shape.beta() * old);
        double added = switch (shape.bias()) {
            case NONE -> 0;
            case PER_COLUMN -> bias.get(LEAD + j);
            case PER_ROW -> bias.get(LEAD + i);
        };
        return switch (shape.activation()) {
            case NONE -> value + added;
            case RELU -> Math.max(0, value + added);
        };
    }
}
