package dev.lanewise.examples.train;

import dev.lanewise.nn.data.DataHome;

/**
 * What the command line says about the data and the model.
 *
 * @param home where data is looked for
 * @param synthetic whether the stand-in was requested
 * @param seed the seed of the random numbers
 * @param encoder the encoder of texts
 * @param logistic whether tables get a logistic regression instead of hidden layers
 * @param label the column that a table's model predicts
 * @param progress notified of downloads and of missing data
 */
public record Setup(
        DataHome home,
        boolean synthetic,
        long seed,
        TrainCommand.Encoder encoder,
        boolean logistic,
        String label,
        Progress progress) {}
