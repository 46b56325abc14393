package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.ScatterReduction;
import dev.lanewise.tensor.SelectionMethods;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import org.junit.jupiter.api.Test;

class SelectionTest {
    private static final Tensor X = Tensor.of(new float[][] {{1, -2, 3}, {-4, 5, -6}});

    @Test
    void masksPickElementsInOrder() {
        assertThat(X.maskedSelect(X.lt(0)).toFloatArray()).containsExactly(-2, -4, -6);
        assertThat(X.maskedSelect(Tensor.of(true, false, true)).toFloatArray()).containsExactly(1, 3, -4, -6);
        assertThat(X.maskedSelect(X.gt(100)).shape()).isEqualTo(Shape.of(0));
        assertThatThrownBy(() -> X.maskedSelect(X))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("expected BOOL");
    }

    @Test
    void nonzeroGivesCoordinates() {
        Tensor coordinates = X.gt(0).nonzero();
        assertThat(coordinates.shape()).isEqualTo(Shape.of(3, 2));
        assertThat(coordinates.toLongArray()).containsExactly(0, 0, 0, 2, 1, 1);
        assertThat(Tensor.scalar(1).nonzero().shape()).isEqualTo(Shape.of(1, 0));
    }

    @Test
    void maskedScatterFillsInOrder() {
        Tensor filled = X.maskedScatter(X.lt(0), Tensor.of(7f, 8f, 9f, 10f));
        assertThat(filled.toFloatArray()).containsExactly(1, 7, 3, 8, 5, 9);
        assertThatThrownBy(() -> X.maskedScatter(X.lt(0), Tensor.of(7f))).hasMessageContaining("holds 3 times");
    }

    @Test
    void indexTensorsBroadcastAndCountFromTheEnd() {
        Tensor rows = Tensor.of(new long[] {0, -1}, 2, 1);
        Tensor columns = Tensor.of(0L, 2L, -2L);
        assertThat(X.index(rows, columns).toFloatArray()).containsExactly(1, 3, -2, -4, -6, 5);
        assertThat(X.index(Tensor.of(1L, 1L)).shape()).isEqualTo(Shape.of(2, 3));
        assertThatThrownBy(() -> X.index(X)).hasMessageContaining("expected I64");
    }

    @Test
    void indexPutReplacesOrAdds() {
        List<Tensor> place = List.of(Tensor.of(0L, 1L, 1L), Tensor.of(1L, 2L, 2L));
        Tensor values = Tensor.of(10f, 20f, 30f);
        assertThat(X.indexPut(place, values, false).toFloatArray()).containsExactly(1, 10, 3, -4, 5, 30);
        assertThat(X.indexPut(place, values, true).toFloatArray()).containsExactly(1, 8, 3, -4, 5, 44);
        assertThat(X.indexPut(List.of(Tensor.of(1L)), Tensor.scalar(0), false).toFloatArray())
                .containsExactly(1, -2, 3, 0, 0, 0);
    }

    @Test
    void indexingHasGradients() {
        Tensor x = X.to(DType.F64);
        GradCheck.first(xs -> new Tensor[] {xs[0].index(Tensor.of(1L, 0L, 1L), Tensor.of(2L, 2L, 2L))}, x);
        GradCheck.first(
                xs -> new Tensor[] {xs[0].indexPut(List.of(Tensor.of(1L, 0L)), xs[1], true)},
                x,
                x.select(0, 0).copy());
        GradCheck.first(xs -> new Tensor[] {xs[0].maskedSelect(X.lt(0))}, x);
    }

    @Test
    void scatterReduceCanLeaveOutWhatIsThere() {
        Tensor base = Tensor.of(100f, 100f, 100f);
        Tensor index = Tensor.of(0L, 0L, 2L);
        Tensor source = Tensor.of(1f, 2f, 3f);
        assertThat(base.scatterReduce(ScatterReduction.AMAX, 0, index, source, false)
                        .toFloatArray())
                .containsExactly(2, 100, 3);
        assertThat(base.scatterReduce(ScatterReduction.AMIN, 0, index, source, true)
                        .toFloatArray())
                .containsExactly(1, 100, 3);
        assertThat(base.scatterReduce(ScatterReduction.SUM, 0, index, source, true)
                        .toFloatArray())
                .containsExactly(103, 100, 103);
        assertThat(base.scatterReduce(ScatterReduction.PROD, 0, index, source, false)
                        .toFloatArray())
                .containsExactly(2, 100, 3);
    }

