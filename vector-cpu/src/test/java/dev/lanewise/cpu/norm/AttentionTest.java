package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.of;
import static dev.lanewise.cpu.OpCheck.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Attention;
import dev.lanewise.tensor.op.AttentionGrad;
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

    @Test
    void aRowThatSeesNothingIsNaNAndOthersAreNot() {
        Tensor q = random(random, DType.F32, Layout.DENSE, 2, 3);
        Tensor k = random(random, DType.F32, Layout.DENSE, 2, 3);
        Tensor v = random(random, DType.F32, Layout.DENSE, 2, 3);
        Tensor mask =
                of(Shape.of(2, 2), Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY, 0);
        Attention op = new Attention(1, false);
        Tensor y = OpCheck.run(op, (in, out) -> Attentions.run(op, in, out), q, k, v, mask)[0];
        assertThat(Elements.of(y).real(0, 0)).isNaN();
        assertThat(Elements.of(y).real(1, 0)).isEqualTo(Elements.of(v).real(1, 0));
    }

    private static long[] with(long[] leading, long a, long b) {
        long[] sizes = Arrays.copyOf(leading, leading.length + 2);
        sizes[leading.length] = a;
        sizes[leading.length + 1] = b;
        return sizes;
    }
}
