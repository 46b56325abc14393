package dev.lanewise.cpu.gemm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
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
    private final double[] left;
    private final double[] right;
    private final double[] biases;
    private final double[] before;

    GemmCase(Arena arena, GemmShape shape, boolean isDouble, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        this.shape = shape;
        this.isDouble = isDouble;
        this.a = Matrix.random(
                arena,
                LEAD + extent(shape, shape.m(), shape.aRow(), shape.k(), shape.aColumn(), shape.aBatch()),
                isDouble,
                random);
        this.b = Matrix.random(
                arena,
                LEAD + extent(shape, shape.k(), shape.bRow(), shape.n(), shape.bColumn(), shape.bBatch()),
                isDouble,
                random);
        this.c = Matrix.random(
                arena,
                LEAD + extent(shape, shape.m(), shape.cRow(), shape.n(), 1, shape.cBatch()) + LEAD,
                isDouble,
                random);
        this.bias = Matrix.random(arena, LEAD + Math.max(shape.m(), shape.n()), isDouble, random);
        this.left = a.values();
        this.right = b.values();
        this.biases = bias.values();
        this.before = values();
    }

    /** Computes C from its first values. */
    void run() {
        c.assign(before);
        Plans.of(typed()).run(at(a), at(b), at(bias), at(c));
    }

    /** The same by a product made otherwise. */
    void run(Product product) {
        c.assign(before);
        product.run(at(a), at(b), at(c), at(bias), true);
    }

    private GemmShape typed() {
        return new GemmShape(
                isDouble ? DType.F64 : DType.F32,
                shape.m(),
                shape.n(),
                shape.k(),
                shape.aRow(),
                shape.aColumn(),
                shape.bRow(),
                shape.bColumn(),
                shape.cRow(),
                shape.batch(),
                shape.aBatch(),
                shape.bBatch(),
                shape.cBatch(),
                shape.alpha(),
                shape.beta(),
                shape.bias(),
                shape.activation());
    }

    private static long at(Matrix matrix) {
        return matrix.segment().address() + (long) LEAD * matrix.elementBytes();
    }

    /** Elements from the first to the last of all matrices of an operand, both included. */
    private static long extent(GemmShape shape, long rows, long row, long columns, long column, long step) {
        return rows == 0 || columns == 0 || shape.batch() == 0
                ? 0
                : 1 + (rows - 1) * row + (columns - 1) * column + (shape.batch() - 1) * step;
    }

    /** All of C, and what lies around it. */
    double[] values() {
        return c.values();
    }

    MemorySegment output() {
        return c.segment();
    }

    void check() {
        run();
        double[] expected = expected();
        double unit = isDouble ? Math.ulp(1.0) : Math.ulp(1f);
        double tolerance = unit * (16 + shape.k());
        double[] actual = values();
        for (int i = 0; i < expected.length; i++) {
            // asked first: millions of assertions would take most of the test's time
            if (!(Math.abs(actual[i] - expected[i]) <= tolerance)) {
                assertThat(actual[i])
                        .as("element %d of %s, %s", i, shape, isDouble ? "F64" : "F32")
                        .isCloseTo(expected[i], within(tolerance));
            }
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
        int row = (int) (LEAD + item * shape.aBatch() + i * shape.aRow());
        int column = (int) (LEAD + item * shape.bBatch() + j * shape.bColumn());
        for (int p = 0; p < shape.k(); p++) {
            sum += left[row + p * (int) shape.aColumn()] * right[column + p * (int) shape.bRow()];
        }
        double value = shape.alpha() * sum + (shape.beta() == 0 ? 0 : shape.beta() * old);
        double added = switch (shape.bias()) {
            case NONE -> 0;
            case PER_COLUMN -> biases[LEAD + j];
            case PER_ROW -> biases[LEAD + i];
        };
        return switch (shape.activation()) {
            case NONE -> value + added;
            case RELU -> Math.max(0, value + added);
        };
    }
}
