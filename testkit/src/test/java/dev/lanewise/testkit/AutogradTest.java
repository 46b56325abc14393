package dev.lanewise.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.GradCheck;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.autograd.Graph;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AutogradTest {
    private final Rng rng = new Rng(3);

    private Tensor random(long... sizes) {
        return rng.randn(DType.F64, sizes);
    }

    /** {@code x^3} whose gradient is given by a factor: 3 is right. */
    private record Cube(double factor) implements Autograd.CustomOp {
        @Override
        public String name() {
            return "cube";
        }

        @Override
        public Tensor forward(Tensor[] inputs) {
            return inputs[0].pow(3);
        }

        @Override
        public @Nullable Tensor[] backward(Tensor upstream, Tensor[] inputs, Tensor output) {
            return new Tensor[] {upstream.mul(inputs[0].square()).mul(factor)};
        }
    }

    @Test
    void customRuleIsUsedInBothDerivatives() {
        GradCheck.first(xs -> new Tensor[] {Autograd.apply(new Cube(3), xs)}, random(4));
        GradCheck.second(xs -> new Tensor[] {Autograd.apply(new Cube(3), xs)}, random(4));
    }

    @Test
    void aMaskThatIsLearnedHasAGradientBesideTheOthersOfAttention() {
        GradCheck.first(
                xs -> new Tensor[] {xs[0].attention(xs[1], xs[2], xs[3], false)},
                random(3, 4),
                random(5, 4),
                random(5, 2),
                random(3, 5));
    }

    @Test
    void gradCheckFindsAWrongRule() {
        assertThatThrownBy(() -> GradCheck.first(xs -> new Tensor[] {Autograd.apply(new Cube(2.99), xs)}, random(4)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("finite differences");
    }

    @Test
    void gradientsOfATensorUsedTwiceAddUp() {
        Tensor x = Autograd.watch(Tensor.of(2.0, 5.0));
        Gradients gradients = Autograd.gradients(x.mul(x).add(x).sub(x.mul(3)).sum());
        assertThat(gradients.of(x).toDoubleArray()).containsExactly(2, 8);
    }

    @Test
    void broadcastOperandGetsTheSum() {
        Tensor bias = Autograd.watch(Tensor.zeros(3));
        Gradients gradients = Autograd.gradients(Tensor.ones(4, 3).add(bias).sum());
        assertThat(gradients.of(bias).toFloatArray()).containsExactly(4, 4, 4);
    }

    @Test
    void detachedAndUnrecordedPartsAreConstants() {
        Tensor x = Autograd.watch(Tensor.of(2.0));
        Tensor y = x.mul(Autograd.detach(x)).add(Autograd.noGrad(() -> x.mul(100)));
        assertThat(Autograd.gradients(y.sum()).of(x).item()).isEqualTo(2);
    }

    @Test
    void secondWalkNeedsRetain() {
        Tensor x = Autograd.watch(Tensor.of(2.0));
        Tensor y = x.exp().sum();
        assertThat(Autograd.gradients(y, Graph.RETAIN).of(x).item()).isEqualTo(Math.exp(2));
        assertThat(Autograd.gradients(y).of(x).item()).isEqualTo(Math.exp(2));
        assertThatThrownBy(() -> Autograd.gradients(y)).hasMessageContaining("Graph.RETAIN");
    }

    @Test
    void staleSavedTensorIsAnError() {
        Tensor x = Autograd.watch(Tensor.of(2.0, 3.0));
        Tensor y = x.mul(x).sum();
        x.assign(Tensor.of(7.0, 7.0));
        assertThatThrownBy(() -> Autograd.gradients(y))
                .hasMessageContaining("mul")
                .hasMessageContaining("in place");
    }

    @Test
    void errorsNameTheRemedy() {
        assertThatThrownBy(() -> Autograd.watch(Tensor.arange(3))).hasMessageContaining("to(DType.F32)");
        assertThatThrownBy(() -> Autograd.gradients(Tensor.ones(2))).hasMessageContaining("one element");
        assertThatThrownBy(() -> Autograd.gradients(Tensor.scalar(1))).hasMessageContaining("watch");
    }

    @Test
    void checkpointGivesTheSameGradients() {
        Tensor w = Autograd.watch(random(3, 3));
        Tensor x = Autograd.watch(random(3));
        Gradients expected = Autograd.gradients(x.matmul(w).tanh().sum());
        Gradients found = Autograd.gradients(
                Autograd.checkpoint(in -> in[0].matmul(w).tanh().sum(), x));
        assertThat(found.of(w).toDoubleArray()).containsExactly(expected.of(w).toDoubleArray());
        assertThat(found.of(x).toDoubleArray()).containsExactly(expected.of(x).toDoubleArray());
    }

    @Test
    void intermediateResultsHaveGradientsOnRequest() {
        Tensor x = Autograd.watch(Tensor.of(3.0));
        Tensor y = x.square();
        Tensor z = y.mul(5).sum();
        Gradients gradients =
                Autograd.gradients(new Tensor[] {z}, new Tensor[] {z.onesLike()}, new Tensor[] {y}, Graph.RELEASE);
        assertThat(gradients.of(y).item()).isEqualTo(5);
        assertThat(gradients.has(x)).isFalse();
    }

    @Test
    void longChainsDontOverflowTheStack() {
        Tensor x = Autograd.watch(Tensor.of(1.0));
        Tensor y = x;
        for (int i = 0; i < 50_000; i++) {
            y = y.add(1);
        }
        assertThat(Autograd.gradients(y.sum()).of(x).item()).isEqualTo(1);
    }

    @Test
    void threadsDifferentiateThroughTheSameWeights() throws Exception {
        Tensor w = Autograd.watch(random(8, 8));
        Callable<double[]> task =
                () -> Autograd.gradients(w.matmul(w).tanh().sum()).of(w).toDoubleArray();
        double[] expected = task.call();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<double[]>> results =
                    IntStream.range(0, 16).mapToObj(i -> pool.submit(task)).toList();
            for (Future<double[]> result : results) {
                assertThat(result.get()).containsExactly(expected);
            }
        }
    }
}
