package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * Losses that ask for a distance between what is right and what is not. Unless one says otherwise, prediction and target have
 * one shape, and a target is 1 or -1. Inside {@link Autocast} they are computed in F32.
 */
public final class MarginLosses {
    private MarginLosses() {}

    /**
     * {@code max(0, 1 - t p)}, as of support vector machines.
     *
     * @param reduction what becomes of the losses of single elements
     * @return the loss
     */
    public static Loss hinge(Reduction reduction) {
        return Losses.reducing(
                "hinge_loss", reduction, (p, t) -> t.mul(p).rsub(1).relu());
    }

    /**
     * Of distances p: p itself where t is 1, {@code max(0, margin - p)} where t is -1.
     *
     * @param margin the distance that pairs of target -1 should have at least
     * @param reduction what becomes of the losses of single elements
     * @return the loss
     */
    public static Loss hingeEmbedding(double margin, Reduction reduction) {
        return Losses.ofElements(
                "hinge_embedding_loss",
                reduction,
                (p, t) -> t.gt(0).where(p, p.rsub(margin).relu()));
    }

    /**
     * The soft margin loss {@code log(1 + exp(-t p))} of targets -1 and 1.
     *
     * @param reduction what becomes of the losses of single elements
     * @return the loss
     */
    public static Loss softMargin(Reduction reduction) {
        return Losses.reducing(
                "soft_margin_loss", reduction, (p, t) -> t.mul(p).neg().softplus());
    }

    /**
     * Of scores {@code [n, c]} and class numbers of the same shape, of which those before the first -1 in a row are its classes:
     * for a row {@code sum max(0, 1 - (p[y] - p[i])) / c} over its classes y and all other classes i.
     *
     * @param reduction what becomes of the losses of rows
     * @return the loss
     * @throws TensorException (by the loss) if scores and classes are not matrices of the same shape
     */
    public static Loss multiLabelMargin(Reduction reduction) {
        Objects.requireNonNull(reduction, "reduction");
        return new OfRows(reduction, (given, classes) -> {
            checkMatrix("multilabel_margin_loss", given, classes);
            Tensor p = Autocast.widened(given);
            long c = p.shape().size(1);
            // a class number is one of the row's as long as no -1 came before
            Tensor listed = classes.lt(0).to(DType.I64).cumsum(1).eq(0);
            Tensor places = classes.clamp(0L, Math.max(c - 1, 0));
            Tensor isClass =
                    p.zerosLike().scatterAdd(1, places, listed.to(p.dtype())).gt(0);
            Tensor scores = p.gather(1, places);
            Tensor missing = scores.unsqueeze(2).sub(p.unsqueeze(1)).rsub(1).relu();
            Tensor counted = listed.unsqueeze(2).and(isClass.not().unsqueeze(1)).to(p.dtype());
            return Losses.reduce(missing.mul(counted).sum(1, 2).div(c), reduction);
        });
    }

    /**
     * Binary cross-entropy of logits and targets 0 or 1, {@code [n, c]}, averaged over the classes.
     *
     * @param reduction what becomes of the losses of rows
     * @return the loss
     */
    public static Loss multiLabelSoftMargin(Reduction reduction) {
        Objects.requireNonNull(reduction, "reduction");
        Loss entropy = Losses.binaryCrossEntropyWithLogits(Reduction.NONE);
        return new OfRows(reduction, (x, t) -> Losses.reduce(entropy.of(x, t).mean(-1), reduction));
    }

    private static void checkMatrix(String name, Tensor p, Tensor classes) {
        if (p.shape().rank() != 2
                || !p.shape().equals(classes.shape())
                || !classes.dtype().isInteger()) {
            throw new TensorException(name + ": prediction " + p.spec() + " and classes " + classes.spec()
                    + " (expected [n, c] and class numbers [n, c], filled with -1); pad the classes?");
        }
    }

    /** A loss whose mean is over rows. */
    private record OfRows(Reduction reduction, Loss loss) implements Loss {
        @Override
        public Tensor of(Tensor prediction, Tensor target) {
            return loss.of(prediction, target);
        }

        @Override
        public OptionalDouble averagedOver(Tensor target) {
            return reduction == Reduction.SUM ? OptionalDouble.empty() : Loss.super.averagedOver(target);
        }
    }
}
