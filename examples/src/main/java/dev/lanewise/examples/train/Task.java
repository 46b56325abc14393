package dev.lanewise.examples.train;

import dev.lanewise.nn.data.Dataset;
import java.util.function.IntConsumer;

/**
 * A model's data, ready for training.
 *
 * @param card what the model needs beside its weights
 * @param train what it is trained on
 * @param test what it is measured on
 * @param objective what it is trained for
 * @param onEpoch told the number of every epoch before it begins, for augmentation that depends on it
 */
record Task(Card card, Dataset train, Dataset test, Objective objective, IntConsumer onEpoch) {
    Task(Card card, Dataset train, Dataset test, Objective objective) {
        this(card, train, test, objective, epoch -> {});
    }
}
