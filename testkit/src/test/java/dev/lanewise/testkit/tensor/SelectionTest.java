package dev.lanewise.testkit.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.GradCheck;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.SelectionMethods;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import dev.lanewise.tensor.op.Scatter;
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
        Tensor rows = Tensor.of(new long[] {0, -1}, Shape.of(2, 1));
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
        assertThat(base.scatterReduce(Scatter.Kind.AMAX, 0, index, source, false)
                        .toFloatArray())
                .containsExactly(2, 100, 3);
        assertThat(base.scatterReduce(Scatter.Kind.ADD, 0, index, source, true).toFloatArray())
                .containsExactly(103, 100, 103);
        assertThat(base.scatterReduce(Scatter.Kind.MUL, 0, index, source, false).toFloatArray())
                .containsExactly(2, 100, 3);
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
}