    @Test
    void scatteredMeansDivideByWhatCame() {
        Tensor base = Tensor.of(10.0, 20.0, 30.0);
        Tensor index = Tensor.of(0L, 0L, 2L);
        Tensor source = Tensor.of(1.0, 4.0, 3.0);
        assertThat(base.scatterReduce(ScatterReduction.MEAN, 0, index, source, true)
                        .toDoubleArray())
                .containsExactly(5, 20, 16.5);
        assertThat(base.scatterReduce(ScatterReduction.MEAN, 0, index, source, false)
                        .toDoubleArray())
                .containsExactly(2.5, 20, 3);
        assertThat(Tensor.of(-10L, 20L, 30L)
                        .scatterReduce(ScatterReduction.MEAN, 0, index, Tensor.of(1L, 4L, 3L), true)
                        .toLongArray())
                .containsExactly(-2, 20, 16);
        GradCheck.first(
                xs -> new Tensor[] {xs[0].scatterReduce(ScatterReduction.MEAN, 0, index, xs[1], true)}, base, source);
        GradCheck.first(
                xs -> new Tensor[] {xs[0].scatterReduce(ScatterReduction.MEAN, 0, index, xs[1], false)}, base, source);
    }

    @Test
    void scatteredProductsHaveGradientsWithZeros() {
        Tensor index = Tensor.of(0L, 0L, 1L, 1L, 1L, 2L, 2L);
        Tensor source = Tensor.of(0.0, 4.0, 0.0, 5.0, 0.0, 6.0, 7.0);
        GradCheck.first(
                xs -> new Tensor[] {xs[0].scatterReduce(ScatterReduction.PROD, 0, index, xs[1], true)},
                Tensor.of(2.0, 3.0, 0.0),
                source);
    }

    @Test
    void onlyTheLastElementForAPlaceHasAGradient() {
        Tensor index = Tensor.of(new long[] {0, 2, 0, 2, 1, 2}, 2, 3);
        GradCheck.second(
                xs -> new Tensor[] {xs[0].scatter(1, index, xs[1])},
                X.to(DType.F64),
                X.to(DType.F64).add(10));
    }

    @Test
    void uniqueCountsAndInverts() {
        Tensor x = Tensor.of(new float[] {3, 1, 3, 2, 1, 3}, 2, 3);
        SelectionMethods.Unique unique = x.unique();
        assertThat(unique.values().toFloatArray()).containsExactly(1, 2, 3);
        assertThat(unique.counts().toLongArray()).containsExactly(2, 1, 3);
        assertThat(unique.values().index(unique.inverse()).toFloatArray()).containsExactly(x.toFloatArray());
        assertThat(Tensor.zeros(0).unique().values().shape()).isEqualTo(Shape.of(0));
    }

    @Test
    void uniqueOfWholeNumbersEqualsThatOfReals() {
        Tensor small = Tensor.of(new long[] {-3, 70, 5, -3, 5, 5, 0, -90}, 2, 4);
        for (DType dtype : List.of(DType.I64, DType.I32, DType.I8)) {
            SelectionMethods.Unique unique = small.to(dtype).unique();
            SelectionMethods.Unique real = small.to(DType.F64).unique();
            assertThat(unique.values().dtype()).isEqualTo(dtype);
            assertThat(unique.values().toLongArray())
                    .containsExactly(real.values().toLongArray());
            assertThat(unique.inverse().shape()).isEqualTo(small.shape());
            assertThat(unique.inverse().toLongArray())
                    .containsExactly(real.inverse().toLongArray());
            assertThat(unique.counts().toLongArray())
                    .containsExactly(real.counts().toLongArray());
        }
        for (long[] far : new long[][] {{Long.MAX_VALUE, Long.MIN_VALUE}, {0, 1L << 31}, {0, -1L << 40}}) {
            SelectionMethods.Unique unique = Tensor.of(far[0], far[1], far[0]).unique();
            assertThat(unique.values().toLongArray())
                    .containsExactly(Math.min(far[0], far[1]), Math.max(far[0], far[1]));
            assertThat(unique.values().index(unique.inverse()).toLongArray()).containsExactly(far[0], far[1], far[0]);
        }
        SelectionMethods.Unique near =
                Tensor.of(Long.MIN_VALUE + 1, Long.MIN_VALUE, Long.MIN_VALUE).unique();
        assertThat(near.values().toLongArray()).containsExactly(Long.MIN_VALUE, Long.MIN_VALUE + 1);
        assertThat(near.counts().toLongArray()).containsExactly(2, 1);
        assertThat(Tensor.of(new long[0]).unique().counts().shape()).isEqualTo(Shape.of(0));
    }

    @Test
    void uniqueSlicesAreOrderedByTheirElements() {
        Tensor x = Tensor.of(new long[][] {{2, 1}, {1, 9}, {2, 0}, {1, 9}, {2, 1}});
        SelectionMethods.Unique rows = x.unique(0);
        assertThat(rows.values().shape()).isEqualTo(Shape.of(3, 2));
        assertThat(rows.values().toLongArray()).containsExactly(1, 9, 2, 0, 2, 1);
        assertThat(rows.inverse().toLongArray()).containsExactly(2, 0, 1, 0, 2);
        assertThat(rows.counts().toLongArray()).containsExactly(2, 1, 2);
        SelectionMethods.Unique columns = x.transpose().unique(1);
        assertThat(columns.values().transpose().toLongArray()).containsExactly(1, 9, 2, 0, 2, 1);
    }

