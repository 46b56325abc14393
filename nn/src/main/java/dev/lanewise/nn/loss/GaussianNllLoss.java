package dev.lanewise.nn.loss;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.Reduction;
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
     * @param variance 0 or more, of a shape that broadcasts to it
     * @return a scalar, or of the shape of the mean without reduction
     * @throws TensorException if shapes don't fit
     */
    public Tensor of(Tensor mean, Tensor target, Tensor variance) {
        Distances.checkAlike("gaussian_nll_loss", mean, target);
        Tensor v = Distances.wide(variance);
        Tensor raised = Autograd.noGrad(() -> Autograd.detach(v).clamp(epsilon, Double.POSITIVE_INFINITY));
        Tensor safe = v.add(Autograd.noGrad(() -> raised.sub(Autograd.detach(v))));
        Tensor error = Distances.wide(mean).sub(Distances.wide(target)).square();
        Tensor loss = safe.log().add(error.div(safe)).mul(0.5);
        return Losses.reduce(full ? loss.add(0.5 * Math.log(2 * Math.PI)) : loss, reduction);
    }
}
