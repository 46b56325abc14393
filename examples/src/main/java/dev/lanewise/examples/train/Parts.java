package dev.lanewise.examples.train;

import dev.lanewise.nn.Layer;
import dev.lanewise.nn.data.DataLoader;
import dev.lanewise.nn.optim.Optimizer;

/**
 * What a trainer is put together from.
 *
 * @param card what the model needs beside its weights
 * @param network on its device
 * @param optimizer over its parameters; its rate is the recipe's, or the command line's
 * @param test what it is measured on
 * @param steps how many there will be in all epochs
 */
public record Parts(Card card, Layer network, Optimizer optimizer, DataLoader test, long steps) {}
