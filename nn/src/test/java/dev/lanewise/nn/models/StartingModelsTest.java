package dev.lanewise.nn.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.nn.Layer;
import dev.lanewise.nn.Sequential;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The models that have no counterpart in torchvision: by their definitions. */
final class StartingModelsTest {
    private static double greatest(Tensor difference) {
        return difference.abs().amax().item();
    }

    private static Tensor stored(Layer model, String name) {
        return Objects.requireNonNull(model.stateDict().get(name), name);
    }

    private static float[] row(Layer model, String name, int row) {
        return stored(model, name).select(0, row).toFloatArray();
    }

    @Test
    void neuMfWeighsProductsAndAPerceptron() {
        NeuMF model = new NeuMF(3, 5, 2, new long[] {4, 2}, new Rng(1));
        // larger than the initial values, so that every part shows
        model.parameters()
                .forEach(parameter ->
                        parameter.set(new Rng(parameter.leaf().shape().elements())
                                .randn(parameter.leaf().shape().toArray())));
        int user = 2;
        int item = 4;
        float[] p = row(model, "user_product.weight", user);
        float[] q = row(model, "item_product.weight", item);
        float[] u = row(model, "user_hidden.weight", user);
        float[] i = row(model, "item_hidden.weight", item);
        double[] both = {u[0], u[1], i[0], i[1]};
        float[] bias = stored(model, "hidden.0.bias").toFloatArray();
        float[] out = row(model, "out.weight", 0);
        double expected = out[0] * p[0] * q[0]
                + out[1] * p[1] * q[1]
                + stored(model, "out.bias").item();
        for (int unit = 0; unit < 2; unit++) {
            float[] weights = row(model, "hidden.0.weight", unit);
            double sum = bias[unit];
            for (int k = 0; k < both.length; k++) {
                sum += weights[k] * both[k];
            }
            expected += out[2 + unit] * Math.max(0, sum);
        }
        Tensor pairs = Tensor.of(new long[] {user, item, 0, 0}, 1, 2, 2);
        assertThat(model.forward(pairs).shape().toArray()).containsExactly(1, 2);
        assertThat((double) model.forward(pairs).toFloatArray()[0]).isCloseTo(expected, within(1e-5));
        assertThat(model.forward(pairs.select(1, 0).squeeze(0)).item()).isCloseTo(expected, within(1e-5));
    }

