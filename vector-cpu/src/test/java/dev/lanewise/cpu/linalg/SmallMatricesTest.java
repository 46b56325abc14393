package dev.lanewise.cpu.linalg;

import static dev.lanewise.cpu.OpCheck.random;
import static dev.lanewise.cpu.OpCheck.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.cpu.OpCheck;
import dev.lanewise.cpu.OpCheck.Layout;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.matrix.Linalg;
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

    /** As PyTorch does: the other triangle is not read, and a zero on the diagonal divides. */
    @Test
    void trianglesAreSolvedBySubstitution() {
        float nan = Float.NaN;
        Shape square = Shape.of(2, 2);
        Tensor column = tensor(Shape.of(2, 1), 4, 8);
        Tensor lower = run(Linalg.SOLVE_LOWER, tensor(square, 2, nan, 1, 4), column)[0];
        assertThat(lower.toDoubleArray()).containsExactly(2, 1.5);
        Tensor upper = run(Linalg.SOLVE_UPPER, tensor(square, 2, 1, nan, 4), column)[0];
        assertThat(upper.toDoubleArray()).containsExactly(1, 2);
        Tensor singular = run(Linalg.SOLVE_LOWER, tensor(square, 0, 1, 1, 0), column)[0];
        assertThat(singular.toDoubleArray()).containsExactly(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
        Tensor undefined = run(Linalg.SOLVE_UPPER, tensor(square, 1, 2, 3, 0), tensor(Shape.of(2, 1), 1, 0))[0];
        assertThat(undefined.toDoubleArray()).containsExactly(Double.NaN, Double.NaN);
        Tensor none = OpCheck.empty(column.spec().with(Shape.of(0, 0)), Layout.DENSE);
        Tensor sides = OpCheck.empty(column.spec().with(Shape.of(0, 3)), Layout.DENSE);
        assertThat(run(Linalg.SOLVE_LOWER, none, sides)[0].shape()).isEqualTo(Shape.of(0, 3));
    }

    @Test
    void choleskyAndDeterminantOfAKnownMatrix() {
        Tensor a = tensor(Shape.of(2, 2), 4, 2, 2, 5);
        OpCheck.close("cholesky", run(Linalg.CHOLESKY, a)[0], tensor(Shape.of(2, 2), 2, 0, 1, 2), 1e-6);
        OpCheck.close("det", run(Linalg.DET, a)[0], tensor(Shape.SCALAR, 16), 1e-6);
    }

    @Test
    void singularAndIndefiniteMatricesAreNamed() {
        Tensor singular = tensor(Shape.of(2, 2, 2), 1, 0, 0, 1, 1, 2, 2, 4);
        assertThatThrownBy(() -> run(Linalg.INVERSE, singular))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("inverse: matrix 1 of F32[2, 2, 2] is singular");
        assertThatThrownBy(() -> run(Linalg.CHOLESKY, tensor(Shape.of(2, 2), 1, 2, 2, 1)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("cholesky: matrix 0 of F32[2, 2] is not positive definite");
    }

    @Test
    void valuesAndVectorsHoldForEveryRankSizeAndMagnitude() {
        for (long[] sizes : new long[][] {{1, 1}, {2, 2}, {5, 5}, {9, 4}, {4, 9}, {33, 33}, {60, 20}, {1, 7}, {7, 1}}) {
            for (double magnitude : new double[] {1, 1e-300, 1e300, 1e-12}) {
                for (long rank = 0; rank <= Math.min(sizes[0], sizes[1]); rank += Math.max(1, sizes[0] / 4)) {
                    Tensor a = ofRank(rank, magnitude, sizes);
                    Tensor[] svd = run(Linalg.SVD, a);
                    assertOrthonormalColumns(svd[0]);
                    assertOrthonormalColumns(svd[2].transpose());
                    assertDescending(svd[1].toDoubleArray());
                    Tensor rebuilt =
                            svd[0].mul(svd[1].unsqueeze(0)).div(magnitude).matmul(svd[2]);
                    assertNear(rebuilt, a.div(magnitude));
                    Tensor[] qr = run(Linalg.QR, a);
                    assertOrthonormalColumns(qr[0]);
                    assertNear(qr[0].matmul(qr[1].div(magnitude)), a.div(magnitude));
                }
            }
        }
    }

    /** What rounding leaves is far below the least of the values, which a bidiagonal method loses. */
    @Test
    void smallSingularValuesOfAGradedMatrixAreExact() {
        Tensor a = Tensor.of(new double[] {1, 0, 0, 0, 1e-20, 0, 0, 0, 1e-10}, 3, 3);
        assertThat(run(Linalg.SVD, a)[1].toDoubleArray())
                .containsExactly(new double[] {1, 1e-10, 1e-20}, Offset.offset(1e-26));
    }

    @Test
    void specialMatricesAreTakenAsLapackTakesThem() {
        Tensor zero = tensor(Shape.of(2, 2), 0, 0, 0, 0);
        OpCheck.close("q of zero", run(Linalg.QR, zero)[0], tensor(Shape.of(2, 2), 1, 0, 0, 1), 0);
        OpCheck.close("det of zero", run(Linalg.DET, zero)[0], tensor(Shape.SCALAR, 0), 0);
        Tensor upper = tensor(Shape.of(2, 2), 3, 4, 0, -5);
        OpCheck.close("r of an upper triangle", run(Linalg.QR, upper)[1], upper, 0);
        Tensor column = tensor(Shape.of(2, 1), 3, 4);
        OpCheck.close(
                "r has the sign against the diagonal", run(Linalg.QR, column)[1], tensor(Shape.of(1, 1), -5), 1e-6);
        // the pivot is the greatest, and it is exchanged for the first row
        Tensor swapped = tensor(Shape.of(2, 2), 0, 2, 3, 0);
        OpCheck.close("det of an exchange", run(Linalg.DET, swapped)[0], tensor(Shape.SCALAR, -6), 0);
    }

    @Test
    void notANumberIsPassedOnOrRefusedButNeverHidden() {
        float nan = Float.NaN;
        for (Tensor a : List.of(tensor(Shape.of(2, 2), nan, 1, 1, 1), tensor(Shape.of(2, 2), 0, 1, nan, 1))) {
            assertThat(run(Linalg.DET, a)[0].item()).isNaN();
            assertThat(run(Linalg.QR, a)[1].toDoubleArray()).contains(Double.NaN);
            assertThat(run(Linalg.INVERSE, a)[0].toDoubleArray()).contains(Double.NaN);
            assertThatThrownBy(() -> run(Linalg.SVD, a))
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("svd: matrix 0 of F32[2, 2] has no singular value decomposition; check it");
        }
        assertThatThrownBy(() -> run(Linalg.CHOLESKY, tensor(Shape.of(1, 1), nan)))
                .isInstanceOf(TensorException.class);
        Tensor solution = run(Linalg.SOLVE, tensor(Shape.of(1, 1), 2), tensor(Shape.of(1, 2), nan, 4))[0];
        assertThat(solution.toDoubleArray()).containsExactly(Double.NaN, 2);
    }

    @Test
    void emptyMatricesHaveEmptyFactors() {
        Tensor empty = OpCheck.empty(tensor(Shape.of(2, 2), 0, 0, 0, 0).spec().with(Shape.of(3, 0)), Layout.DENSE);
        assertThat(run(Linalg.SVD, empty)[0].shape()).isEqualTo(Shape.of(3, 0));
        assertThat(run(Linalg.QR, empty)[1].shape()).isEqualTo(Shape.of(0, 0));
        Tensor none = OpCheck.empty(empty.spec().with(Shape.of(0, 0)), Layout.DENSE);
        assertThat(run(Linalg.DET, none)[0].item()).isEqualTo(1);
    }

    private Tensor ofRank(long rank, double magnitude, long... sizes) {
        Tensor a = Tensor.zeros(sizes).to(DType.F64);
        for (long i = 0; i < rank; i++) {
            a = a.add(random(random, DType.F64, Layout.DENSE, sizes[0], 1)
                    .matmul(random(random, DType.F64, Layout.DENSE, 1, sizes[1])));
        }
        return a.mul(magnitude);
    }

    private static void assertOrthonormalColumns(Tensor q) {
        assertNear(q.transpose().matmul(q), Tensor.eye(q.shape().size(1), q.dtype(), q.device()));
    }

    private static void assertDescending(double... values) {
        for (int i = 1; i < values.length; i++) {
            assertThat(values[i]).isBetween(0.0, values[i - 1]);
        }
    }

    private static void assertNear(Tensor actual, Tensor expected) {
        assertThat(actual.toDoubleArray()).containsExactly(expected.toDoubleArray(), Offset.offset(1e-12));
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
