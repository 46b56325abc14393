package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.optim.Clipping;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/** How the gradients of batches are turned into those of an update. */
final class Updates {
    int batches = 1;
    double mostNorm = Double.POSITIVE_INFINITY;
    double mostValue = Double.POSITIVE_INFINITY;

    /**
     * The clipped gradients.
     *
     * @param norm receives the norm of all gradients, if it is clipped
     */
    Gradients clipped(Gradients gradients, DoubleConsumer norm) {
        Gradients cut = Double.isInfinite(mostValue) ? gradients : Clipping.byValue(gradients, mostValue);
        if (Double.isInfinite(mostNorm)) {
            return cut;
        }
        Clipping.Clipped clipped = Clipping.byNorm(cut, mostNorm);
        norm.accept(clipped.norm());
        return clipped.gradients();
    }

    /** The clipped gradients, without waiting for the device. */
    Clipping.Pending pending(Gradients gradients) {
        return Autograd.noGrad(() -> {
            Gradients cut = Double.isInfinite(mostValue) ? gradients : Clipping.byValue(gradients, mostValue);
            return Double.isInfinite(mostNorm)
                    ? new Clipping.Pending(cut, Optional.empty())
                    : Clipping.byPendingNorm(cut, mostNorm);
        });
    }
}
