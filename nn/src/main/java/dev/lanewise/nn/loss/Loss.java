package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Tensor;
import java.util.Objects;
import java.util.OptionalDouble;

/** A function of predictions and targets that training minimizes. */
@FunctionalInterface
public interface Loss {
    /**
     * Computes the loss of a prediction.
     *
     * @param prediction the model's result
     * @param target the expected result
     * @return a scalar, unless the loss was made without reduction
     */
    Tensor of(Tensor prediction, Tensor target);

    /**
     * What the loss of a batch is a mean over: how many samples or elements it counts, or the sum of their weights.
     * {@link dev.lanewise.nn.train.Trainer} uses it to accumulate gradients and to evaluate: the {@linkplain #sum sums}
     * of all parts, divided by the total of what they are means over, are the loss of the whole. Unless a loss says
     * otherwise, it is a mean over the samples.
     *
     * @param target the target of the batch, or of a part of it
     * @return 0 or more; empty for a loss that is a sum
     */
    default OptionalDouble averagedOver(Tensor target) {
        return OptionalDouble.of(target.shape().rank() == 0 ? 1 : target.shape().size(0));
    }

    /**
     * The sum that {@link #of} divides by {@link #averagedOver}: the loss itself if that is empty. It is finite even if
     * the divisor is 0.
     *
     * @param prediction the model's result
     * @param target the expected result
     * @return a scalar
     */
    default Tensor sum(Tensor prediction, Tensor target) {
        Objects.requireNonNull(prediction, "prediction");
        OptionalDouble over = averagedOver(target);
        if (over.isEmpty()) {
            return of(prediction, target);
        }
        double count = over.getAsDouble();
        return count == 0 ? prediction.sum().mul(0) : of(prediction, target).mul(count);
    }
}
