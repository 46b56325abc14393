package dev.lanewise.examples.train;

import dev.lanewise.nn.data.DataHome;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says about the data and the model.
 *
 * @param home where data is looked for
 * @param synthetic whether the stand-in was requested
 * @param seed the seed of the random numbers
 * @param encoder the encoder of texts
 * @param logistic whether tables get a logistic regression instead of hidden layers
 * @param label the column that a table's model predicts
 * @param limit the number of training samples, null for all; a fifth as many are for testing
 * @param progress notified of downloads and of missing data
 */
public record Setup(
        DataHome home,
        boolean synthetic,
        long seed,
        TrainCommand.Encoder encoder,
        boolean logistic,
        String label,
        @Nullable Integer limit,
        Progress progress) {
    /** {@return the numbers of the samples that are taken of a set for training or for testing} */
    public int[] chosen(int size, boolean train) {
        return Arrays.stream(Subset.chosen(size, most(size, train)))
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /** How many those are. */
    long most(long size, boolean train) {
        return limit == null ? size : Math.min(size, train ? limit : Math.max(1, limit / 5));
    }
}
