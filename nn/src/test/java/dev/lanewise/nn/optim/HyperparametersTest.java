package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.DoubleConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Hyperparameters outside the ranges of PyTorch's optimizers are refused where they are given. */
final class HyperparametersTest {
    private static final double NAN = Double.NaN;
    private static final double INFINITE = Double.POSITIVE_INFINITY;

    @Test
    void decaysAreFrom0ToBelow1() {
        Map<String, DoubleConsumer> makers = Map.of(
                "adam: beta1", b -> new Adam.Options(b, 0.9, 1e-8, 0, false),
                "adam: beta2", b -> new Adam.Options(0.9, b, 1e-8, 0, false),
                "amsgrad: beta1", b -> new AmsGrad.Options(b, 0.9, 1e-8, 0),
                "adamax: beta2", b -> new Adamax.Options(0.9, b, 1e-8, 0),
                "nadam: beta1", b -> new NAdam.Options(b, 0.9, 1e-8, 0, 0),
                "radam: beta2", b -> new RAdam.Options(0.9, b, 1e-8, 0, true),
                "lion: beta1", b -> new Lion.Options(b, 0.9, 0),
                "sparse adam: beta2", b -> new SparseAdam.Options(0.9, b, 1e-8));
        makers.forEach((name, make) -> {
            assertThatCode(() -> make.accept(0)).doesNotThrowAnyException();
            for (double bad : new double[] {-0.1, 1, 2, NAN}) {
                assertRefused(() -> make.accept(bad), name + " " + bad);
            }
        });
    }

    @Test
    void otherNumbersAreFiniteAndNotNegative() {
        Map<String, DoubleConsumer> makers = Map.of(
                "adam: epsilon", x -> new Adam.Options(0, 0, x, 0, false),
                "sgd: momentum", x -> new Sgd.Options(x, 0, 0, false),
                "sgd: weight decay", x -> new Sgd.Options(0, 0, x, false),
                "rmsprop: momentum", x -> new RmsProp.Options(1, 0, 0, x, false),
                "adagrad: rate decay", x -> new Adagrad.Options(x, 0, 0),
                "nadam: momentum decay", x -> new NAdam.Options(0, 0, 0, 0, x),
                "muon: momentum", x -> new Muon.Options(x, true, 0, 5, 0, Muon.RateFactor.ORIGINAL),
                "adafactor: epsilon1", x -> new Adafactor.Options(0, OptionalDouble.of(x), 0, 1, 0),
                "lbfgs: gradient tolerance", x -> new Lbfgs.Options(1, 1, x, 0, 1, false),
                "schedule: exponential: gamma", x -> Schedule.exponential(1, x));
        makers.forEach((name, make) -> {
            assertThatCode(() -> make.accept(0)).doesNotThrowAnyException();
            for (double bad : new double[] {-1, NAN, INFINITE}) {
                assertRefused(() -> make.accept(bad), name + " " + bad);
            }
        });
    }

    @Test
    void rangesOfSomeOptimizersAreTheirOwn() {
        assertRefused(() -> new SparseAdam.Options(0, 0, 0), "sparse adam: epsilon 0.0");
        assertRefused(() -> new RmsProp.Options(2, 0, 0, 0, false), "rmsprop: alpha 2.0");
        assertRefused(() -> new Adadelta.Options(1.5, 0, 0), "adadelta: rho 1.5");
        assertRefused(() -> new Sgd.Options(0, NAN, 0, false), "sgd: dampening NaN");
        assertRefused(() -> new Adafactor.Options(0.1, OptionalDouble.empty(), 0, 1, 0), "decay of beta2 0.1");
        assertRefused(() -> new Adafactor.Options(0, OptionalDouble.empty(), 0, 0.5, 0), "clip 0.5");
    }

    @Test
    void optionsAreNotNull() {
        List<Parameter> parameters = List.of(new Parameter(Tensor.ones(2)));
        assertThatThrownBy(() -> new Adam(parameters, 0.1, null)).hasMessageContaining("options");
        assertThatThrownBy(() -> new Sgd(parameters, 0.1, null)).hasMessageContaining("options");
        assertThatThrownBy(() -> new Lbfgs(parameters, 0.1, null)).hasMessageContaining("options");
    }

    @Test
    void schedulesHaveNoNegativeRates() {
        assertRefused(() -> Schedule.constant(-1), "constant: base -1.0");
        assertRefused(() -> Schedule.step(1, 2, -0.5), "step: gamma -0.5");
        assertRefused(() -> Schedule.multiStep(1, -2, 3), "multi-step: gamma -2.0");
        assertRefused(() -> Schedule.cosine(1, -1, 10), "cosine: least -1.0");
        assertRefused(() -> Schedule.constant(1).then(-1, Schedule.constant(2)), "then: steps -1");
    }

    private static void assertRefused(ThrowingCallable make, String message) {
        assertThatThrownBy(make)
                .isInstanceOf(TensorException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("expected");
    }
}
