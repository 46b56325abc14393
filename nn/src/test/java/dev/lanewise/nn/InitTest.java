package dev.lanewise.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Percentage.withPercentage;

import dev.lanewise.tensor.Rng;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import org.junit.jupiter.api.Test;

/** Initial values spread as the papers say, for a fan in of 60 and a fan out of 90. */
final class InitTest {
    private static final long[] SIZES = {30, 20, 3};

    private static void assertDeviation(Tensor values, double expected) {
        assertThat(values.shape().toArray()).containsExactly(SIZES);
        assertThat(values.std().item()).isCloseTo(expected, withPercentage(5));
        assertThat(Math.abs(values.mean().item())).isLessThan(0.1 * expected);
    }

    @Test
    void deviationsFollowFromFans() {
        Rng rng = new Rng(1);
        assertDeviation(Init.xavierNormal(rng, SIZES), Math.sqrt(2.0 / 150));
        assertDeviation(Init.xavierUniform(rng, SIZES), Math.sqrt(2.0 / 150));
        assertDeviation(Init.kaimingNormal(rng, SIZES), Math.sqrt(2.0 / 60));
        assertDeviation(Init.kaimingUniform(rng, SIZES), Math.sqrt(2.0 / 60));
        assertDeviation(Init.kaimingNormalFanOut(rng, SIZES), Math.sqrt(2.0 / 90));
        assertDeviation(Init.fanIn(rng, 60, SIZES), Math.sqrt(1.0 / 180));
    }

    @Test
    void uniformNumbersStayWithinTheirBound() {
        double bound = Math.sqrt(6.0 / 60);
        double most = Init.kaimingUniform(new Rng(2), SIZES).abs().amax().item();
        assertThat(most).isBetween(0.98 * bound, bound + 1e-6);
    }

    @Test
    void aVectorHasNoFans() {
        assertThatThrownBy(() -> Init.kaimingNormal(new Rng(1), 5))
                .isInstanceOf(TensorException.class)
                .hasMessageContaining("kaiming_normal: shape [5] (expected [out, in, ...])");
        assertThat(Init.xavierUniform(new Rng(1), 0, 4).shape().elements()).isZero();
    }
}
