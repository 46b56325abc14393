package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradientSum;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.RowGradient;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.sequence.Embedding;
import dev.lanewise.nn.sequence.EmbeddingBag;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients by rows give what dense ones give. */
final class RowGradientTest {
    private static final Tensor IDS = Tensor.of(new long[] {4, 1, 4, 0, 4, 1}, 2, 3);

    private static Tensor table() {
        return new Rng(1).randn(DType.F64, 7, 3);
    }

    private static Gradients gradients(Parameter weight) {
        Tensor looked = new Embedding(weight).forward(IDS);
        return Autograd.gradients(looked.square().sum());
    }

    record Kind(String name, BiFunction<List<Parameter>, Double, Optimizer> make) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Kind> kinds() {
        return Stream.of(
                new Kind("sgd", Sgd::new),
                new Kind("sgd with momentum", (p, r) -> new Sgd(p, r, Sgd.Options.momentum(0.9))),
                new Kind("adagrad", (p, r) -> new Adagrad(p, r, new Adagrad.Options(0.1, 1e-10, 0))),
                new Kind("adagrad with decay", (p, r) -> new Adagrad(p, r, new Adagrad.Options(0.1, 1e-10, 0.1))),
                new Kind("adam", Adam::new));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void stepsAreThoseOfDenseGradients(Kind kind) {
        Parameter dense = new Parameter(table());
        Parameter rows = Parameter.byRows(table());
        Optimizer a = kind.make.apply(List.of(dense), 0.1);
        Optimizer b = kind.make.apply(List.of(rows), 0.1);
        for (int i = 0; i < 4; i++) {
            a.step(gradients(dense));
            b.step(gradients(rows));
        }
        assertThat(rows.leaf().toDoubleArray()).containsExactly(dense.leaf().toDoubleArray(), within(1e-12));
    }

    @Test
    void sparseAdamIsAdamOnRowsThatAreAlwaysLookedUp() {
        Parameter dense = new Parameter(table());
        Parameter rows = Parameter.byRows(table());
        Adam a = new Adam(List.of(dense), 0.1);
        SparseAdam b = new SparseAdam(List.of(rows), 0.1, SparseAdam.Options.defaults());
        for (int i = 0; i < 4; i++) {
            a.step(gradients(dense));
            b.step(gradients(rows));
        }
        for (long row : new long[] {0, 1, 4}) {
            assertThat(rows.leaf().select(0, row).toDoubleArray())
                    .containsExactly(dense.leaf().select(0, row).toDoubleArray(), within(1e-7));
        }
        assertThat(rows.leaf().select(0, 2).toDoubleArray())
                .containsExactly(table().select(0, 2).toDoubleArray());
        assertThatThrownBy(() -> new SparseAdam(
                        ParameterGroups.of(ParameterGroup.of(List.of(rows)).withWeightDecay(0.1)),
                        0.1,
                        SparseAdam.Options.defaults()))
                .isInstanceOf(TensorException.class);
    }

    @Test
    void rowsAreThereOnceAndTheirDenseFormIsTheGradient() {
        Parameter dense = new Parameter(table());
        Parameter weight = Parameter.byRows(table());
        Gradients gradients = gradients(weight);
        RowGradient rows = gradients.rows(weight.leaf()).orElseThrow();
        assertThat(rows.indices().toLongArray()).containsExactly(0, 1, 4);
        double[] want = gradients(dense).of(dense.leaf()).toDoubleArray();
        assertThat(rows.dense().toDoubleArray()).containsExactly(want);
        assertThat(gradients.of(weight.leaf()).toDoubleArray()).containsExactly(want);
        assertThat(gradients.has(weight.leaf())).isTrue();
        assertThat(Clipping.norm(gradients)).isCloseTo(Clipping.norm(gradients(dense)), within(1e-12));
        GradientSum sum = new GradientSum();
        sum.add(gradients);
        sum.add(gradients(weight));
        assertThat(sum.gradients().of(weight.leaf()).mul(0.5).toDoubleArray()).containsExactly(want, within(1e-12));
    }

    @Test
    void severalLookupsAndOtherUsesAdd() {
        Tensor more = Tensor.of(new long[] {6, 1});
        for (boolean tied : new boolean[] {false, true}) {
            double[][] got = new double[2][];
            for (int i = 0; i < 2; i++) {
                Parameter p = i == 0 ? new Parameter(table()) : Parameter.byRows(table());
                Tensor loss = p.tensor()
                        .embedding(IDS)
                        .square()
                        .sum()
                        .add(p.tensor().embedding(more).exp().sum());
                Tensor all = tied ? loss.add(p.tensor().sin().sum()) : loss;
                Gradients gradients = Autograd.gradients(all);
                assertThat(gradients.rows(p.leaf()).isPresent()).isEqualTo(i == 1 && !tied);
                got[i] = gradients.of(p.leaf()).toDoubleArray();
            }
            assertThat(got[1]).containsExactly(got[0], within(1e-12));
        }
    }

