package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Tensor;
import java.util.OptionalDouble;

/** A loss. */
@FunctionalInterface
public interface Loss {
    /**
     * The loss.
     *
     * @param prediction what the model gives
     * @param target what it should give
     * @return a scalar, unless the loss was made without reduction
     */
    Tensor of(Tensor prediction, Tensor target);

    /**
     * What the loss of a batch is a mean over: how many samples or elements it counts, or the sum of their weights. So
     * {@link dev.lanewise.nn.train.Trainer} accumulates gradients and evaluates: the {@linkplain #sum sums} of all parts, by
     * what all of them are means over, are the loss of the whole. Unless a loss says otherwise it is a mean over the samples.
     *
     * @param target of the batch, or of a part of it
     * @return 0 or more; empty for a loss that is a sum
     */
    default OptionalDouble averagedOver(Tensor target) {
        return OptionalDouble.of(target.shape().rank() == 0 ? 1 : target.shape().size(0));
    }

    /**
     * The sum that {@link #of} divides by {@link #averagedOver}: the loss itself if that is empty. It is finite also where
     * there is nothing to divide by.
     *
     * @param prediction what the model gave
     * @param target what it should have given
     * @return a scalar
     */
    default Tensor sum(Tensor prediction, Tensor target) {
        OptionalDouble over = averagedOver(target);
        if (over.isEmpty()) {
            return of(prediction, target);
        }
        double count = over.getAsDouble();
        return count == 0 ? prediction.sum().mul(0) : of(prediction, target).mul(count);
    }
}