    @Test
    void histogramsTakeTheirRangeFromTheElements() {
        assertThat(Tensor.of(1L, 2L, 4L, 5L).histogram(2).counts().toLongArray())
                .containsExactly(2, 2);
        assertThat(Tensor.of(3f, 3f).histogram(1).edges().toFloatArray()).containsExactly(2.5f, 3.5f);
        assertThat(Tensor.zeros(0).histogram(1).edges().toFloatArray()).containsExactly(0, 1);
        Tensor x = Tensor.of(0f, Float.NaN, Float.POSITIVE_INFINITY, 1f);
        assertThat(x.histogram(1, 0, 1).counts().toLongArray()).containsExactly(2);
        assertThatThrownBy(() -> x.histogram(1)).hasMessageContaining("both finite");
    }

    @Test
    void histogramsAgreeWithTheirEdges() {
        Tensor edges = Tensor.zeros(1).histogram(49, 0, 0.7).edges();
        assertThat(edges.narrow(0, 0, 49).histogram(49, 0, 0.7).counts().toLongArray())
                .containsOnly(1);
    }

    @Test
    void weightsAreSummed() {
        assertThat(Tensor.of(1L, 3L, 1L).bincount(0, Tensor.of(0.5, 2.0, 0.25)).toDoubleArray())
                .containsExactly(0, 0.75, 0, 2);
    }

    @Test
    void countsAndHistograms() {
        assertThat(Tensor.of(1L, 3L, 1L).bincount(6).toLongArray()).containsExactly(0, 2, 0, 1, 0, 0);
        SelectionMethods.Histogram histogram =
                Tensor.of(-1f, 0f, 0.5f, 1f, 2f, 2.1f).histogram(2, 0, 2);
        assertThat(histogram.counts().toLongArray()).containsExactly(2, 2);
        assertThat(histogram.edges().toFloatArray()).containsExactly(0, 1, 2);
    }

    @Test
    void gridsAndPaddings() {
        List<Tensor> grid = Tensor.meshgrid(Tensor.of(1f, 2f), Tensor.of(3f, 4f, 5f));
        assertThat(grid.get(0).toFloatArray()).containsExactly(1, 1, 1, 2, 2, 2);
        assertThat(grid.get(1).toFloatArray()).containsExactly(3, 4, 5, 3, 4, 5);
        Tensor line = Tensor.of(1f, 2f, 3f);
        assertThat(line.padReflect(2, 1).toFloatArray()).containsExactly(3, 2, 1, 2, 3, 2);
        assertThat(line.padReplicate(2, 1).toFloatArray()).containsExactly(1, 1, 1, 2, 3, 3);
        assertThatThrownBy(() -> line.padReflect(3, 0)).hasMessageContaining("each less than its size");
    }

    /** A wrong column must not become another row's element, as merged positions would have it. */
    @Test
    void indexTensorsStayInTheirOwnDimension() {
        long[][] outside = {
            {0, 3}, {0, 4}, {1, -4}, {2, -3}, {-3, 2}, {Long.MAX_VALUE / 3 * 2 + 1, 0}, {0, Long.MIN_VALUE}
        };
        for (long[] place : outside) {
            Tensor row = Tensor.of(place[0]);
            Tensor column = Tensor.of(place[1]);
            for (boolean accumulate : new boolean[] {false, true}) {
                assertThatThrownBy(() -> X.indexPut(List.of(row, column), Tensor.of(9f), accumulate))
                        .isInstanceOf(TensorException.class)
                        .hasMessageStartingWith("index_put: number ");
            }
            assertThatThrownBy(() -> X.index(row, column))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("index: number ")
                    .hasMessageMatching(".*expected (-2 to 1|-3 to 2).*");
        }
        assertThatThrownBy(() -> Tensor.zeros(0, 3).index(Tensor.of(0L), Tensor.of(0L)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no place");
        assertThat(Tensor.zeros(0, 3)
                        .index(Tensor.zeros(DType.I64, 0), Tensor.of(0L))
                        .shape())
                .isEqualTo(Shape.of(0));
    }

    @Test
    void binsCountNoNegativeNumbersAndNoneBeyondALong() {
        for (long number : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> Tensor.of(3L, number).bincount(0))
                    .isInstanceOf(TensorException.class)
                    .hasMessageStartingWith("bincount: ");
        }
        assertThat(Tensor.zeros(DType.I64, 0).bincount(-1).shape()).isEqualTo(Shape.of(0));
        assertThatThrownBy(() -> X.histogram(Long.MAX_VALUE))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("histogram: ");
        assertThatThrownBy(() -> Tensor.of(1L).oneHot(-1)).hasMessageContaining("-1 classes (expected 0 or more)");
    }
}
