package dev.lanewise.nn.train;

import dev.lanewise.nn.loss.Loss;
import dev.lanewise.tensor.Tensor;
import java.util.OptionalDouble;

/** The divisor that turns the sums of the losses of parts into the loss of one batch of all their samples. */
final class Parts {
    private double total;
    private boolean sum;

    /**
     * Counts the targets of a part.
     *
     * @param loss the loss
     * @param target the targets of the part
     */
    void add(Loss loss, Tensor target) {
        OptionalDouble averagedOver = loss.averagedOver(target);
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
