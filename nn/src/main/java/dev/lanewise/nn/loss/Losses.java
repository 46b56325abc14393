package dev.lanewise.nn.loss;

import dev.lanewise.tensor.Autocast;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.OptionalDouble;

/**
 * The losses that are functions of their elements, each for a {@link Reduction}. Prediction and target have one shape.
 * Inside {@link Autocast} they are computed in F32.
 */
public final class Losses {
    private static final String LOGITS = "binary_cross_entropy_with_logits";

    private Losses() {}

    /**
     * The squared differences {@code (p - t)^2} of predictions and targets of one shape.
     *
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss meanSquaredError(Reduction reduction) {
        return reducing("mse_loss", reduction, (p, t) -> p.sub(t).square());
    }

    /**
     * The magnitudes of the differences {@code |p - t|} of predictions and targets of one shape.
     *
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss absoluteError(Reduction reduction) {
        return reducing("l1_loss", reduction, (p, t) -> p.sub(t).abs());
    }

    /**
     * {@code (p - t)^2 / 2 beta} where {@code |p - t| < beta}, else {@code |p - t| - beta / 2} (Girshick 2015,
     * arXiv:1504.08083).
     *
     * @param beta where the parabola ends; with 0 this is {@link #absoluteError}
     * @param reduction how the losses of single elements are combined
     * @return the loss
     * @throws TensorException if beta is negative, infinite or NaN
     */
    public static Loss smoothL1(double beta, Reduction reduction) {
        check("smooth_l1_loss: beta", beta, beta >= 0, "0 or more");
        return beta == 0
                ? absoluteError(reduction)
                : reducing("smooth_l1_loss", reduction, (p, t) -> {
                    Tensor d = p.sub(t);
                    Tensor far = d.abs().sub(0.5 * beta);
                    return d.abs().lt(beta).where(parabola(d, beta).div(beta), far);
                });
    }

    /**
     * {@code (p - t)^2 / 2} where {@code |p - t| <= delta}, else {@code delta (|p - t| - delta / 2)} (Huber 1964).
     *
     * @param delta where the parabola ends, above 0
     * @param reduction how the losses of single elements are combined
     * @return the loss
     * @throws TensorException if delta is not a number above 0
     */
    public static Loss huber(double delta, Reduction reduction) {
        check("huber_loss: delta", delta, delta > 0, "above 0");
        return reducing("huber_loss", reduction, (p, t) -> {
            Tensor d = p.sub(t);
            Tensor far = d.abs().sub(0.5 * delta).mul(delta);
            return d.abs().lt(delta).where(parabola(d, delta), far);
        });
    }

    /** {@code d^2 / 2}, finite even where it is not used: the gradient of an infinite one would be NaN, not 0. */
    private static Tensor parabola(Tensor d, double end) {
        return d.clamp(-end, end).square().mul(0.5);
    }

    static void check(String what, double value, boolean holds, String expected) {
        if (!holds || Double.isInfinite(value)) {
            throw new TensorException(what + " " + value + " (expected a number " + expected + "); check it");
        }
    }

