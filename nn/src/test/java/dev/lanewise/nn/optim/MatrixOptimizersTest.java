package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Optimizers whose elements depend on one another: their numbers are compared with PyTorch's by the reference cases. */
final class MatrixOptimizersTest {
    record Kind(String name, Function<List<Parameter>, Optimizer> make) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Stream<Kind> kinds() {
        return Stream.of(
                new Kind("muon", p -> new Muon(p, 0.05, Muon.Options.defaults())),
                new Kind("adafactor", p -> new Adafactor(p, 0.05, Adafactor.Options.defaults())),
                new Kind("lbfgs", p -> new Lbfgs(p, 0.3, new Lbfgs.Options(1, 1, 1e-7, 1e-9, 3, false))));
    }

    private static Parameter matrix(int seed) {
        return new Parameter(new Rng(seed).randn(DType.F32, 3, 4));
    }

    /** The gradient of a quadratic function, so that L-BFGS meets a curvature above 0. */
    private static void step(Optimizer optimizer, Parameter... parameters) {
        Tensor scale = new Rng(9).rand(DType.F32, 3, 4).add(0.5);
        Tensor loss = Tensor.full(0, DType.F32, Device.CPU);
        for (Parameter p : parameters) {
            loss = loss.add(p.tensor().square().mul(scale).sum());
        }
        optimizer.step(Autograd.gradients(loss));
    }

    private static Parameter copy(Parameter p) {
        return new Parameter(Autograd.detach(p.leaf()).copy());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void savedStateGoesOnBitForBit(Kind kind) {
        Parameter[] p = {matrix(1), matrix(2)};
        Optimizer whole = kind.make.apply(List.of(p));
        step(whole, p);
        step(whole, p);
        step(whole, p);
        Map<String, Tensor> saved = new LinkedHashMap<>();
        whole.stateDict().forEach((name, tensor) -> saved.put(name, tensor.copy()));
        Parameter[] q = {copy(p[0]), copy(p[1])};
        Optimizer resumed = kind.make.apply(List.of(q));
        resumed.loadStateDict(saved, whole.steps());
        for (int i = 0; i < 3; i++) {
            step(whole, p);
            step(resumed, q);
        }
        for (int i = 0; i < 2; i++) {
            assertThat(q[i].leaf().toFloatArray()).containsExactly(p[i].leaf().toFloatArray());
        }
    }

    @Test
    void muonUnfrozenLaterBeginsThen() {
        Parameter early = matrix(1);
        Parameter late = matrix(2);
        Parameter alone = copy(late);
        Muon both = new Muon(List.of(early, late), 0.1, Muon.Options.defaults());
        Muon begun = new Muon(List.of(alone), 0.1, Muon.Options.defaults());
        late.freeze(true);
        step(both, early, late);
        late.freeze(false);
        for (int i = 0; i < 3; i++) {
            step(both, early, late);
            step(begun, alone);
        }
        assertThat(late.leaf().toFloatArray()).containsExactly(alone.leaf().toFloatArray());
    }

    @Test
    void muonRefusesVectors() {
        Parameter vector = new Parameter(Tensor.ones(3));
        assertThatThrownBy(() -> new Muon(List.of(vector), 0.1, Muon.Options.defaults()))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[3]")
                .hasMessageContaining("expected matrices");
    }

    @Test
    void lbfgsWithLineSearchFindsTheMinimumOfRosenbrocksValley() {
        Parameter p = new Parameter(Tensor.of(-1.2, 1.0));
        Lbfgs optimizer = new Lbfgs(List.of(p), 1, Lbfgs.Options.defaults().withLineSearch());
        double loss = Double.NaN;
        for (int i = 0; i < 5; i++) {
            loss = optimizer.step(() -> {
                Tensor x = p.tensor().select(0, 0);
                Tensor y = p.tensor().select(0, 1);
                return y.sub(x.square()).square().mul(100).add(x.rsub(1).square());
            });
        }
        assertThat(loss).isLessThan(1e-8);
        assertThat(p.leaf().toDoubleArray()).satisfies(x -> {
            assertThat(x[0]).isBetween(1 - 1e-3, 1 + 1e-3);
            assertThat(x[1]).isBetween(1 - 1e-3, 1 + 1e-3);
        });
        assertThat(optimizer.steps()).isEqualTo(5);
    }

    @Test
    void lbfgsBeginsAnewWhenAParameterIsUnfrozen() {
        Parameter early = matrix(1);
        Parameter late = matrix(2);
        late.freeze(true);
        Lbfgs optimizer = new Lbfgs(List.of(early, late), 0.3, Lbfgs.Options.defaults());
        step(optimizer, early, late);
        step(optimizer, early, late);
        late.freeze(false);
        Parameter[] alone = {copy(early), copy(late)};
        Lbfgs begun = new Lbfgs(List.of(alone), 0.3, Lbfgs.Options.defaults());
        step(optimizer, early, late);
        step(begun, alone);
        assertThat(late.leaf().toFloatArray()).containsExactly(alone[1].leaf().toFloatArray());
        assertThat(early.leaf().toFloatArray()).containsExactly(alone[0].leaf().toFloatArray());
    }

    @Test
    void lbfgsNeedsTheLossForItsLineSearch() {
        Parameter p = matrix(1);
        Lbfgs optimizer = new Lbfgs(List.of(p), 1, Lbfgs.Options.defaults().withLineSearch());
        assertThatThrownBy(() -> step(optimizer, p))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("step(() -> loss)");
    }

    /** The first step of the search is far into where the loss is infinite, and its slope NaN. */
    @Test
    void lbfgsComesBackFromWhereTheLossIsNotFinite() {
        for (double rate : new double[] {1e3, 1e200}) {
            Parameter p = new Parameter(Tensor.of(-2.0, 1.5));
            Lbfgs optimizer =
                    new Lbfgs(List.of(p), rate, Lbfgs.Options.defaults().withLineSearch());
            double before = optimizer.step(() -> p.tensor().square().exp().sum());
            double after = p.leaf().square().exp().sum().item();
            assertThat(after).as("rate %s", rate).isLessThanOrEqualTo(before);
            assertThat(p.leaf().toDoubleArray()).doesNotContain(Double.NaN);
        }
    }
}
