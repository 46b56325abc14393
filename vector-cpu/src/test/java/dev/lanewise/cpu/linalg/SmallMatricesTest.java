package dev.lanewise.cpu.linalg;

import static dev.lanewise.cpu.OpCheck.of;
import static dev.lanewise.cpu.OpCheck.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Linalg;
import dev.lanewise.testkit.Elements;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class SmallMatricesTest {
    private final Random random = new Random(9);

    @Test
    void factorsMultiplyToTheMatrix() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            for (long[] sizes : new long[][] {{4, 4}, {3, 5, 3}, {2, 2, 3, 5}, {1, 1}}) {
                for (Layout layout : List.of(Layout.DENSE, Layout.TRANSPOSED)) {
                    Tensor a = random(random, dtype, layout, sizes);
                    Tensor[] qr = run(Linalg.QR, a);
                    assertProduct(a, null, qr[0], qr[1]);
                    Tensor[] svd = run(Linalg.SVD, a);
                    assertProduct(a, svd[1], svd[0], svd[2]);
                }
            }
        }
    }

    @Test
    void solutionsSolve() {
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            Tensor a = random(random, dtype, Layout.TRANSPOSED, 3, 4, 4);
            Tensor b = random(random, dtype, Layout.STRIDED, 3, 4, 2);
            assertProduct(b, null, a, run(Linalg.SOLVE, a, b)[0]);
            Tensor identity = OpCheck.empty(a.spec(), Layout.DENSE);
            for (long i = 0; i < 48; i++) {
                Elements.of(identity)
                        .set(i % 16 % 5 == 0 ? 1.0 : 0.0, Elements.of(identity).index(i));
            }
            assertProduct(identity, null, a, run(Linalg.INVERSE, a)[0]);
        }
    }

    @Test
    void choleskyAndDeterminantOfAKnownMatrix() {
        Tensor a = of(Shape.of(2, 2), 4, 2, 2, 5);
        OpCheck.close("cholesky", run(Linalg.CHOLESKY, a)[0], of(Shape.of(2, 2), 2, 0, 1, 2), 1e-6);
        OpCheck.close("det", run(Linalg.DET, a)[0], of(Shape.SCALAR, 16), 1e-6);
    }

    @Test
    void singularAndIndefiniteMatricesAreNamed() {
        Tensor singular = of(Shape.of(2, 2, 2), 1, 0, 0, 1, 1, 2, 2, 4);
        assertThatThrownBy(() -> run(Linalg.INVERSE, singular))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("inverse: matrix 1 of F32[2, 2, 2] is singular");
        assertThatThrownBy(() -> run(Linalg.CHOLESKY, of(Shape.of(2, 2), 1, 2, 2, 1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("cholesky: matrix 0 of F32[2, 2] is not positive definite");
    }

    private static Tensor[] run(Linalg op, Tensor... inputs) {
        return OpCheck.run(op, (in, out) -> SmallMatrices.run(op, in, out), inputs);
    }

    /** Checks {@code left diag(values) right = product} for every matrix. */
    private static void assertProduct(Tensor product, Tensor values, Tensor left, Tensor right) {
        Elements p = Elements.of(product);
        Elements a = Elements.of(left);
        Elements b = Elements.of(right);
        int rank = product.shape().rank();
        long k = left.shape().size(-1);
        double tolerance = product.dtype() == DType.F32 ? 1e-4 : 1e-10;
        for (long i = 0; i < p.count(); i++) {
            long[] at = p.index(i);
            double sum = 0;
            for (long j = 0; j < k; j++) {
                long[] leftAt = at.clone();
                leftAt[rank - 1] = j;
                long[] rightAt = at.clone();
                rightAt[rank - 2] = j;
                double value = 1;
                if (values != null) {
                    long[] valueAt = Arrays.copyOf(at, rank - 1);
                    valueAt[rank - 2] = j;
                    value = Elements.of(values).real(valueAt);
                }
                sum += a.real(leftAt) * value * b.real(rightAt);
            }
            assertThat(sum).isCloseTo(p.real(at), Offset.offset(tolerance));
        }
    }
}
