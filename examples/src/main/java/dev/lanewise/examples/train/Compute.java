package dev.lanewise.examples.train;

import dev.lanewise.nn.optim.CapturedStep.Otherwise;
import dev.lanewise.nn.train.Trainer;
import dev.lanewise.tensor.Device;
import org.jspecify.annotations.Nullable;

/**
 * What training runs on and in which types.
 *
 * @param device the device
 * @param precision the types
 * @param capture what happens if steps can't be captured; null if they are not to be captured
 */
record Compute(Device device, Precision precision, @Nullable Otherwise capture) {
    /** The trainer with these settings. */
    Trainer set(Trainer trainer) {
        if (precision.narrow != null) {
            trainer.autocast(precision.narrow);
        }
        return capture == null ? trainer : trainer.capture(capture);
    }
}
