package dev.lanewise.examples.reinforce;

import java.util.*;

/**
 * A pole on a cart that is pushed left or right, by the equations of Barto, Sutton and Anderson (1983), "Neuronlike adaptive
 * elements that can solve difficult learning control problems", without friction and in Euler steps of 20 ms. An episode ends
 * when the pole leans by more than 12 degrees or the cart is more than 2.4 m away from the middle.
 */
final class CartPole {
    static final int SIZE = 4;

    private static final double GRAVITY = 9.8;
    private static final double CART_MASS = 1.0;
    private static final double POLE_MASS = 0.1;

    /** From the joint to the middle of the pole, in metres. */
    private static final double HALF_LENGTH = 0.5;

    private static final double FORCE = 10.0;
    private static final double SECONDS = 0.02;
    private static final double MOST_METRES = 2.4;
    private static final double MOST_ANGLE = Math.toRadians(12);

    /** Place and speed of the cart in metres and seconds, angle of the pole from upright and its speed in radians. */
    private final double[] state;

    CartPole(double[] state) {
        this.state = state.clone();
    }

    /** An almost upright pole that almost rests in the middle. */
    CartPole(SplittableRandom random) {
        this(random.doubles(SIZE, -0.05, 0.05).toArray());
    }

    /** Writes the state to four places of an array. */
    void copyTo(float[] target, int offset) {
        for (int i = 0; i < SIZE; i++) {
            target[offset + i] = (float) state[i];
        }
    }

    /** Pushes the cart for one step. */
    void push(boolean right) {
        double angle = state[2];
        double angleSpeed = state[3];
        double mass = CART_MASS + POLE_MASS;
        double sin = Math.sin(angle);
        double cos = Math.cos(angle);
        double pushed = ((right ? FORCE : -FORCE) + POLE_MASS * HALF_LENGTH * angleSpeed * angleSpeed * sin) / mass;
        double angleAcceleration =
                (GRAVITY * sin - cos * pushed) / (HALF_LENGTH * (4.0 / 3 - POLE_MASS * cos * cos / mass));
        double acceleration = pushed - POLE_MASS * HALF_LENGTH * angleAcceleration * cos / mass;
        state[0] += SECONDS * state[1];
        state[1] += SECONDS * acceleration;
        state[2] += SECONDS * angleSpeed;
        state[3] += SECONDS * angleAcceleration;
    }

    /** Whether the pole fell or the cart ran away. */
    boolean ended() {
        return Math.abs(state[0]) > MOST_METRES || Math.abs(state[2]) > MOST_ANGLE;
    }
}
