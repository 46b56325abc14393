package dev.lanewise.examples.train;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.Optimizer;

/**
 * The parts that a trainer is made from.
 *
 * @param card what the model needs in addition to its weights
 * @param network the network, on its device
 * @param optimizer the optimizer over its parameters; its rate is the recipe's, or the command line's
 * @param test the data that it is evaluated on
 * @param steps the number of steps in all epochs
 */
public record Parts(Card card, Layer network, Optimizer optimizer, DataLoader test, long steps) {}
