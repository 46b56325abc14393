package dev.lanewise.examples.train;

/**
 * How a reference model is trained unless the command line says otherwise.
 *
 * @param epochs how often to go through the data
 * @param batch samples per step
 * @param optimizer the optimizer
 * @param rate its learning rate; the greatest one if it follows one cycle
 */
public record Recipe(int epochs, int batch, OptimizerKind optimizer, double rate) {}
