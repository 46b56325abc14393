package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * The contrastive loss of pairs (Hadsell et al. 2006): {@code d^2 / 2} of the Euclidean distance d of two rows that belong
 * together, {@code max(0, margin - d)^2 / 2} of others.
 *
 * @param margin the distance that rows that don't belong together should have at least, above 0
 * @param reduction what becomes of the losses of pairs
 */
public record ContrastiveLoss(double margin, Reduction reduction) {
    /** Keeps the gradient of the distance finite where rows are equal. */
    private static final double EPSILON = 1e-6;

    /**
     * Checks the margin.
     *
     * @throws TensorException if the margin is not a finite number above 0
     */
    public ContrastiveLoss {
        Objects.requireNonNull(reduction, "reduction");
        Losses.check("contrastive_loss: margin", margin, margin > 0, "above 0");
    }

    /** The mean, with a margin of 1. */
    public ContrastiveLoss() {
        this(1, Reduction.MEAN);
    }

    /**
     * Computes the loss of pairs.
     *
     * @param x {@code [..., d]}
     * @param y of the same shape
     * @param target {@code [...]}: 1 where the rows belong together, 0 where they don't
     * @return a scalar, or {@code [...]} without reduction
     * @throws TensorException if shapes don't fit
     */
    public Tensor of(Tensor x, Tensor y, Tensor target) {
        Distances.checkAlike("contrastive_loss", x, y);
        Distances.checkRows("contrastive_loss", x, target);
        Tensor d = Distances.distance(Distances.wide(x), Distances.wide(y), 2, EPSILON);
        Tensor together = target.to(d.dtype());
        Tensor loss = together.mul(d.square())
                .add(together.rsub(1).mul(d.rsub(margin).relu().square()));
        return Losses.reduce(loss.mul(0.5), reduction);
    }
}
