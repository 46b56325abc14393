package dev.lanewise.examples.generative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.Activation;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.Parameter;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class WassersteinGanTest {
    private static final double STEP = 1e-5;

    /** With the same random places between real and made points every time. */
    private static Tensor penalty(Layer critic, Tensor real, Tensor made) {
        return WassersteinGan.penalty(critic, real, made, new Rng(7));
    }

    @Test
    void thePenaltysGradientIsThatOfFiniteDifferences() {
        Rng rng = new Rng(3);
        Layer critic = new Sequential(
                new Linear(2, 3, rng),
                Activation.tanh(),
                new Linear(3, 3, rng),
                Activation.leakyRelu(0.2),
                new Linear(3, 1, rng));
        critic.to(DType.F64);
        Tensor real = rng.randn(DType.F64, 4, 2);
        Tensor made = rng.randn(DType.F64, 4, 2);
        Gradients gradients = Autograd.gradients(penalty(critic, real, made));
        for (String name : new String[] {"0.weight", "0.bias", "2.weight", "4.weight"}) {
            Parameter parameter =
                    Objects.requireNonNull(critic.namedParameters().get(name));
            double[] values = parameter.leaf().toDoubleArray();
            double[] found = gradients.of(parameter.leaf()).toDoubleArray();
            for (int i = 0; i < values.length; i++) {
                double difference = at(critic, parameter, values, i, STEP, real, made)
                        - at(critic, parameter, values, i, -STEP, real, made);
                assertThat(found[i]).as(name + " " + i).isCloseTo(difference / (2 * STEP), within(1e-8));
            }
            assertThat(Arrays.stream(found).map(Math::abs).max().getAsDouble())
                    .as(name)
                    .isGreaterThan(1e-3);
        }
    }

    /** The penalty with one number of a parameter changed. */
    private static double at(
            Layer critic, Parameter parameter, double[] values, int index, double step, Tensor real, Tensor made) {
        double[] changed = values.clone();
        changed[index] += step;
        long[] sizes = parameter.leaf().shape().toArray();
        parameter.set(Tensor.of(changed, sizes));
        double result = penalty(critic, real, made).item();
        parameter.set(Tensor.of(values, sizes));
        return result;
    }

    @Test
    void aSlopeOfOneCostsNothing() {
        Linear critic = new Linear(2, 1);
        Tensor real = Tensor.ones(3, 2);
        critic.weight().set(Tensor.of(new float[] {0.6f, 0.8f}, 1, 2));
        assertThat(penalty(critic, real, real.neg()).item()).isCloseTo(0, within(1e-12));
        critic.weight().set(Tensor.of(new float[] {0, 3}, 1, 2));
        assertThat(penalty(critic, real, real.neg()).item()).isCloseTo(4, within(1e-6));
    }
}
