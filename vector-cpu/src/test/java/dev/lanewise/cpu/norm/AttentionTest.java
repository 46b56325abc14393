package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.random;
import static dev.lanewise.cpu.OpCheck.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.sequence.Attention;
import dev.lanewise.tensor.op.sequence.AttentionGrad;
import dev.lanewise.testkit.Elements;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AttentionTest {
    private final Random random = new Random(5);

    @Test
    void attentionAndItsGradientEqualTheDecomposition() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (Layout layout : List.of(Layout.DENSE, Layout.TRANSPOSED)) {
                for (boolean causal : new boolean[] {false, true}) {
                    Attention op = new Attention(0.3, causal);
                    checkAttention(op, dtype, layout, 5, 7, 4, 3, 2, 3);
                    checkAttention(op, dtype, layout, 7, 5, 4, 6, 2);
                    checkAttention(op, dtype, layout, 20, 20, 5, 5);
                }
            }
        }
    }

    @Test
    void longSequencesInBlocksEqualTheDecomposition() {
        for (boolean causal : new boolean[] {false, true}) {
            checkAttention(new Attention(1, causal), DType.F32, Layout.DENSE, 70, 300, 4, 3);
            checkAttention(new Attention(1, causal), DType.F32, Layout.DENSE, 200, 270, 4, 3);
        }
    }

    private void checkAttention(
            Attention op, DType dtype, Layout layout, long l, long s, long e, long v, long... leading) {
        double tolerance = dtype == DType.F32 ? 5e-5 : 1e-11;
        Tensor q = random(random, dtype, layout, with(leading, l, e));
        Tensor k = random(random, dtype, layout, with(leading, s, e));
        Tensor values = random(random, dtype, layout, with(leading, s, v));
        Tensor g = random(random, dtype, layout, with(leading, l, v));
        Tensor[] masks = {
            random(random, dtype, layout, l, s),
            random(random, dtype, layout, with(leading, 1, s)),
            random(random, dtype, layout, with(leading, l, 1))
        };
        checkAttention(op, tolerance, g, q, k, values);
        for (Tensor mask : masks) {
            checkAttention(op, tolerance, g, q, k, values, mask);
        }
    }

    private static void checkAttention(Attention op, double tolerance, Tensor g, Tensor... operands) {
        check(op, (in, out) -> Attentions.run(op, in, out), tolerance, operands);
        Tensor[] y = OpCheck.run(op, (in, out) -> Attentions.run(op, in, out), operands);
        AttentionGrad grad = new AttentionGrad(op);
        Tensor[] all = {g, operands[0], operands[1], operands[2], y[0], y[1]};
        if (operands.length == 4) {
            all = Arrays.copyOf(all, 7);
            all[6] = operands[3];
        }
        check(grad, (in, out) -> AttentionGrads.run(grad, in, out), 2 * tolerance, all);
    }

    /** Keys in a cache with room left, which several heads of queries share. */
    @Test
    void headsAreReadWhereTheyLie() {
        for (boolean causal : new boolean[] {false, true}) {
            Attention op = new Attention(0.3, causal);
            Tensor k = random(random, DType.F32, Layout.DENSE, 2, 3, 9, 4).narrow(2, 1, 7);
            Tensor v = random(random, DType.F32, Layout.DENSE, 2, 3, 8, 5).narrow(2, 0, 7);
            Tensor q = random(random, DType.F32, Layout.DENSE, 3, 2, 7, 4).transpose(0, 1);
            checkAttention(op, 5e-5, random(random, DType.F32, Layout.DENSE, 2, 3, 7, 5), q, k, v);
            Tensor groups = random(random, DType.F32, Layout.DENSE, 2, 3, 4, 7, 4);
            Tensor g = random(random, DType.F32, Layout.DENSE, 2, 3, 4, 7, 5);
            Tensor mask = random(random, DType.F32, Layout.DENSE, 2, 1, 1, 7, 7);
            Tensor allKeys = k.unsqueeze(2).expand(2, 3, 4, 7, 4);
            Tensor allValues = v.unsqueeze(2).expand(2, 3, 4, 7, 5);
            checkAttention(op, 5e-5, g, groups, allKeys, allValues);
            checkAttention(op, 5e-5, g, groups, allKeys, allValues, mask);
        }
    }

    /** Hides all keys of every third query, and of the others all in the first block of keys. */
    @Test
    void aRowThatSeesNothingGivesNothing() {
        double hidden = Double.NEGATIVE_INFINITY;
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (boolean causal : new boolean[] {false, true}) {
                for (int keys : new int[] {2, 300}) {
                    Attention op = new Attention(1, causal);
                    double[] mask = new double[300 * keys];
                    Arrays.setAll(mask, i -> i / keys % 3 == 0 || i % keys < keys - 1 ? hidden : 0);
                    Tensor g = random(random, dtype, Layout.DENSE, 300, 3);
                    Tensor q = random(random, dtype, Layout.DENSE, 300, 5);
                    Tensor k = random(random, dtype, Layout.DENSE, keys, 5);
                    Tensor v = random(random, dtype, Layout.DENSE, keys, 3);
                    Tensor m = tensor(Shape.of(300, keys), mask).to(dtype);
                    double tolerance = dtype == DType.F32 ? 5e-5 : 1e-11;
                    checkAttention(op, tolerance, g, q, k, v, m);
                    Tensor[] y = OpCheck.run(op, (in, out) -> Attentions.run(op, in, out), q, k, v, m);
                    assertThat(Elements.of(y[0]).real(0, 0)).isZero();
                    assertThat(Elements.of(y[1]).real(0)).isEqualTo(hidden);
                    assertThat(Elements.of(y[0]).real(299, 0))
                            .isEqualTo(Elements.of(v).real(keys - 1, 0));
                }
            }
        }
    }

    @Test
    void noKeysGiveNothing() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (boolean causal : new boolean[] {false, true}) {
                Attention op = new Attention(1, causal);
                Tensor q = random(random, dtype, Layout.DENSE, 2, 70, 5);
                Tensor k = random(random, dtype, Layout.DENSE, 2, 0, 5);
                Tensor v = random(random, dtype, Layout.DENSE, 2, 0, 3);
                checkAttention(op, 0, random(random, dtype, Layout.DENSE, 2, 70, 3), q, k, v);
            }
        }
    }

    private static long[] with(long[] leading, long a, long b) {
        long[] sizes = Arrays.copyOf(leading, leading.length + 2);
        sizes[leading.length] = a;
        sizes[leading.length + 1] = b;
        return sizes;
    }
}
