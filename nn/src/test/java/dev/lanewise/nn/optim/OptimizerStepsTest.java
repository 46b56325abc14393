package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Linear;
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
import org.assertj.core.data.Offset;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class OptimizerStepsTest {
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final float NAN = Float.NaN;

    /** Zeros of both signs, numbers whose squares overflow or vanish, subnormal numbers, infinities, NaN, and 1. */
    private static final float[] EXTREMES = {
        0, -0f, 1e30f, -1e25f, 2 * Float.MIN_VALUE, 1e-39f, 1e-20f, INF, -INF, NAN, 1
    };

    record Kind(String name, Function<List<Parameter>, Optimizer> make, float... afterExtremes) {
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * Every optimizer of single elements or vectors, with what three steps by the extremes make of 0.5 in PyTorch 2.13 (Lion:
     * by its formula); nothing for those whose elements depend on one another.
     */
    private static Stream<Kind> kinds() {
        float h = 0.5f;
        float w = 0.49253744f;
        return Stream.of(
                new Kind(
                        "sgd",
                        p -> new Sgd(p, 0.05, new Sgd.Options(0.9, 0, 0, true)),
                        h,
                        h,
                        -4.0245e29f,
                        4.0245e24f,
                        h,
                        h,
                        h,
                        -INF,
                        INF,
                        NAN,
                        0.09754999f),
                new Kind(
                        "adam",
                        p -> new Adam(p, 0.05, new Adam.Options(0.9, 0.99, 1e-8, 0, false)),
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.34999996f),
                new Kind(
                        "adamw",
                        p -> new Adam(p, 0.05, new Adam.Options(0.9, 0.99, 1e-8, 0.1, true)),
                        w,
                        w,
                        w,
                        w,
                        w,
                        w,
                        w,
                        NAN,
                        NAN,
                        NAN,
                        0.34328616f),
                new Kind(
                        "amsgrad",
                        p -> new AmsGrad(p, 0.05, new AmsGrad.Options(0.9, 0.99, 1e-8, 0)),
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.34999996f),
                new Kind(
                        "rmsprop",
                        p -> new RmsProp(p, 0.05, new RmsProp.Options(0.99, 1e-8, 0, 0.5, true)),
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        -1.2109706f),
                new Kind(
                        "adagrad",
                        p -> new Adagrad(p, 0.05, new Adagrad.Options(0.1, 1e-10, 0)),
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.39380252f),
                new Kind(
                        "adadelta",
                        p -> new Adadelta(p, 0.05, Adadelta.Options.defaults()),
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.49951464f),
                new Kind(
                        "adamax",
                        p -> new Adamax(p, 0.05, new Adamax.Options(0.9, 0.99, 1e-8, 0)),
                        h,
                        h,
                        0.35f,
                        0.65f,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.34999996f),
                new Kind(
                        "nadam",
                        p -> new NAdam(p, 0.05, new NAdam.Options(0.9, 0.99, 1e-8, 0, 4e-3)),
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.37138233f),
                new Kind(
                        "radam",
                        p -> new RAdam(p, 0.05, new RAdam.Options(0.9, 0.99, 1e-8, 0, false)),
                        h,
                        h,
                        -1.5000000e29f,
                        1.4999999e24f,
                        h,
                        h,
                        h,
                        NAN,
                        NAN,
                        NAN,
                        0.34999996f),
                new Kind(
                        "lion",
                        p -> new Lion(p, 0.05, new Lion.Options(0.9, 0.99, 0.1)),
                        w,
                        w,
                        0.34328616f,
                        0.6417887f,
                        w,
                        0.34328616f,
                        0.34328616f,
                        0.34328616f,
                        0.6417887f,
                        NAN,
                        0.34328616f),
                new Kind("adafactor", p -> new Adafactor(p, 0.05, Adafactor.Options.defaults())));
    }

    /** A step whose gradients are given, through a loss that is linear in the parameters. */
    private static void step(Optimizer optimizer, Tensor gradient, Parameter... parameters) {
        Tensor loss = Tensor.full(0, DType.F32, Device.CPU);
        for (Parameter parameter : parameters) {
            loss = loss.add(parameter.tensor().mul(gradient).sum());
        }
        optimizer.step(Autograd.gradients(loss));
    }

    private static Parameter halves(int size) {
        return new Parameter(Tensor.full(0.5, DType.F32, Device.CPU, size));
    }

    private static Tensor gradient(int step) {
        return new Rng(step).randn(DType.F32, 3);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void parameterUnfrozenLaterIsTrainedAsByAnOptimizerThatBeginsThen(Kind kind) {
        Parameter early = halves(3);
        Parameter late = halves(3);
        Parameter alone = halves(3);
        late.freeze(true);
        Optimizer both = kind.make.apply(List.of(early, late));
        Optimizer begun = kind.make.apply(List.of(alone));
        for (int i = 0; i < 5; i++) {
            step(both, gradient(i), early);
        }
        late.freeze(false);
        for (int i = 5; i < 9; i++) {
            step(both, gradient(i), early, late);
            step(begun, gradient(i), alone);
        }
        assertThat(late.leaf().toFloatArray()).containsExactly(alone.leaf().toFloatArray());
        assertThat(both.steps()).isEqualTo(9);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void stateWithDifferentCountsGoesOnWhereItWasSaved(Kind kind) {
        Parameter[] p = {halves(3), halves(3)};
        Optimizer whole = kind.make.apply(List.of(p));
        step(whole, gradient(0), p[0]);
        step(whole, gradient(1), p[0], p[1]);
        Parameter[] q = {
            new Parameter(Autograd.detach(p[0].leaf()).copy()),
            new Parameter(Autograd.detach(p[1].leaf()).copy())
        };
        Optimizer resumed = kind.make.apply(List.of(q));
        step(resumed, gradient(7).mul(0), q);
        Map<String, Tensor> saved = new LinkedHashMap<>();
        whole.stateDict().forEach((name, tensor) -> saved.put(name, tensor.copy()));
        for (int i = 0; i < 2; i++) {
            q[i].set(Autograd.detach(p[i].leaf()).copy());
        }
        resumed.loadStateDict(saved, whole.steps());
        step(whole, gradient(2), p);
        step(resumed, gradient(2), q);
        for (int i = 0; i < 2; i++) {
            assertThat(q[i].leaf().toFloatArray()).containsExactly(p[i].leaf().toFloatArray());
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void stateOfAnEarlierVersionCountsEveryStep(Kind kind) {
        Parameter p = halves(3);
        Optimizer optimizer = kind.make.apply(List.of(p));
        step(optimizer, gradient(0), p);
        step(optimizer, gradient(1), p);
        Map<String, Tensor> old = new LinkedHashMap<>();
        optimizer.stateDict().forEach((name, tensor) -> {
            if (!name.startsWith("step.")) {
                old.put(name, tensor.copy());
            }
        });
        Parameter q = new Parameter(Autograd.detach(p.leaf()).copy());
        Optimizer resumed = kind.make.apply(List.of(q));
        resumed.loadStateDict(old, 2);
        step(optimizer, gradient(2), p);
        step(resumed, gradient(2), q);
        assertThat(q.leaf().toFloatArray()).containsExactly(p.leaf().toFloatArray());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void extremeGradientsGiveWhatPyTorchGives(Kind kind) {
        assumeTrue(kind.afterExtremes.length > 0, "its elements depend on one another");
        Parameter p = halves(EXTREMES.length);
        Optimizer optimizer = kind.make.apply(List.of(p));
        for (int i = 0; i < 3; i++) {
            optimizer.step(
                    Autograd.gradients(p.tensor().mul(Tensor.of(EXTREMES)).sum()));
        }
        float[] got = p.leaf().toFloatArray();
        for (int i = 0; i < got.length; i++) {
            float want = kind.afterExtremes[i];
            if (Float.isFinite(want)) {
                assertThat(got[i]).as("gradient %s", EXTREMES[i]).isCloseTo(want, within(want));
            } else {
                // infinite or NaN: from the second step on that depends on whether 0 times the parameter is added
                assertThat(Float.isFinite(got[i]))
                        .as("gradient %s gave %s", EXTREMES[i], got[i])
                        .isFalse();
            }
        }
    }

    private static Offset<Float> within(float value) {
        return Offset.offset(2e-6f * Math.max(1, Math.abs(value)));
    }

    @Test
    void modelThatChangedItsTypeNeedsANewOptimizer() {
        Linear layer = new Linear(2, 2, new Rng(1));
        Optimizer optimizer = new Adam(layer.parameters(), 0.1);
        layer.to(DType.F64);
        optimizer.step(
                Autograd.gradients(layer.forward(Tensor.ones(DType.F64, 1, 2)).sum()));
        layer.to(DType.F32);
        assertThatThrownBy(() -> optimizer.step(
                        Autograd.gradients(layer.forward(Tensor.ones(1, 2)).sum())))
                .isInstanceOf(TensorException.class)
                .hasMessageStartingWith("optimizer: state F64[2, 2] of parameter 0, which is F32[2, 2] by now");
    }

    @Test
    void centeredRmsPropStaysFiniteOnConstantGradients() {
        float[] constants = {0.1f, 0.3f, 1, 1e-3f, 7, 0.7f, 1e10f, 1e-18f};
        Parameter p = halves(constants.length);
        RmsProp optimizer = new RmsProp(List.of(p), 1e-3, new RmsProp.Options(0.9, 1e-8, 0, 0, true));
        for (int i = 0; i < 500; i++) {
            step(optimizer, Tensor.of(constants), p);
            assertThat(p.leaf().isFinite().all().itemLong()).as("step %s", i).isOne();
        }
    }

    @Test
    void gradientsOfAnotherModelAreAnError() {
        Linear mine = new Linear(2, 1, new Rng(1));
        Linear other = new Linear(2, 1, new Rng(2));
        Sgd optimizer = new Sgd(mine.parameters(), 0.1);
        var gradients = Autograd.gradients(other.forward(Tensor.ones(3, 2)).sum());
        assertThatThrownBy(() -> optimizer.step(gradients))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("none of its 2 parameters")
                .hasMessageContaining("another model");
        assertThat(optimizer.steps()).isZero();
    }

    @Test
    void optimizerWhoseParametersAreAllFrozenRefusesOthersGradients() {
        Linear frozen = new Linear(2, 1, new Rng(1));
        Linear head = new Linear(1, 1, new Rng(2));
        Sgd optimizer = new Sgd(frozen.parameters(), 0.1);
        var own = Autograd.gradients(frozen.forward(Tensor.ones(3, 2)).sum());
        frozen.freeze(true);
        float[] before = frozen.weight().leaf().toFloatArray();
        var others = Autograd.gradients(
                head.forward(frozen.forward(Tensor.ones(3, 2))).sum());
        assertThatThrownBy(() -> optimizer.step(others))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("none of its 2 parameters, of which 2 are frozen")
                .hasMessageContaining("freeze(false)");
        assertThat(optimizer.steps()).isZero();
        // frozen since the gradients were computed: nothing is to change
        optimizer.step(own);
        assertThat(frozen.weight().leaf().toFloatArray()).containsExactly(before);
    }

    @Test
    void noParametersAreAnError() {
        kinds().forEach(kind -> assertThatThrownBy(() -> kind.make.apply(List.of()))
                .as(kind.name)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("no parameters"));
    }

    @Test
    void groupWithoutParametersIsPassedOver() {
        Parameter p = halves(2);
        ParameterGroups groups = ParameterGroups.of(ParameterGroup.of(List.of()), ParameterGroup.of(List.of(p)));
        step(new Adam(groups, 0.1, Adam.Options.adam()), Tensor.ones(2), p);
        assertThat(p.leaf().toFloatArray()).containsOnly(0.4f);
    }

    @Test
    void damagedStepCountsAreRefusedAndChangeNothing() {
        Parameter p = halves(2);
        Adam adam = new Adam(List.of(p), 0.1);
        step(adam, Tensor.ones(2), p);
        Map<String, Tensor> state = new LinkedHashMap<>(adam.stateDict());
        for (Tensor count : List.of(scalar(-1), scalar(2), scalar(0), Tensor.of(new long[] {1, 1}), Tensor.ones(1))) {
            Map<String, Tensor> damaged = new LinkedHashMap<>(state);
            damaged.put("step.0", count);
            assertThatThrownBy(() -> adam.loadStateDict(damaged, 1))
                    .as(count.toString())
                    .isInstanceOf(TensorException.class)
                    .hasMessageContaining("step.0");
        }
        assertThatThrownBy(() -> adam.loadStateDict(state, -5)).isInstanceOf(TensorException.class);
        assertThat(adam.steps()).isOne();
    }

    private static Tensor scalar(long value) {
        return Tensor.full(value, DType.I64, Device.CPU);
    }

    @Test
    void normOfHalfPrecisionGradientsNeitherOverflowsNorVanishes() {
        for (double size : new double[] {300, 1e-4}) {
            Parameter p = new Parameter(Tensor.full(1, DType.F16, Device.CPU, 4));
            var gradients = Autograd.gradients(p.tensor()
                    .mul(Tensor.full(size, DType.F16, Device.CPU, 4))
                    .to(DType.F32)
                    .sum());
            assertThat(Clipping.norm(gradients)).isCloseTo(2 * size, Percentage.withPercentage(1));
        }
    }
}
