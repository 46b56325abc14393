package dev.lanewise.cuda.host;

import dev.lanewise.cuda.api.CudnnRnn.CellMode;

/** One element of a recurrent layer's cells, and its derivative. */
final class HostCells {
    /**
     * What one element's gradient is made of.
     *
     * @param input of the gates' parts from the input
     * @param state of the gates' parts from the state
     * @param past what goes past the gates to the state before
     * @param cell what goes to the cell before
     */
    record Gradients(double[] input, double[] state, double past, double cell) {}

    private HostCells() {}

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /** The gates, of their parts from the input and from the state. */
    static double[] gates(CellMode mode, double[] x, double[] r) {
        return switch (mode) {
            case RNN_TANH -> new double[] {Math.tanh(x[0] + r[0])};
            case GRU -> {
                double reset = sigmoid(x[0] + r[0]);
                yield new double[] {reset, sigmoid(x[1] + r[1]), Math.tanh(x[2] + reset * r[2])};
            }
            case LSTM ->
                new double[] {sigmoid(x[0] + r[0]), sigmoid(x[1] + r[1]), Math.tanh(x[2] + r[2]), sigmoid(x[3] + r[3])};
        };
    }

    /**
     * The gradients.
     *
     * @param a the gates
     * @param extra the cell, or of GRU the state's part of the candidate
     * @param before the state before
     * @param cellBefore the cell before
     * @param g the gradient of the state
     * @param gCell the gradient of the cell that comes from later
     */
    static Gradients gradients(
            CellMode mode, double[] a, double extra, double before, double cellBefore, double g, double gCell) {
        return switch (mode) {
            case RNN_TANH -> {
                double[] all = {g * (1 - a[0] * a[0])};
                yield new Gradients(all, all, 0, 0);
            }
            case GRU -> {
                double candidate = g * (1 - a[1]) * (1 - a[2] * a[2]);
                double reset = candidate * extra * a[0] * (1 - a[0]);
                double update = g * (before - a[2]) * a[1] * (1 - a[1]);
                yield new Gradients(
                        new double[] {reset, update, candidate},
                        new double[] {reset, update, candidate * a[0]},
                        g * a[1],
                        0);
            }
            case LSTM -> {
                double bounded = Math.tanh(extra);
                double cell = gCell + g * a[3] * (1 - bounded * bounded);
                double[] all = {
                    cell * a[2] * a[0] * (1 - a[0]),
                    cell * cellBefore * a[1] * (1 - a[1]),
                    cell * a[0] * (1 - a[2] * a[2]),
                    g * bounded * a[3] * (1 - a[3])
                };
                yield new Gradients(all, all, 0, cell * a[1]);
            }
        };
    }
}