    @Test
    void neuMfRefusesWhatAreNoPairs() {
        NeuMF model = new NeuMF(3, 5, 2, 4, 2);
        assertThatThrownBy(() -> model.forward(Tensor.zeros(DType.I64, 2, 3)))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("[..., 2] of I64");
        assertThatThrownBy(() -> model.forward(Tensor.zeros(2, 2))).isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> model.forward(Tensor.of(new long[] {3, 0}, 1, 2)))
                .isInstanceOf(TensorException.class);
        assertThatThrownBy(() -> new NeuMF(3, 5, 2, 5, 2)).hasMessageContaining("even");
        assertThatThrownBy(() -> new NeuMF(3, 5, 2)).hasMessageContaining("no widths");
    }

    @Test
    void aTranslationDoesNotDependOnPaddingOrOnWhatComesLater() {
        Seq2Seq model = new Seq2Seq(7, 6, 8, new Rng(2));
        Tensor source = Tensor.of(new long[] {1, 2, 3, 6, 5, 4}, 2, 3);
        Tensor padded = Tensor.of(new long[] {1, 2, 3, 0, 0, 6, 5, 4, 0, 0}, 2, 5);
        Tensor before = Tensor.of(new long[] {4, 1, 2, 4, 3, 3}, 2, 3);
        Tensor scores = model.forward(source, before);
        assertThat(scores.shape().toArray()).containsExactly(2, 3, 6);
        assertThat(greatest(scores.sub(model.forward(padded, before)))).isLessThan(1e-5);
        Tensor otherwise = Tensor.of(new long[] {4, 1, 5, 4, 3, 1}, 2, 3);
        Tensor difference = scores.sub(model.forward(source, otherwise));
        assertThat(greatest(difference.narrow(1, 0, 2))).isZero();
        assertThat(greatest(difference.narrow(1, 2, 1))).isGreaterThan(1e-3);
        // the source's order matters
        Tensor turned = Tensor.of(new long[] {3, 2, 1, 4, 5, 6}, 2, 3);
        assertThat(greatest(scores.sub(model.forward(turned, before)))).isGreaterThan(1e-3);
    }

    @Test
    void greedyWritesWhatIsMostLikelyAfterItsOwnWords() {
        Seq2Seq model = new Seq2Seq(7, 6, 8, new Rng(2));
        Tensor source = Tensor.of(new long[] {1, 2, 3, 6, 5, 4}, 2, 3);
        long never = 99;
        Tensor written = model.greedy(source, 4, never, 5);
        assertThat(written.shape().toArray()).containsExactly(2, 5);
        Tensor begun = Tensor.cat(1, Tensor.of(new long[] {4, 4}, 2, 1), written.narrow(1, 0, 4));
        assertThat(written.toLongArray())
                .containsExactly(model.forward(source, begun).argmax(2).toLongArray());
        assertThat(Autograd.isTracked(written)).isFalse();
        // the first sequence's first word ends it; what follows is padding
        long end = written.toLongArray()[0];
        long[] ended = model.greedy(source, 4, end, 5).select(0, 0).toLongArray();
        assertThat(ended[0]).isEqualTo(end);
        assertThat(Arrays.stream(ended).skip(1)).allMatch(token -> token == 0);
        assertThatThrownBy(() -> model.greedy(source, 4, end, 0)).hasMessageContaining("1 or more");
        assertThatThrownBy(() -> model.forward(Tensor.zeros(2, 3), written)).hasMessageContaining("[n, time] of I64");
    }

    @Test
    void aTemporalNetworkSeesThePastAsFarAsItSays() {
        int blocks = 3;
        int kernel = 3;
        int time = 40;
        int seen = 1 + 2 * (kernel - 1) * ((1 << blocks) - 1);
        TemporalConvNet model = new TemporalConvNet(2, 4, blocks, kernel, 0, new Rng(3));
        // without zeros of ReLU in between every time shows
        model.parameters().forEach(parameter -> parameter.set(parameter.leaf().abs()));
        Tensor x = Autograd.watch(new Rng(4).rand(1, 2, time));
        Tensor y = model.forward(x);
        assertThat(y.shape().toArray()).containsExactly(1, 4, time);
        float[] reached = Autograd.gradients(y.select(2, time - 2).sum())
                .of(x)
                .abs()
                .sum(0, 1)
                .toFloatArray();
        for (int i = 0; i < time; i++) {
            assertThat(reached[i] > 0).as("time " + i).isEqualTo(i <= time - 2 && i > time - 2 - seen);
        }
        assertThatThrownBy(() -> model.forward(Tensor.ones(2, 4))).hasMessageContaining("[n, channels, time]");
        assertThatThrownBy(() -> new TemporalConvNet(1, 1, 0, 3)).hasMessageContaining("0 blocks");
    }

    @Test
    void ganNetworksFitEachOther() {
        Rng rng = new Rng(5);
        for (int side : new int[] {8, 32}) {
            Sequential generator = Dcgan.generator(10, 3, 4, side, rng);
            Sequential discriminator = Dcgan.discriminator(3, 4, side, rng);
            Tensor images = generator.forward(rng.randn(2, 10, 1, 1));
            assertThat(images.shape().toArray()).containsExactly(2, 3, side, side);
            assertThat(greatest(images)).isLessThanOrEqualTo(1);
            assertThat(discriminator.forward(images).shape().toArray()).containsExactly(2, 1);
        }
        Tensor weights = stored(Dcgan.discriminator(3, 32, 32, rng), "2.weight");
        assertThat(weights.std().item()).isCloseTo(0.02, within(0.001));
        assertThat(weights.mean().item()).isCloseTo(0, within(0.001));
        assertThatThrownBy(() -> Dcgan.generator(10, 3, 4, 12, rng)).hasMessageContaining("12 pixels");
        assertThatThrownBy(() -> Dcgan.discriminator(3, 4, 4, rng)).hasMessageContaining("4 pixels");
    }
}
