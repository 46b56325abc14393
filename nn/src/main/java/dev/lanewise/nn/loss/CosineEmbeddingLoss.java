package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * {@code 1 - cos(x, y)} of rows that belong together, {@code max(0, cos(x, y) - margin)} of others.
 *
 * @param margin how alike rows may be that don't belong together, from -1 to 1; 0 to 0.5 are usual
 * @param reduction what becomes of the losses of pairs
 */
public record CosineEmbeddingLoss(double margin, Reduction reduction) {
    /** Holds the given values, none of which may be null. */
    public CosineEmbeddingLoss {
        Objects.requireNonNull(reduction, "reduction");
    }

    /** Is added to squares of norms, as in PyTorch: rows of zeros are like no other. */
    private static final double EPSILON = 1e-12;

    /** The mean, with a margin of 0. */
    public CosineEmbeddingLoss() {
        this(0, Reduction.MEAN);
    }

    /**
     * Computes the loss of pairs.
     *
     * @param x {@code [..., d]}
     * @param y of the same shape
     * @param target {@code [...]}: 1 where the rows belong together, -1 where they don't
     * @return a scalar, or {@code [...]} without reduction
     * @throws TensorException if shapes don't fit
     */
    public Tensor of(Tensor x, Tensor y, Tensor target) {
        Distances.checkAlike("cosine_embedding_loss", x, y);
        Distances.checkRows("cosine_embedding_loss", x, target);
        Tensor a = Distances.wide(x);
        Tensor b = Distances.wide(y);
        Tensor norms = a.square().sum(-1).add(EPSILON).mul(b.square().sum(-1).add(EPSILON));
        Tensor cosine = a.mul(b).sum(-1).div(norms.sqrt());
        Tensor loss = target.gt(0).where(cosine.rsub(1), cosine.sub(margin).relu());
        return Losses.reduce(loss, reduction);
    }
}
