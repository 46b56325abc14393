package dev.lanewise.examples.train;

/**
 * How a reference model is trained unless the command line says otherwise.
 *
 * @param epochs how often to go through the data
 * @param batch samples a step
 * @param optimizer the optimizer
 * @param rate its learning rate; the greatest one where it follows one cycle
 * @param oneCycle whether the rate rises and falls once over the training instead of staying the same
 * @param mostNorm the greatest norm of all gradients together, infinity for any
 */
record Recipe(int epochs, int batch, OptimizerKind optimizer, double rate, boolean oneCycle, double mostNorm) {
    static Recipe of(int epochs, int batch, OptimizerKind optimizer, double rate) {
        return new Recipe(epochs, batch, optimizer, rate, false, Double.POSITIVE_INFINITY);
    }

    Recipe inOneCycle() {
        return new Recipe(epochs, batch, optimizer, rate, true, mostNorm);
    }

    Recipe clipped(double norm) {
        return new Recipe(epochs, batch, optimizer, rate, oneCycle, norm);
    }
}
