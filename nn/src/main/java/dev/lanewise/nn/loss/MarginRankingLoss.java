package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * {@code max(0, -t (x - y) + margin)} of two scores, of which the first should be the greater one where t is 1 and the smaller
 * one where t is -1.
 *
 * @param margin by how much they should differ at least
 * @param reduction what becomes of the losses of pairs
 */
public record MarginRankingLoss(double margin, Reduction reduction) {
    /** Holds the given values, none of which may be null. */
    public MarginRankingLoss {
        Objects.requireNonNull(reduction, "reduction");
    }

    /** The mean ranking loss without a margin. */
    public MarginRankingLoss() {
        this(0, Reduction.MEAN);
    }

    /**
     * Computes the loss of pairs.
     *
     * @param x scores of any shape
     * @param y scores of the same shape
     * @param target 1 or -1, of the same shape
     * @return a scalar, or of the shape of the scores without reduction
     * @throws TensorException if shapes differ
     */
    public Tensor of(Tensor x, Tensor y, Tensor target) {
        Distances.checkAlike("margin_ranking_loss", x, y, target);
        Tensor difference = Distances.wide(y).sub(Distances.wide(x));
        return Losses.reduce(
                difference.mul(target.to(difference.dtype())).add(margin).relu(), reduction);
    }
}