    @Test
    void manyLookupsAdd() {
        double[][] got = new double[2][];
        for (int i = 0; i < 2; i++) {
            Parameter p = i == 0 ? new Parameter(table()) : Parameter.byRows(table());
            Rng rng = new Rng(5);
            Tensor sum = Tensor.of(0.0).sum();
            for (int lookup = 0; lookup < 37; lookup++) {
                Tensor index = rng.randint(0, 7, lookup % 5);
                sum = sum.add(p.tensor().embedding(index).square().sum().mul(lookup));
            }
            Gradients gradients = Autograd.gradients(sum);
            assertThat(gradients.rows(p.leaf()).isPresent()).isEqualTo(i == 1);
            got[i] = gradients.of(p.leaf()).toDoubleArray();
        }
        assertThat(got[1]).containsExactly(got[0], within(1e-10));
    }

    @Test
    void bagsAndEmptyLookupsHaveRows() {
        Parameter weight = Parameter.byRows(table());
        EmbeddingBag bag = new EmbeddingBag(weight, EmbeddingBag.Mode.MEAN, 4);
        Gradients gradients = Autograd.gradients(bag.forward(IDS).square().sum());
        assertThat(gradients
                        .rows(weight.leaf())
                        .orElseThrow()
                        .dense()
                        .select(0, 4)
                        .toDoubleArray())
                .containsOnly(0);
        Tensor none = weight.tensor().embedding(Tensor.of(new long[0], 0));
        Gradients empty = Autograd.gradients(none.sum());
        assertThat(empty.rows(weight.leaf()).orElseThrow().indices().shape().elements())
                .isZero();
        new Sgd(List.of(weight), 0.1).step(empty);
        assertThat(weight.leaf().toDoubleArray()).containsExactly(table().toDoubleArray());
    }

    @Test
    void rowsAreAssignedInOneCall() {
        Tensor x = Tensor.zeros(5, 2);
        x.assignRows(Tensor.of(new long[] {3, 0}), Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
        assertThat(x.toFloatArray()).containsExactly(3, 4, 0, 0, 0, 0, 1, 2, 0, 0);
        assertThatThrownBy(() -> x.assignRows(Tensor.of(new long[] {5}), Tensor.ones(1, 2)))
                .isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> x.assignRows(Tensor.of(new long[] {1}), Tensor.ones(2, 2)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("assign_rows");
    }

    @Test
    void halvesAreTrainedByRows() {
        for (DType dtype : List.of(DType.F16, DType.BF16)) {
            Parameter rows = Parameter.byRows(table().to(dtype));
            Parameter dense = new Parameter(table().to(dtype));
            for (Parameter p : List.of(rows, dense)) {
                new Sgd(List.of(p), 0.1).step(gradients(p));
                // with an epsilon that these types have
                new Adagrad(List.of(p), 0.1, new Adagrad.Options(0, 0.01, 0)).step(gradients(p));
            }
            assertThat(rows.leaf().toDoubleArray()).containsExactly(dense.leaf().toDoubleArray(), within(0.02));
            assertThat(rows.leaf().select(0, 2).toDoubleArray())
                    .containsExactly(table().to(dtype).select(0, 2).toDoubleArray());
        }
    }

    @Test
    void rowsOfTheTensorItselfAreReadBeforeTheyAreOverwritten() {
        for (Tensor numbers : List.of(Tensor.of(1L, 2L, 0L), Tensor.of(1, 2, 0))) {
            Tensor x = Tensor.of(new float[][] {{1, 2}, {3, 4}, {5, 6}});
            x.assignRows(numbers, x);
            assertThat(x.toFloatArray()).containsExactly(5, 6, 1, 2, 3, 4);
        }
        Tensor x = Tensor.of(new float[][] {{1, 2}, {3, 4}, {5, 6}});
        x.assignRows(Tensor.of(0L, 1L), x.narrow(0, 1, 2).flip(0));
        assertThat(x.toFloatArray()).containsExactly(5, 6, 3, 4, 5, 6);
        Tensor positions = Tensor.of(new long[][] {{1}, {0}});
        positions.assignRows(positions.select(1, 0), Tensor.of(new long[][] {{8}, {9}}));
        assertThat(positions.toLongArray()).containsExactly(9, 8);
    }
}
