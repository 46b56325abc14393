package dev.lanewise.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.BatchNorm1d;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

final class ParameterGroupTest {
    private static final double RATE = 0.05;
    private static final double DECAY = 0.1;

    private interface Kind extends BiFunction<ParameterGroups, double[], Optimizer> {}

    /** Every optimizer, made from groups, a learning rate and a weight decay. */
    private static Map<String, Kind> kinds() {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        kinds.put("sgd", (g, x) -> new Sgd(g, x[0], new Sgd.Options(0.9, 0, x[1], true)));
        kinds.put("adam", (g, x) -> new Adam(g, x[0], new Adam.Options(0.9, 0.99, 1e-8, x[1], false)));
        kinds.put("adamw", (g, x) -> new Adam(g, x[0], new Adam.Options(0.9, 0.99, 1e-8, x[1], true)));
        kinds.put("amsgrad", (g, x) -> new AmsGrad(g, x[0], new AmsGrad.Options(0.9, 0.99, 1e-8, x[1])));
        kinds.put("rmsprop", (g, x) -> new RmsProp(g, x[0], new RmsProp.Options(0.99, 1e-8, x[1], 0.5, true)));
        kinds.put("adagrad", (g, x) -> new Adagrad(g, x[0], new Adagrad.Options(0.1, 1e-10, x[1])));
        kinds.put("adadelta", (g, x) -> new Adadelta(g, x[0], new Adadelta.Options(0.9, 1e-6, x[1])));
        kinds.put("adamax", (g, x) -> new Adamax(g, x[0], new Adamax.Options(0.9, 0.99, 1e-8, x[1])));
        kinds.put("nadam", (g, x) -> new NAdam(g, x[0], new NAdam.Options(0.9, 0.99, 1e-8, x[1], 4e-3)));
        return kinds;
    }

    private static Layer model() {
        Rng rng = new Rng(4);
        return new Sequential(new Linear(3, 4, rng), new Linear(4, 2, rng));
    }

    private static List<Parameter> layer(Layer model, String name) {
        return model.children().get(name).parameters();
    }

    private static void train(Layer model, Optimizer... optimizers) {
        Rng rng = new Rng(11);
        for (int step = 0; step < 3; step++) {
            Tensor x = rng.randn(DType.F32, 5, 3);
            var gradients = Autograd.gradients(model.forward(x).square().mean());
            for (Optimizer optimizer : optimizers) {
                optimizer.step(gradients);
            }
        }
    }

    @TestFactory
    List<DynamicTest> aGroupIsTrainedAsByAnOptimizerOfItsOwn() {
        return kinds().entrySet().stream()
                .map(kind -> DynamicTest.dynamicTest(kind.getKey(), () -> checkGroups(kind.getValue())))
                .toList();
    }

    private static void checkGroups(Kind kind) {
        Layer grouped = model();
        ParameterGroups groups = ParameterGroups.of(
                ParameterGroup.of(layer(grouped, "0")).withRateFactor(0.1).withWeightDecay(0),
                ParameterGroup.of(layer(grouped, "1")));
        train(grouped, kind.apply(groups, new double[] {RATE, DECAY}));

        Layer separate = model();
        train(
                separate,
                kind.apply(ParameterGroups.of(ParameterGroup.of(layer(separate, "0"))), new double[] {RATE * 0.1, 0}),
                kind.apply(ParameterGroups.of(ParameterGroup.of(layer(separate, "1"))), new double[] {RATE, DECAY}));
        separate.stateDict()
                .forEach((name, tensor) -> assertThat(
                                grouped.stateDict().get(name).toFloatArray())
                        .as(name)
                        .containsExactly(tensor.toFloatArray()));
    }

    @Test
    void groupsFollowTheOptimizersRate() {
        Layer model = model();
        Sgd sgd = new Sgd(
                ParameterGroups.of(
                        ParameterGroup.of(layer(model, "0")).withRateFactor(0), ParameterGroup.of(layer(model, "1"))),
                1,
                Sgd.Options.momentum(0));
        sgd.rate(0.5);
        float[] before = model.stateDict().get("0.weight").toFloatArray();
        Tensor second = model.stateDict().get("1.bias").copy();
        train(model, sgd);
        assertThat(model.stateDict().get("0.weight").toFloatArray()).containsExactly(before);
        assertThat(model.stateDict().get("1.bias").toFloatArray()).isNotEqualTo(second.toFloatArray());
        assertThat(sgd.groups()).hasSize(2);
        assertThat(sgd.parameters()).containsExactlyElementsOf(model.parameters());
    }

    @Test
    void vectorsAreNotDecayed() {
        Layer model = new Sequential(new Linear(3, 4), new BatchNorm1d(4));
        ParameterGroups groups = ParameterGroup.withoutDecayOfVectors(model);
        assertThat(groups.groups().get(0).parameters())
                .containsExactly(model.namedParameters().get("0.weight"));
        assertThat(groups.groups().get(1).parameters()).hasSize(3);
        assertThat(groups.groups().get(1).weightDecay()).isEqualTo(OptionalDouble.of(0));
    }

    @Test
    void stateIsNumberedThroughAllGroups() {
        Layer model = model();
        Adam adam = new Adam(
                ParameterGroups.of(ParameterGroup.of(layer(model, "0")), ParameterGroup.of(layer(model, "1"))),
                RATE,
                Adam.Options.adam());
        train(model, adam);
        assertThat(adam.stateDict()).containsKeys("mean.0", "mean.1", "mean.2", "mean.3", "square.3");
    }

    @Test
    void badGroupsSaySo() {
        List<Parameter> parameters = model().parameters();
        assertThatThrownBy(() -> new Sgd(
                        ParameterGroups.of(ParameterGroup.of(parameters), ParameterGroup.of(parameters)),
                        RATE,
                        Sgd.Options.momentum(0)))
                .hasMessageContaining("a parameter twice (8 with 4 different ones");
        assertThatThrownBy(() -> ParameterGroup.of(parameters).withRateFactor(-1))
                .hasMessageContaining("rate factor -1.0");
        assertThatThrownBy(() -> ParameterGroup.of(parameters).withWeightDecay(Double.NaN))
                .hasMessageContaining("NaN");
    }
}
