package dev.lanewise.examples.train;

import dev.lanewise.nn.data.Dataset;

/**
 * A model's data, ready for training.
 *
 * @param card what the model needs beside its weights
 * @param train what it is trained on
 * @param test what it is measured on
 */
record Task(Card card, Dataset train, Dataset test) {}
