package dev.lanewise.nn.loss;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Shape;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;

/**
 * The negative log-likelihood of targets under normal distributions (Nix and Weigend 1994):
 * {@code (log(v) + (mean - t)^2 / v) / 2} with a variance v that the model predicts too.
 *
 * @param full whether the constant {@code log(2 pi) / 2} is added
 * @param epsilon a smaller variance counts as this; gradients pass as if it did not, as in PyTorch
 * @param reduction what becomes of the losses of single elements
 */
public record GaussianNllLoss(boolean full, double epsilon, Reduction reduction) {
    /**
     * Checks the number.
     *
     * @throws TensorException if epsilon is not a finite number above 0
     */
    public GaussianNllLoss {
        Objects.requireNonNull(reduction, "reduction");
        Losses.check("gaussian_nll_loss: epsilon", epsilon, epsilon > 0, "above 0");
    }

    /** The mean, without the constant, of variances from 1e-6. */
    public GaussianNllLoss() {
        this(false, 1e-6, Reduction.MEAN);
    }

    /**
     * Computes the loss of predicted means and variances.
     *
     * @param mean what the model expects
     * @param target what was seen, of the same shape
     * @param variance 0 or more, of the shape of the mean, or with sizes of 1 instead; or one for each row, of that shape
     *     without its last dimension; or a scalar
     * @return a scalar, or of the shape of the mean without reduction
     * @throws TensorException if shapes don't fit, or a variance is negative
     */
    public Tensor of(Tensor mean, Tensor target, Tensor variance) {
        Distances.checkAlike("gaussian_nll_loss", mean, target);
        Tensor v = Distances.wide(fitted(variance, mean.shape()));
        checkNotNegative(v);
        Tensor raised = Autograd.noGrad(() -> Autograd.detach(v).clamp(epsilon, Double.POSITIVE_INFINITY));
        Tensor safe = v.add(Autograd.noGrad(() -> raised.sub(Autograd.detach(v))));
        Tensor error = Distances.wide(mean).sub(Distances.wide(target)).square();
        Tensor loss = safe.log().add(error.div(safe)).mul(0.5);
        return Losses.reduce(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
    }

    /**
     * Fewer dimensions are those of rows, as in PyTorch. Numbers for columns have as many as the mean: else it would depend on
     * the size of the batch which are meant.
     */
    private static Tensor fitted(Tensor variance, Shape mean) {
        Shape shape = variance.shape();
        int rank = mean.rank();
        if (rank > 0 && shape.equals(mean.slice(0, rank - 1))) {
            return variance.unsqueeze(-1);
        }
        boolean fits = shape.rank() == 0 || shape.rank() == rank;
        for (int d = 0; fits && d < shape.rank(); d++) {
            fits = shape.size(d) == 1 || shape.size(d) == mean.size(d);
        }
        if (!fits) {
            throw new TensorException("gaussian_nll_loss: variance " + variance.spec() + " for a mean of " + mean
                    + " (expected its shape, or one number for each row); reshape the variance?");
        }
        return variance;
    }

    /** Of numbers that are on the host; a device would have to be waited for. */
    private static void checkNotNegative(Tensor variance) {
        if (variance.device().isCpu()
                && !variance.shape().isEmpty()
                && Autograd.noGrad(() -> Autograd.detach(variance).lt(0).any().itemLong()) != 0) {
            throw new TensorException(
                    "gaussian_nll_loss: a negative variance (expected 0 or more); let the model end in"
                            + " softplus or exp");
        }
    }
}
