package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.OpCheck.random;
import static dev.lanewise.cpu.OpCheck.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.cpu.plan.OperandLayout;
import dev.lanewise.cpu.plan.PlanCheck;
import dev.lanewise.cpu.plan.Plans;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.Reduce;
import dev.lanewise.testkit.Elements;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class ReductionsTest {
    private static final List<DType> DTYPES =
            List.of(DType.F32, DType.F64, DType.I8, DType.U8, DType.I32, DType.I64, DType.BOOL);
    private final Random random = new Random(1);

    @Test
    void everyKindOfEveryTypeOverEverySetOfDimensionsEqualsTheOracle() {
        for (Reduce.Kind kind : Reduce.Kind.values()) {
            for (DType dtype : DTYPES) {
                if (!new Reduce(kind, List.of(), false).dtypes().contains(dtype)) {
                    continue;
                }
                for (Layout layout : Layout.values()) {
                    Tensor x = random(random, dtype, layout, 3, 5, 4, 2);
                    for (int set = 0; set < 16; set++) {
                        check(new Reduce(kind, dims(set), set % 3 == 0), 1e-5, x);
                    }
                }
            }
        }
    }

    @Test
    void rowsAndColumnsOfManySizesEqualTheOracle() {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I32)) {
            for (int n : new int[] {1, 2, 7, 15, 16, 17, 31, 33, 64, 100, 257, 1030}) {
                for (Reduce.Kind kind : Reduce.Kind.values()) {
                    if (!new Reduce(kind, List.of(), false).dtypes().contains(dtype)) {
                        continue;
                    }
                    Tensor x = random(random, dtype, Layout.DENSE, 37, n);
                    double tolerance = kind == Reduce.Kind.PROD ? 1e-4 : 1e-5;
                    check(new Reduce(kind, List.of(0), false), tolerance, x);
                    check(new Reduce(kind, List.of(1), false), tolerance, x);
                    check(new Reduce(kind, List.of(0, 1), false), tolerance, x);
                }
            }
        }
    }

    @Test
    void largeReductionsInBlocksEqualTheOracle() {
        Tensor vector = random(random, DType.F32, Layout.DENSE, 200_003);
        Tensor tall = random(random, DType.F32, Layout.DENSE, 60_001, 3);
        Tensor wide = random(random, DType.F32, Layout.DENSE, 700, 300);
        Tensor channels = random(random, DType.F32, Layout.DENSE, 30, 3, 1000);
        for (Reduce.Kind kind : List.of(Reduce.Kind.SUM, Reduce.Kind.MEAN, Reduce.Kind.AMAX, Reduce.Kind.ANY)) {
            check(new Reduce(kind, List.of(0), false), 1e-4, vector);
            check(new Reduce(kind, List.of(0), false), 1e-4, tall);
            check(new Reduce(kind, List.of(1), false), 1e-4, tall);
            check(new Reduce(kind, List.of(0), false), 1e-4, wide);
            check(new Reduce(kind, List.of(0, 2), false), 1e-4, channels);
        }
    }

    @Test
    void columnsOfIntegersInBlocksEqualTheOracle() {
        for (DType dtype : List.of(DType.I8, DType.U8, DType.I32, DType.I64, DType.BOOL)) {
            Tensor wide = random(random, dtype, Layout.DENSE, 600, 1100);
            Tensor outer = random(random, dtype, Layout.DENSE, 2, 300, 9);
            for (Reduce.Kind kind : Reduce.Kind.values()) {
                if (new Reduce(kind, List.of(), false).dtypes().contains(dtype)) {
                    check(new Reduce(kind, List.of(0), false), 0, wide);
                    check(new Reduce(kind, List.of(1), true), 0, outer);
                }
            }
        }
    }

    @Test
    void sumOfManyEqualNumbersStaysAccurate() {
        int n = 1 << 21;
        double[] values = new double[n];
        Arrays.fill(values, 0.1f);
        double exact = n * (double) 0.1f;
        for (Shape shape : List.of(Shape.of(n, 1), Shape.of(n / 2, 2))) {
            Tensor x = tensor(shape, values);
            Reduce op = new Reduce(Reduce.Kind.SUM, List.of(0), false);
            Tensor sum = OpCheck.run(op, (in, out) -> Reductions.run(op, in, out), x)[0];
            assertThat(Elements.of(sum).real(0)).isCloseTo(exact / shape.size(1), within(1e-5));
        }
    }

    @Test
    void extremesOfNaNAreNaN() {
        for (int at : new int[] {0, 5, 20, 39}) {
            double[] values = new double[40];
            values[at] = Double.NaN;
            for (DType dtype : List.of(DType.F32, DType.F64)) {
                Tensor x = tensor(dtype, Shape.of(40), values);
                check(new Reduce(Reduce.Kind.AMAX, List.of(0), false), 0, x);
                check(new Reduce(Reduce.Kind.AMIN, List.of(0), false), 0, x);
                check(new Reduce(Reduce.Kind.AMAX, List.of(0), false), 0, tensor(dtype, Shape.of(2, 20), values));
            }
        }
    }

    @Test
    void emptyReductionsGiveTheNeutralElement() {
        for (DType dtype : DTYPES) {
            Tensor x = random(random, dtype, Layout.DENSE, 2, 0, 3);
            for (Reduce.Kind kind : Reduce.Kind.values()) {
                Reduce op = new Reduce(kind, List.of(1), false);
                if (op.dtypes().contains(dtype) && kind != Reduce.Kind.AMAX && kind != Reduce.Kind.AMIN) {
                    check(op, 0, x);
                }
            }
        }
    }

    @Test
    void plansDependOnTheLayoutAloneAndHoldNoOperand() {
        for (Layout layout : Layout.values()) {
            Tensor x = random(random, DType.F32, layout, 3, 5, 4, 2);
            for (int set = 0; set < 16; set++) {
                Reduce op = new Reduce(Reduce.Kind.SUM, dims(set), false);
                ReduceProblem problem = new ReduceProblem(op, OperandLayout.of(x), DType.F32);
                PlanCheck.dependsOnItsProblemAlone(problem, "lanewise.cpu.conv");
                Reductions.run(op, new Tensor[] {x}, OpCheck.results(op, x));
                PlanCheck.holdsNoMemory(Plans.of(problem));
            }
        }
    }

    @Test
    void layoutsAreEqualByTypeSizesAndStrides() {
        Tensor x = random(random, DType.F32, Layout.STRIDED, 3, 4);
        OperandLayout layout = OperandLayout.of(x);
        assertThat(OperandLayout.of(random(random, DType.F32, Layout.STRIDED, 3, 4)))
                .isEqualTo(layout)
                .hasSameHashCodeAs(layout)
                .hasToString("F32 [3, 4] strides [8, 2]");
        assertThat(OperandLayout.of(random(random, DType.F32, Layout.DENSE, 3, 4)))
                .isNotEqualTo(layout);
        assertThat(OperandLayout.of(random(random, DType.F64, Layout.STRIDED, 3, 4)))
                .isNotEqualTo(layout);
        assertThat(OperandLayout.of(random(random, DType.F32, Layout.STRIDED, 2, 4)))
                .isNotEqualTo(layout);
    }

    private static Percentage within(double fraction) {
        return Percentage.withPercentage(100 * fraction);
    }

    private static void check(Reduce op, double tolerance, Tensor x) {
        OpCheck.check(op, (in, out) -> Reductions.run(op, in, out), tolerance, x);
    }

    private static List<Integer> dims(int set) {
        List<Integer> dims = new ArrayList<>();
        for (int d = 0; d < 4; d++) {
            if ((set >> d & 1) == 1) {
                dims.add(d);
            }
        }
        return dims;
    }
}
