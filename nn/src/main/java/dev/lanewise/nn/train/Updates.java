package dev.lanewise.nn.train;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.autograd.Gradients;
import dev.lanewise.nn.optim.Clipping;
import java.util.Optional;
import java.util.function.DoubleConsumer;

/** How the gradients of batches become those of an update. */
final class Updates {
    int batches = 1;
    double mostNorm = Double.POSITIVE_INFINITY;
    double mostValue = Double.POSITIVE_INFINITY;

    /**
     * The gradients within the bounds.
     *
     * @param norm told the norm of all gradients, if it is bounded
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

    /** The gradients within the bounds, without waiting for the device. */
    Clipping.Pending pending(Gradients gradients) {
        return Autograd.noGrad(() -> {
            Gradients cut = Double.isInfinite(mostValue) ? gradients : Clipping.byValue(gradients, mostValue);
            return Double.isInfinite(mostNorm)
                    ? new Clipping.Pending(cut, Optional.empty())
                    : Clipping.byPendingNorm(cut, mostNorm);
        });
    }
}
