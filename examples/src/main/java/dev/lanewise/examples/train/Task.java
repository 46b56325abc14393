package dev.lanewise.examples.train;

import dev.lanewise.nn.data.Dataset;
import dev.lanewise.tensor.TensorException;

/**
 * A model's data, ready for training.
 *
 * @param card what the model needs in addition to its weights
 * @param train the data that it is trained on
 * @param test the data that it is evaluated on
 */
public record Task(Card card, Dataset train, Dataset test) {
    /**
     * A task.
     *
     * @throws TensorException if there is nothing to train on or to test with
     */
    public Task {
        if (train.size() == 0 || test.size() == 0) {
            throw new TensorException("train: " + train.size() + " samples to train on and " + test.size()
                    + " to test with (expected at least one of each); add samples, five of each class or more");
        }
    }
}