    /**
     * Binary cross-entropy of probabilities p and targets t on [0, 1]: {@code -t log(p) - (1 - t) log(1 - p)},
     * logarithms not below -100 as in PyTorch. Its gradient for p is PyTorch's too,
     * {@code (p - t) / max(p (1 - p), 1e-12)}, finite even where p is 0 or 1. 16-bit types are computed in F32, because
     * F16 has no 1e-12. {@link #binaryCrossEntropyWithLogits} is more accurate where logits are at hand.
     *
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss binaryCrossEntropy(Reduction reduction) {
        Loss wide = (p, t) ->
                BinaryCrossEntropy.of(p.to(DType.F32), t.to(DType.F32)).to(p.dtype());
        Loss same = ofSameType(BinaryCrossEntropy.NAME, BinaryCrossEntropy::of);
        return ofElements(
                BinaryCrossEntropy.NAME,
                reduction,
                (p, t) -> p.dtype().bytes() == Short.BYTES ? wide.of(p, t) : same.of(p, t));
    }

    /**
     * Like {@link #binaryCrossEntropyWithLogits(Reduction)}, with weighted positive targets, for data with few of them:
     * {@code (1 - t) softplus(x) + weight t softplus(-x)}.
     *
     * @param weight usually the number of negative samples over that of positive ones; broadcasts to the prediction
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss binaryCrossEntropyWithLogits(Tensor weight, Reduction reduction) {
        Objects.requireNonNull(weight, "weight");
        return reducing(LOGITS, reduction, (x, t) -> {
            Tensor positive = t.mul(Autocast.widened(weight)).mul(x.neg().softplus());
            return t.rsub(1).mul(x.softplus()).add(positive);
        });
    }

    /**
     * Binary cross-entropy of logits x and targets t on [0, 1]: {@code (1 - t) softplus(x) + t softplus(-x)}, in which
     * nothing cancels, neither in the loss nor in its gradient {@code sigmoid(x) - t}.
     *
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss binaryCrossEntropyWithLogits(Reduction reduction) {
        return reducing(
                LOGITS,
                reduction,
                (x, t) -> t.rsub(1).mul(x.softplus()).add(t.mul(x.neg().softplus())));
    }

    /**
     * Negative log-likelihood of log-probabilities {@code [n, c, ...]} and class numbers {@code [n, ...]} of type I64 or I32.
     *
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss negativeLogLikelihood(Reduction reduction) {
        Objects.requireNonNull(reduction, "reduction");
        return new OfElements(
                "nll_loss", reduction, inF32((logp, classes) -> reduce(ofClasses(logp, classes), reduction)));
    }

    private static Tensor ofClasses(Tensor logp, Tensor classes) {
        checkClasses("nll_loss", logp, classes);
        return logp.gather(1, classes.unsqueeze(1)).squeeze(1).neg();
    }

    private static void checkClasses(String name, Tensor logp, Tensor classes) {
        if (logp.shape().rank() < 2
                || !classes.shape().equals(logp.shape().without(1))
                || classes.dtype() != DType.I64 && classes.dtype() != DType.I32) {
            throw new TensorException(name + ": log-probabilities " + logp.spec() + " and classes " + classes.spec()
                    + " (expected [n, c, ...] and class numbers [n, ...] of I64 or I32); give one class number for"
                    + " each");
        }
    }

    /**
     * Kullback-Leibler divergence of log-probabilities from probabilities: {@code t (log(t) - logp)}, 0 where t is 0.
     *
     * @param batchMean whether the sum is divided by the first size, as the definition requires, rather than reduced
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss klDivergence(boolean batchMean, Reduction reduction) {
        Objects.requireNonNull(reduction, "reduction");
        Loss divergence = (logp, t) -> {
            Tensor positive = t.gt(0);
            Tensor safe = positive.where(t, t.onesLike());
            return t.mul(safe.log()).sub(t.mul(logp));
        };
        return ofBatch(batchMean, reduction, divergence);
    }

    /**
     * Kullback-Leibler divergence of log-probabilities from log-probabilities: {@code exp(t) (t - logp)}, 0 where t is
     * -infinity (PyTorch's {@code kl_div} with {@code log_target}, which is NaN there).
     *
     * @param batchMean whether the sum is divided by the first size, as the definition requires, rather than reduced
     * @param reduction how the losses of single elements are combined
     * @return the loss
     */
    public static Loss klDivergenceOfLogs(boolean batchMean, Reduction reduction) {
        Objects.requireNonNull(reduction, "reduction");
        return ofBatch(batchMean, reduction, (logp, t) -> {
            Tensor finite = t.maskedFill(t.eq(Double.NEGATIVE_INFINITY), 0);
            return t.exp().mul(finite.sub(logp));
        });
    }

    private static Loss ofBatch(boolean batchMean, Reduction reduction, Loss divergence) {
        Loss whole = reducing("kl_div", batchMean ? Reduction.SUM : reduction, divergence);
        return batchMean ? (logp, t) -> whole.of(logp, t).div(logp.shape().size(0)) : whole;
    }

    /**
     * The focal loss of logits x and targets t on [0, 1] (Lin et al. 2017, arXiv:1708.02002): binary cross-entropy times
     * {@code (1 - p_t)^gamma}, with the probability p_t of what is right, and times alpha for positive targets and
     * {@code 1 - alpha} for others; for detections, where almost all samples are easy ones.
     *
     * @param alpha the weight of positive targets, usually 0.25; below 0 for no weights
     * @param gamma how little easy samples count, usually 2
     * @param reduction what becomes of the losses of single elements
     * @return the loss
     * @throws TensorException if gamma is negative or not a number
     */
    public static Loss focal(double alpha, double gamma, Reduction reduction) {
        check("focal_loss: gamma", gamma, gamma >= 0, "0 or more");
        return reducing("focal_loss", reduction, (x, t) -> {
            Tensor p = x.sigmoid();
            Tensor missed = p.mul(t.rsub(1)).add(p.rsub(1).mul(t));
            Tensor entropy = t.rsub(1).mul(x.softplus()).add(t.mul(x.neg().softplus()));
            Tensor loss = gamma == 0 ? entropy : entropy.mul(missed.pow(gamma));
            return alpha < 0 ? loss : loss.mul(t.mul(2 * alpha - 1).add(1 - alpha));
        });
    }

