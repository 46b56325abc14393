package dev.lanewise.nn.train;

import dev.lanewise.nn.data.Batch;
import java.util.OptionalDouble;

/** The divisor that turns the sums of the losses of parts into the loss of one batch of all their samples. */
final class Parts {
    private double total;
    private boolean sum;

    /**
     * Counts a part.
     *
     * @param task the task
     * @param batch the part
     */
    void add(Task task, Batch batch) {
        OptionalDouble averagedOver = task.averagedOver(batch);
        sum |= averagedOver.isEmpty();
        total += averagedOver.orElse(0);
    }

    /**
     * 1 for a loss that is a sum.
     *
     * @return the divisor
     */
    double divisor() {
        return sum ? 1 : total;
    }
}
