package dev.lanewise.cpu.norm;

import static dev.lanewise.cpu.OpCheck.check;
import static dev.lanewise.cpu.OpCheck.positions;
import static dev.lanewise.cpu.OpCheck.random;
import static dev.lanewise.cpu.OpCheck.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.norm.CrossEntropy;
import dev.lanewise.tensor.op.norm.CrossEntropyGrad;
import dev.lanewise.tensor.op.norm.Softmax;
import dev.lanewise.tensor.op.norm.SoftmaxGrad;
import dev.lanewise.testkit.Elements;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SoftmaxTest {
    private static final List<DType> REAL = List.of(DType.F32, DType.F64);
    private final Random random = new Random(3);

    @Test
    void softmaxAlongEveryDimensionEqualsItsDecomposition() {
        for (DType dtype : REAL) {
            for (Layout layout : Layout.values()) {
                Tensor x = random(random, dtype, layout, 3, 5, 21);
                Tensor g = random(random, dtype, layout, 3, 5, 21);
                for (int dim = 0; dim < 3; dim++) {
                    checkSoftmax(new Softmax(dim, false), x, g);
                    checkSoftmax(new Softmax(dim, true), x, g);
                }
            }
        }
    }

    @Test
    void rowsAndColumnsOfManySizesEqualTheDecomposition() {
        for (DType dtype : REAL) {
            for (int n : new int[] {1, 2, 3, 10, 15, 16, 17, 32, 33, 47, 48, 100, 300}) {
                Tensor x = random(random, dtype, Layout.DENSE, 19, n);
                Tensor g = random(random, dtype, Layout.DENSE, 19, n);
                for (int dim = 0; dim < 2; dim++) {
                    checkSoftmax(new Softmax(dim, false), x, g);
                    checkSoftmax(new Softmax(dim, true), x, g);
                }
            }
        }
    }

    private static void checkSoftmax(Softmax op, Tensor x, Tensor g) {
        double tolerance = x.dtype() == DType.F32 ? 2e-6 : 1e-13;
        check(op, (in, out) -> Softmaxes.run(op, in, out), tolerance, x);
        Tensor y = OpCheck.run(op, (in, out) -> Softmaxes.run(op, in, out), x)[0];
        SoftmaxGrad grad = new SoftmaxGrad(op);
        check(grad, (in, out) -> Softmaxes.run(grad, in, out), 4 * tolerance, g, y);
    }

    @Test
    void largeLogitsDoNotOverflowAndNaNStaysInItsRow() {
        double inf = Double.POSITIVE_INFINITY;
        Tensor x = tensor(Shape.of(4, 3), 1e4, 1e4, -1e4, -inf, 0, 1, Double.NaN, 0, 1, -1e30, -1e30, -1e30);
        Softmax op = new Softmax(1, false);
        check(op, (in, out) -> Softmaxes.run(op, in, out), 1e-6, x);
        double[] wide = new double[40];
        wide[37] = Double.NaN;
        Tensor y = OpCheck.run(op, (in, out) -> Softmaxes.run(op, in, out), tensor(Shape.of(1, 40), wide))[0];
        assertThat(Elements.of(y).real(0, 3)).isNaN();
        Arrays.fill(wide, -inf);
        y = OpCheck.run(op, (in, out) -> Softmaxes.run(op, in, out), tensor(Shape.of(1, 40), wide))[0];
        assertThat(Elements.of(y).real(0, 3)).isNaN();
    }

    @Test
    void crossEntropyAndItsGradientEqualTheDecomposition() {
        for (DType dtype : REAL) {
            for (int classes : new int[] {2, 10, 65, 300}) {
                for (Reduction reduction : Reduction.values()) {
                    for (double smoothing : new double[] {0, 0.1}) {
                        for (Layout layout : List.of(Layout.DENSE, Layout.STRIDED)) {
                            CrossEntropy op = new CrossEntropy(reduction, 1, smoothing);
                            checkCrossEntropy(op, dtype, layout, classes, false);
                            checkCrossEntropy(op, dtype, layout, classes, true);
                        }
                    }
                }
            }
        }
    }

    private void checkCrossEntropy(CrossEntropy op, DType dtype, Layout layout, int classes, boolean weighted) {
        double tolerance = dtype == DType.F32 ? 1e-5 : 1e-12;
        Tensor x = random(random, dtype, layout, 23, classes);
        Tensor target = positions(random, layout, classes, 23);
        Tensor weight = random(random, dtype, layout, classes);
        Tensor[] operands = weighted ? new Tensor[] {x, target, weight} : new Tensor[] {x, target};
        // with random weights of both signs the mean's divisor may be near 0
        if (weighted) {
            Elements elements = Elements.of(weight);
            for (int i = 0; i < classes; i++) {
                elements.set(0.5 + Math.abs(elements.real(i)), i);
            }
        }
        check(op, (in, out) -> CrossEntropies.run(op, in, out), tolerance, operands);
        Tensor logp = OpCheck.run(op, (in, out) -> CrossEntropies.run(op, in, out), operands)[1];
        Tensor g = op.reduction() == Reduction.NONE ? random(random, dtype, layout, 23) : random(random, dtype, layout);
        CrossEntropyGrad grad = new CrossEntropyGrad(op);
        Tensor[] gradOperands = weighted ? new Tensor[] {g, logp, target, weight} : new Tensor[] {g, logp, target};
        check(grad, (in, out) -> CrossEntropies.run(grad, in, out), tolerance, gradOperands);
    }

    @Test
    void crossEntropyOfAClassOutsideNamesTheRow() {
        CrossEntropy op = new CrossEntropy(Reduction.MEAN, -100, 0);
        Tensor x = random(random, DType.F32, Layout.DENSE, 3, 4);
        for (double bad : new double[] {4, -1}) {
            Tensor target = tensor(DType.I64, Shape.of(3), 0, -100, bad);
            assertThatThrownBy(() -> CrossEntropies.run(op, new Tensor[] {x, target}, OpCheck.results(op, x, target)))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("cross_entropy: class " + (int) bad + " at row 2")
                    .hasMessageContaining("0 to 3");
        }
    }
}
