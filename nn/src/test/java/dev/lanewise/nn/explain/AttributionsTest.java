package dev.lanewise.nn.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lanewise.nn.Conv2d;
import dev.lanewise.nn.Flatten;
import dev.lanewise.nn.Linear;
import dev.lanewise.nn.explain.Attributions.Noise;
import dev.lanewise.nn.explain.Attributions.Rule;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Keep;
import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AttributionsTest {
    private final Rng rng = new Rng(3);
    private final Tensor x = rng.randn(DType.F64, 4, 6);
    private final Tensor classes = Tensor.of(new long[] {0, 2, 1, 2});

    /** Scores that are sums of cubes, whose gradients are known. */
    private static Tensor cubes(Tensor x) {
        Tensor sum = x.pow(3).sum(1, Keep.KEEP);
        return sum.mul(Tensor.of(new double[] {1, 2, -1}));
    }

    private Tensor factors() {
        return Tensor.of(new double[] {1, -1, 2, -1}, 4, 1);
    }

    private static void assertClose(Tensor got, Tensor want, double tolerance) {
        assertThat(got.shape()).isEqualTo(want.shape());
        assertThat(got.toDoubleArray()).containsExactly(want.toDoubleArray(), within(tolerance));
    }

    @Test
    void gradientsAreThoseOfTheChosenScore() {
        Attributions explained = new Attributions(AttributionsTest::cubes);
        Tensor want = x.square().mul(3).mul(factors());
        assertClose(explained.gradient(x, classes), want, 1e-12);
        assertClose(explained.saliency(x, classes), want.abs(), 1e-12);
        assertClose(explained.inputTimesGradient(x, classes), want.mul(x), 1e-12);
        assertThat(explained.best(Tensor.ones(DType.F64, x.device(), 1, 6)).toLongArray())
                .containsExactly(1);
    }

    @ParameterizedTest
    @EnumSource(Rule.class)
    void integratedGradientsAddUpToTheDifferenceOfScores(Rule rule) {
        Attributions explained = new Attributions(AttributionsTest::cubes);
        Tensor base = rng.randn(DType.F64, 4, 6);
        Tensor want = x.pow(3).sub(base.pow(3)).mul(factors());
        // of a square: two nodes of Gauss are exact, the others come near
        boolean exact = rule == Rule.GAUSS_LEGENDRE;
        boolean second = rule == Rule.MIDDLE || rule == Rule.TRAPEZOID;
        int steps = exact ? 2 : 2000;
        assertClose(
                explained.integratedGradients(x, base, classes, rule, steps),
                want,
                exact ? 1e-11 : second ? 1e-4 : 1e-1);
        if (rule == Rule.TRAPEZOID) {
            // one step: half of the gradients at both ends
            Tensor ends = x.square().add(base.square()).mul(1.5).mul(factors()).mul(x.sub(base));
            assertClose(explained.integratedGradients(x, base, classes, rule, 1), ends, 1e-12);
        }
    }

    @Test
    void nodesOfGaussIntegratePolynomials() {
        for (int count : new int[] {1, 2, 3, 16, 33, 64}) {
            double[][] nodes = Quadrature.gaussLegendre(count);
            for (int power = 0; power < 2 * count; power++) {
                double sum = 0;
                for (int i = 0; i < count; i++) {
                    sum += nodes[1][i] * Math.pow(nodes[0][i], power);
                }
                assertThat(sum).isCloseTo(1.0 / (power + 1), within(1e-13));
            }
        }
    }

    @Test
    void noiseIsAveraged() {
        Attributions explained = new Attributions(AttributionsTest::cubes);
        Tensor noise = rng.randn(DType.F64, 5, 4, 6).mul(0.1);
        Tensor all = x.unsqueeze(0).add(noise).square().mul(3).mul(factors());
        assertClose(explained.smoothGrad(x, classes, noise, Noise.MEAN), all.mean(0), 1e-12);
        assertClose(
                explained.smoothGrad(x, classes, noise, Noise.SQUARED),
                all.square().mean(0),
                1e-10);
        Tensor variance = all.sub(all.mean(0)).square().mean(0);
        assertClose(explained.smoothGrad(x, classes, noise, Noise.VARIANCE), variance, 1e-10);
        Tensor drawn = explained.smoothGrad(x, classes, 3, 0.1, Noise.MEAN, new Rng(1));
        assertThat(drawn.toDoubleArray())
                .isEqualTo(explained
                        .smoothGrad(x, classes, 3, 0.1, Noise.MEAN, new Rng(1))
                        .toDoubleArray());
        assertClose(explained.smoothGrad(x, classes, 2, 0, Noise.MEAN, rng), explained.gradient(x, classes), 1e-12);
    }

    @Test
    void coveredPartsTakeTheirScoresAway() {
        Attributions explained = new Attributions(AttributionsTest::cubes);
        assertClose(explained.occlusion(x, classes, new long[] {1}, 0), x.pow(3).mul(factors()), 1e-12);
        Tensor pairs = x.pow(3).reshape(4, 3, 2).sum(2).sub(2).mul(factors());
        assertClose(explained.occlusion(x, classes, new long[] {2}, 1), pairs, 1e-12);
        assertThatThrownBy(() -> explained.occlusion(x, classes, new long[] {4}, 0))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("which it divides");
        Tensor images = rng.randn(DType.F32, 2, 3, 4, 6);
        Attributions sums = new Attributions(image -> image.sum(1, 2, 3).unsqueeze(1));
        Tensor drops = sums.occlusion(images, Tensor.of(new long[] {0, 0}), new long[] {3, 2, 3}, 0);
        assertThat(drops.shape()).isEqualTo(Shape.of(2, 1, 2, 2));
        float want = images.select(0, 1).narrow(1, 2, 2).narrow(2, 0, 3).sum().toFloatArray()[0];
        assertThat(drops.toFloatArray()[6]).isCloseTo(want, within(1e-4f));
    }

    @Test
    void mapsAreWeightedByTheirGradients() {
        Conv2d conv = new Conv2d(3, 4, 3, 1, 1);
        Linear last = new Linear(4 * 5 * 5, 2, rng);
        Tensor images = rng.randn(DType.F32, 2, 3, 5, 5);
        GradCam cam = GradCam.of(
                conv::forward, maps -> last.forward(new Flatten().forward(maps)), images, Tensor.of(new long[] {1, 0}));
        Tensor rows = last.weight().leaf().reshape(2, 4, 25).mean(2).indexSelect(0, Tensor.of(new long[] {1, 0}));
        assertThat(cam.weights().toFloatArray()).containsExactly(rows.toFloatArray(), within(1e-6f));
        Tensor sum = cam.maps().mul(rows.unsqueeze(-1).unsqueeze(-1)).sum(1).relu();
        assertThat(cam.map().toFloatArray()).containsExactly(sum.toFloatArray(), within(1e-5f));
        assertThat(cam.upsampled(10, 15).shape()).isEqualTo(Shape.of(2, 10, 15));
    }

    @Test
    void guidedGradientsPassOnlyWherePositive() {
        Attributions explained = new Attributions(in -> Attributions.guidedRelu(in)
                .mul(Tensor.of(new float[] {2, -3, 5}))
                .sum(1, Keep.KEEP));
        Tensor in = Tensor.of(new float[] {1, 1, -1}, 1, 3);
        assertThat(explained.gradient(in, Tensor.of(new long[] {0})).toFloatArray())
                .containsExactly(2, 0, 0);
    }

    @Test
    void misfitsAreNamed() {
        Attributions explained = new Attributions(AttributionsTest::cubes);
        assertThatThrownBy(() -> explained.gradient(x, Tensor.of(new long[] {0})))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("one for each row");
        assertThatThrownBy(() -> explained.gradient(Tensor.of(new long[] {1, 2}), classes))
                .hasMessageContaining("explain the embeddings");
        assertThatThrownBy(() -> new Attributions(in -> in.sum()).gradient(x, classes))
                .hasMessageContaining("expected [n, classes]");
        assertThatThrownBy(() -> explained.integratedGradients(x, classes, Rule.LEFT, 0))
                .isInstanceOf(TensorException.class);
    }
}
