package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * {@code max(0, d(a, p) - d(a, n) + margin)} of anchors a, positives p that belong to them, and negatives n that don't, all
 * {@code [..., d]} (Balntas et al. 2016).
 *
 * @param margin by how much the negative should be farther away than the positive, above 0
 * @param p the norm of the distance, usually 2
 * @param epsilon added to differences; keeps gradients finite where two rows are equal
 * @param swap whether the distance of positive and negative counts where it is smaller than that of anchor and negative
 * @param reduction what becomes of the losses of rows
 */
public record TripletMarginLoss(double margin, double p, double epsilon, boolean swap, Reduction reduction) {
    /**
     * Checks the margin.
     *
     * @throws TensorException if the margin is not a finite number above 0
     */
    public TripletMarginLoss {
        Objects.requireNonNull(reduction, "reduction");
        Losses.check("triplet_margin_loss: margin", margin, margin > 0, "above 0");
    }

    /** The mean by Euclidean distances, with a margin of 1. */
    public TripletMarginLoss() {
        this(1, 2, 1e-6, false, Reduction.MEAN);
    }

    /**
     * Computes the loss of triplets.
     *
     * @param anchor {@code [..., d]}
     * @param positive of the same shape
     * @param negative of the same shape
     * @return a scalar, or {@code [...]} without reduction
     * @throws TensorException if shapes differ
     */
    public Tensor of(Tensor anchor, Tensor positive, Tensor negative) {
        Distances.checkAlike("triplet_margin_loss", anchor, positive, negative);
        Tensor a = Distances.wide(anchor);
        Tensor near = Distances.wide(positive);
        Tensor far = Distances.wide(negative);
        Tensor wrong = Distances.distance(a, far, p, epsilon);
        if (swap) {
            wrong = wrong.minimum(Distances.distance(near, far, p, epsilon));
        }
        return Losses.reduce(
                Distances.distance(a, near, p, epsilon).sub(wrong).add(margin).relu(), reduction);
    }
}