    /**
     * The negative log-likelihood of counts t under a Poisson distribution: {@code exp(x) - t x} of logarithms x of expected
     * counts.
     *
     * @param full whether Stirling's approximation of {@code log(t!)} is added, for counts above 1
     * @param reduction what becomes of the losses of single elements
     * @return the loss
     */
    public static Loss poisson(boolean full, Reduction reduction) {
        return reducing("poisson_nll_loss", reduction, (x, t) -> {
            Tensor loss = x.exp().sub(t.mul(x));
            return full ? loss.add(stirling(t)) : loss;
        });
    }

    /**
     * The negative log-likelihood of counts t under a Poisson distribution, of expected counts themselves: {@code x - t log(x +
     * epsilon)}, PyTorch's with {@code log_input=False}.
     *
     * @param full whether Stirling's approximation of {@code log(t!)} is added, for counts above 1
     * @param epsilon keeps the logarithm finite where x is 0, usually 1e-8
     * @param reduction what becomes of the losses of single elements
     * @return the loss
     * @throws TensorException if epsilon is not a finite number of 0 or more
     */
    public static Loss poissonOfCounts(boolean full, double epsilon, Reduction reduction) {
        check("poisson_nll_loss: epsilon", epsilon, epsilon >= 0, "0 or more");
        return reducing("poisson_nll_loss", reduction, (x, t) -> {
            Tensor loss = x.sub(t.mul(x.add(epsilon).log()));
            return full ? loss.add(stirling(t)) : loss;
        });
    }

    /** {@code t log(t) - t + log(2 pi t) / 2} where t is above 1, else 0. */
    private static Tensor stirling(Tensor t) {
        Tensor many = t.gt(1);
        Tensor safe = many.where(t, t.onesLike());
        Tensor terms =
                safe.mul(safe.log()).sub(safe).add(safe.mul(2 * Math.PI).log().mul(0.5));
        return many.where(terms, t.zerosLike());
    }

    /**
     * Bayesian personalized ranking (Rendle et al. 2009, arXiv:1205.2618): {@code -log(sigmoid(p - n))} of the scores p of
     * items that a user chose, given as prediction, and the scores n of items that the user did not choose, given as target.
     *
     * @param reduction what becomes of the losses of single pairs
     * @return the loss
     */
    public static Loss bayesianPersonalizedRanking(Reduction reduction) {
        return reducing("bpr_loss", reduction, (p, n) -> n.sub(p).softplus());
    }

    private static Loss inF32(Loss loss) {
        return (p, t) -> loss.of(Autocast.widened(p), Autocast.widened(t));
    }

    /** A loss of predictions and targets of one shape and type. */
    static Loss reducing(String name, Reduction reduction, Loss loss) {
        return ofElements(name, reduction, ofSameType(name, loss));
    }

    private static Loss ofSameType(String name, Loss loss) {
        return (p, t) -> {
            checkTypes(name, p, t);
            return loss.of(p, t);
        };
    }

    /** The same where targets may be of another type. */
    static Loss ofElements(String name, Reduction reduction, Loss loss) {
        Objects.requireNonNull(reduction, "reduction");
        return new OfElements(name, reduction, inF32((p, t) -> {
            checkShapes(name, p, t);
            return reduce(loss.of(p, t), reduction);
        }));
    }

    private static void checkTypes(String name, Tensor p, Tensor t) {
        if (p.dtype() != t.dtype()) {
            throw new TensorException(name + ": prediction " + p.spec() + " and target " + t.spec()
                    + " differ in type; cast the target with to(DType." + p.dtype() + ")");
        }
    }

    /** A loss whose mean is over the elements of the target. */
    private record OfElements(String name, Reduction reduction, Loss loss) implements Loss {
        @Override
        public Tensor of(Tensor prediction, Tensor target) {
            return loss.of(prediction, target);
        }

        @Override
        public OptionalDouble averagedOver(Tensor target) {
            return reduction == Reduction.SUM
                    ? OptionalDouble.empty()
                    : OptionalDouble.of(target.shape().elements());
        }

        @Override
        public String toString() {
            return name + "(reduction=" + reduction + ")";
        }
    }

    static void checkShapes(String name, Tensor p, Tensor t) {
        if (!p.shape().equals(t.shape())) {
            throw new TensorException(name + ": prediction " + p.spec() + " and target " + t.spec()
                    + " differ in shape; reshape the target?");
        }
    }

    static Tensor reduce(Tensor loss, Reduction reduction) {
        return switch (reduction) {
            case NONE -> loss;
            case MEAN -> loss.mean();
            case SUM -> loss.sum();
        };
    }
}
