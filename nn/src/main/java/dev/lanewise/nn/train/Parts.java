package dev.lanewise.nn.train;

import dev.lanewise.nn.data.Batch;
import java.util.OptionalDouble;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

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
        add(task.averagedOver(batch));
    }

    /**
     * Counts a part.
     *
     * @param averagedOver what its loss is a mean over; empty for a sum
     */
    void add(OptionalDouble averagedOver) {
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

    /**
     * The divisor where other processes have more parts.
     *
     * @param replicas the processes
     * @return the divisor, once all have said what they have
     */
    DoubleSupplier divisor(Replicas replicas) {
        Supplier<double[]> sums = replicas.sums(total, sum ? 1 : 0);
        return () -> sums.get()[1] > 0 ? 1 : sums.get()[0];
    }
}
