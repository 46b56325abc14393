package dev.lanewise.examples.train;

import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.Device;
import org.jspecify.annotations.Nullable;

/**
 * What a training computes on and in.
 *
 * @param device where
 * @param precision in which types
 * @param capture whether steps are captured and what happens where they can't be; null for no
 */
record Compute(Device device, Precision precision, @Nullable Otherwise capture) {
    /** The trainer of such a training. */
    Trainer set(Trainer trainer) {
        if (precision.narrow != null) {
            trainer.autocast(precision.narrow);
        }
        return capture == null ? trainer : trainer.capture(capture);
    }
}
