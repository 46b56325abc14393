package dev.lanewise.cpu.reduce;

import static dev.lanewise.cpu.OpCheck.random;
import static dev.lanewise.cpu.OpCheck.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.reduce.ArgReduce;
import dev.lanewise.tensor.op.reduce.Scan;
import dev.lanewise.tensor.op.reduce.Sort;
import dev.lanewise.testkit.Elements;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OrderTest {
    private static final List<DType> NUMBERS = List.of(DType.F32, DType.F64, DType.I8, DType.U8, DType.I32, DType.I64);
    private final Random random = new Random(2);

    @Test
    void positionsOfExtremesEqualTheOracle() {
        for (DType dtype : NUMBERS) {
            for (Layout layout : Layout.values()) {
                Tensor x = random(random, dtype, layout, 4, 33, 5);
                for (int dim = 0; dim < 3; dim++) {
                    for (ArgReduce.Kind kind : ArgReduce.Kind.values()) {
                        ArgReduce op = new ArgReduce(kind, dim, dim == 1);
                        OpCheck.check(op, (in, out) -> ArgReductions.run(op, in, out), 0, x);
                    }
                }
            }
        }
    }

    @Test
    void positionIsThatOfTheFirstOfEqualElementsAndOfNaNBeforeAll() {
        Tensor x = tensor(Shape.of(3, 4), 1, 3, 3, 2, 5, Double.NaN, 9, Double.NaN, -1, -1, -0.0, 0.0);
        ArgReduce op = new ArgReduce(ArgReduce.Kind.ARGMAX, 1, false);
        Tensor[] out = OpCheck.run(op, (in, o) -> ArgReductions.run(op, in, o), x);
        Elements positions = Elements.of(out[0]);
        assertThat(new long[] {positions.integer(0), positions.integer(1), positions.integer(2)})
                .containsExactly(1, 1, 2);
    }

    @Test
    void scansEqualTheOracle() {
        for (DType dtype : NUMBERS) {
            for (Layout layout : Layout.values()) {
                Tensor x = random(random, dtype, layout, 4, 9, 5);
                for (int dim = 0; dim < 3; dim++) {
                    for (Scan.Kind kind : Scan.Kind.values()) {
                        for (boolean reverse : new boolean[] {false, true}) {
                            Scan op = new Scan(kind, dim, reverse);
                            OpCheck.check(op, (in, out) -> Scans.run(op, in, out), 1e-5, x);
                        }
                    }
                }
            }
        }
    }

    @Test
    void sortingEqualsTheOracleAndIsStableInBothDirections() {
        for (DType dtype : List.of(DType.F32, DType.F64, DType.I8, DType.U8, DType.I32, DType.I64, DType.BOOL)) {
            for (Layout layout : Layout.values()) {
                Tensor x = random(random, dtype, layout, 3, 41, 2);
                for (int dim = 0; dim < 3; dim++) {
                    for (boolean descending : new boolean[] {false, true}) {
                        Sort op = new Sort(dim, descending);
                        OpCheck.check(op, (in, out) -> Sorting.run(op, in, out), 0, x);
                    }
                }
            }
        }
    }

    @Test
    void sortingTreatsNaNAsLargestAndZerosAsEqual() {
        double[] values = {
            0.0, -0.0, Double.NaN, -3, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0, Double.NaN
        };
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (boolean descending : new boolean[] {false, true}) {
                Sort op = new Sort(0, descending);
                OpCheck.check(op, (in, out) -> Sorting.run(op, in, out), 0, tensor(dtype, Shape.of(8), values));
            }
        }
    }
}
