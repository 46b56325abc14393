package dev.lanewise.nn.explain;

/** Places and weights of sums that stand for integrals from 0 to 1. */
final class Quadrature {
    private Quadrature() {}

    /** Gauss and Legendre's: zeros of the Legendre polynomial, found by Newton's method from Tricomi's estimates. */
    static double[][] gaussLegendre(int count) {
        double[] at = new double[count];
        double[] weights = new double[count];
        for (int i = 0; i < count; i++) {
            double x = -Math.cos(Math.PI * (i + 0.75) / (count + 0.5));
            double slope = 1;
            for (int round = 0; round < 100; round++) {
                double before = 1;
                double value = x;
                for (int k = 2; k <= count; k++) {
                    double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;
                    before = value;
                    value = next;
                }
                slope = count * (x * value - before) / (x * x - 1);
                double move = value / slope;
                x -= move;
                if (Math.abs(move) < 1e-16) {
                    break;
                }
            }
            at[i] = (1 + x) / 2;
            weights[i] = 1 / ((1 - x * x) * slope * slope);
        }
        return new double[][] {at, weights};
    }
}
