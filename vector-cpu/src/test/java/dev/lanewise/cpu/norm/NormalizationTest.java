package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.norm.BatchNormalization;
import dev.lanewise.tensor.op.norm.BatchNormalizationGrad;
import dev.lanewise.tensor.op.norm.LayerNormalization;
import dev.lanewise.tensor.op.norm.LayerNormalizationGrad;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NormalizationTest {
    private static final List<DType> REAL = List.of(DType.F32, DType.F64);
    private final Random random = new Random(4);

    @Test
    void layerNormAndItsGradientEqualTheDecomposition() {
        for (DType dtype : REAL) {
            for (int n : new int[] {2, 3, 10, 16, 17, 64, 100, 257}) {
                for (Layout layout : List.of(Layout.DENSE, Layout.TRANSPOSED, Layout.STRIDED)) {
                    for (int parameters = 0; parameters < 3; parameters++) {
                        checkLayerNorm(dtype, layout, parameters, new LayerNormalization(1, 1e-5), 7, n);
                    }
                }
            }
            checkLayerNorm(dtype, Layout.DENSE, 2, new LayerNormalization(2, 1e-5), 3, 4, 9);
            checkLayerNorm(dtype, Layout.DENSE, 2, new LayerNormalization(2, 1e-5), 5, 9);
            checkLayerNorm(dtype, Layout.DENSE, 2, new LayerNormalization(1, 1e-5), 1500, 33);
        }
    }

    @Test
    void varianceKeepsItsDigitsFarFromZero() {
        Tensor near = random(random, DType.F32, Layout.DENSE, 9, 100).mul(64).floor();
        Tensor far = near.add(1 << 20);
        LayerNormalization op = new LayerNormalization(1, 1e-5);
        Tensor expected = OpCheck.run(op, (in, out) -> LayerNorms.run(op, in, out), near)[2];
        Tensor actual = OpCheck.run(op, (in, out) -> LayerNorms.run(op, in, out), far)[2];
        assertThat(actual.toFloatArray()).containsExactly(expected.toFloatArray(), within(1e-8f));
    }

    private void checkLayerNorm(DType dtype, Layout layout, int parameters, LayerNormalization op, long... sizes) {
        double tolerance = dtype == DType.F32 ? 1e-4 : 1e-10;
        Tensor x = random(random, dtype, layout, sizes);
        Tensor g = random(random, dtype, layout, sizes);
        long[] last = Arrays.copyOfRange(sizes, sizes.length - op.dims(), sizes.length);
        Tensor weight = random(random, dtype, layout, last);
        Tensor bias = random(random, dtype, layout, last);
        Tensor[] operands = switch (parameters) {
            case 0 -> new Tensor[] {x};
            case 1 -> new Tensor[] {x, weight};
            default -> new Tensor[] {x, weight, bias};
        };
        check(op, (in, out) -> LayerNorms.run(op, in, out), tolerance, operands);
        Tensor[] y = OpCheck.run(op, (in, out) -> LayerNorms.run(op, in, out), operands);
        LayerNormalizationGrad grad = new LayerNormalizationGrad(op);
        Tensor[] gradOperands =
                parameters == 0 ? new Tensor[] {g, x, y[1], y[2]} : new Tensor[] {g, x, y[1], y[2], weight};
        check(grad, (in, out) -> LayerNorms.run(grad, in, out), tolerance, gradOperands);
    }

    @Test
    void batchNormAndItsGradientEqualTheDecomposition() {
        for (DType dtype : REAL) {
            for (Layout layout : List.of(Layout.DENSE, Layout.TRANSPOSED, Layout.STRIDED)) {
                checkBatchNorm(dtype, layout, 9, 5);
                checkBatchNorm(dtype, layout, 40, 3);
                checkBatchNorm(dtype, layout, 3, 5, 2, 3);
                checkBatchNorm(dtype, layout, 3, 5, 4, 5);
                checkBatchNorm(dtype, layout, 1, 2, 3);
                checkBatchNorm(dtype, layout, 4, 2, 24, 24);
            }
        }
    }

    private void checkBatchNorm(DType dtype, Layout layout, long... sizes) {
        double tolerance = dtype == DType.F32 ? 1e-4 : 1e-10;
        BatchNormalization op = new BatchNormalization(1e-5);
        Tensor x = random(random, dtype, layout, sizes);
        Tensor g = random(random, dtype, layout, sizes);
        Tensor weight = random(random, dtype, layout, sizes[1]);
        Tensor bias = random(random, dtype, layout, sizes[1]);
        check(op, (in, out) -> BatchNorms.run(op, in, out), tolerance, x, weight, bias);
        Tensor[] y = OpCheck.run(op, (in, out) -> BatchNorms.run(op, in, out), x, weight, bias);
        BatchNormalizationGrad grad = new BatchNormalizationGrad(op);
        check(grad, (in, out) -> BatchNorms.run(grad, in, out), tolerance, g, x, weight, y[1], y[2]);
    }
}
