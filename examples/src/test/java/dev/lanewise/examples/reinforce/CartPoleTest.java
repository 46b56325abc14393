package dev.lanewise.examples.reinforce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class CartPoleTest {
    private static float[] state(CartPole cart) {
        float[] state = new float[CartPole.SIZE];
        cart.copyTo(state, 0);
        return state;
    }

    /** From rest both accelerations follow by hand: 9.7561 m/s^2 and -14.634 rad/s^2. */
    @Test
    void aPushFromRestMovesTheCartAndTiltsThePole() {
        CartPole cart = new CartPole(new double[CartPole.SIZE]);
        cart.push(true);
        assertThat(state(cart)[1]).isCloseTo(0.195122f, within(1e-5f));
        assertThat(state(cart)[3]).isCloseTo(-0.292683f, within(1e-5f));
        assertThat(state(cart)[0]).isZero();
        cart.push(true);
        assertThat(state(cart)[0]).isCloseTo(0.02f * 0.195122f, within(1e-6f));
        assertThat(state(cart)[2]).isCloseTo(0.02f * -0.292683f, within(1e-6f));
    }

    @Test
    void leftIsTheMirrorImageOfRight() {
        CartPole one = new CartPole(new double[] {0.3, -0.2, 0.1, 0.4});
        CartPole other = new CartPole(new double[] {-0.3, 0.2, -0.1, -0.4});
        for (int step = 0; step < 30; step++) {
            one.push(step % 3 == 0);
            other.push(step % 3 != 0);
        }
        for (int i = 0; i < CartPole.SIZE; i++) {
            assertThat(state(one)[i]).isEqualTo(-state(other)[i]);
        }
    }

    @Test
    void anEpisodeEndsWhenThePoleLeansOrTheCartIsAway() {
        assertThat(new CartPole(new SplittableRandom(0)).ended()).isFalse();
        assertThat(new CartPole(new double[] {0, 0, Math.toRadians(11.9), 0}).ended())
                .isFalse();
        assertThat(new CartPole(new double[] {0, 0, Math.toRadians(-12.1), 0}).ended())
                .isTrue();
        assertThat(new CartPole(new double[] {2.41, 0, 0, 0}).ended()).isTrue();
        CartPole pushed = new CartPole(new double[CartPole.SIZE]);
        int steps = 0;
        while (!pushed.ended()) {
            pushed.push(true);
            steps++;
        }
        // the pole falls after a fifth of a second
        assertThat(steps).isBetween(8, 11);
    }
}
