package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * One minus the Dice coefficient of probabilities p and targets t on [0, 1], {@code [n, ...]} (Milletari et al. 2016,
 * arXiv:1606.04797, with sums for squares): {@code 1 - (2 sum(p t) + smooth) / (sum(p) + sum(t) + smooth)} of each sample. It
 * measures how two masks overlap, however few pixels they have.
 *
 * @param smooth is added on both sides of the fraction, so that empty masks of both have the loss 0; 0 or more, usually 1
 * @param reduction what becomes of the losses of samples
 */
public record DiceLoss(double smooth, Reduction reduction) implements Loss {
    /** Checks the number. */
    public DiceLoss {
        Objects.requireNonNull(reduction, "reduction");
        Losses.check("dice_loss: smooth", smooth, smooth >= 0, "0 or more");
    }

    /** The mean Dice loss, smoothed by 1. */
    public DiceLoss() {
        this(1, Reduction.MEAN);
    }

    @Override
    public Tensor of(Tensor prediction, Tensor target) {
        Losses.checkShapes("dice_loss", prediction, target);
        if (prediction.shape().rank() == 0) {
            throw new TensorException("dice_loss: prediction " + prediction.spec()
                    + " (expected [n, ...], one mask for each sample); add a dimension with unsqueeze(0)?");
        }
        Tensor p = Autocast.widened(prediction).unsqueeze(-1).flatten(1);
        Tensor t = Autocast.widened(target).unsqueeze(-1).flatten(1);
        Tensor both = p.mul(t).sum(1).mul(2).add(smooth);
        Tensor all = p.sum(1).add(t.sum(1)).add(smooth);
        return Losses.reduce(both.div(all).rsub(1), reduction);
    }

    @Override
    public OptionalDouble averagedOver(Tensor target) {
        return reduction == Reduction.SUM ? OptionalDouble.empty() : Loss.super.averagedOver(target);
    }
}
