package dev.lanewise.nn.loss;

import dev.lanewise.autograd.Autograd;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Reduction;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Connectionist temporal classification (Graves et al. 2006): the negative log-likelihood of a sequence of labels under all its
 * alignments with a longer sequence of log-probabilities, in which labels may be repeated and blanks stand between them.
 *
 * @param blank the class of the blank, usually 0
 * @param reduction {@code MEAN} divides each sample's loss by the number of its labels and averages over the samples, as in
 *     PyTorch
 * @param zeroInfinity whether samples without an alignment, of more labels than steps, count 0 instead of infinity; their
 *     gradient is 0 in either case
 */
public record CtcLoss(long blank, Reduction reduction, boolean zeroInfinity) {
    /** Holds the given values, none of which may be null. */
    public CtcLoss {
        Objects.requireNonNull(reduction, "reduction");
    }

    /** The logarithm of a probability of 0: finite, so that no difference of two is NaN. */
    private static final double NEVER = -1e30;

    /** The mean, with class 0 as blank. */
    public CtcLoss() {
        this(0, Reduction.MEAN, false);
    }

    /**
     * Computes the loss of a batch of sequences.
     *
     * @param logProbabilities {@code [t, n, c]}, what {@code logSoftmax(2)} gives
     * @param labels {@code [n, s]} of type I64 or I32, padded with anything after each sample's labels
     * @param steps {@code [n]} of type I64 or I32: how many steps of each sample count, at most t
     * @param lengths {@code [n]} of type I64 or I32: how many labels each sample has, at most s
     * @return a scalar, or {@code [n]} without reduction
     * @throws TensorException if shapes or types don't fit, or a sample has more steps or labels than there are
     */
    public Tensor of(Tensor logProbabilities, Tensor labels, Tensor steps, Tensor lengths) {
        check(logProbabilities, labels, steps, lengths);
        checkCounts("steps", steps, logProbabilities.shape().size(0));
        checkCounts("labels", lengths, labels.shape().size(1));
        return ofWide(logProbabilities, labels.to(DType.I64), steps.to(DType.I64), lengths.to(DType.I64));
    }

    private Tensor ofWide(Tensor logProbabilities, Tensor labels, Tensor steps, Tensor lengths) {
        Tensor given =
                logProbabilities.dtype().bytes() == Short.BYTES ? logProbabilities.to(DType.F32) : logProbabilities;
        Tensor logp = given.clamp(NEVER, Double.POSITIVE_INFINITY);
        Tensor loss = losses(logp, new Path(labels, lengths, blank, logp), steps, lengths);
        return switch (reduction) {
            case NONE -> loss;
            case SUM -> loss.sum();
            case MEAN ->
                loss.div(lengths.clamp(1L, Long.MAX_VALUE).to(loss.dtype())).mean();
        };
    }

    private Tensor losses(Tensor logp, Path path, Tensor steps, Tensor lengths) {
        long t = logp.shape().size(0);
        Tensor alpha = path.start(logp.select(0, 0));
        for (long step = 1; step < t; step++) {
            Tensor next = path.next(alpha, logp.select(0, step));
            // samples that have ended stay
            alpha = steps.gt(step).unsqueeze(1).where(next, alpha);
        }
        Tensor last = lengths.mul(2L).unsqueeze(1);
        Tensor atBlank = alpha.gather(1, last);
        Tensor beforeBlank = alpha.gather(1, last.sub(1L).clamp(0L, Long.MAX_VALUE));
        Tensor never = atBlank.zerosLike().add(NEVER);
        Tensor atLabel = lengths.gt(0L).unsqueeze(1).where(beforeBlank, never);
        Tensor loss = Tensor.cat(1, atBlank, atLabel).logSumExp(1).neg();
        Tensor impossible = Autograd.detach(loss).gt(-NEVER / 2).or(steps.le(0L).and(lengths.gt(0L)));
        double instead = zeroInfinity ? 0 : Double.POSITIVE_INFINITY;
        Tensor zeros = Autograd.detach(loss).zerosLike();
        Tensor nothing = steps.le(0L).and(lengths.le(0L));
        return nothing.where(zeros, impossible.where(zeros.add(instead), loss));
    }

    /** The labels with blanks between them and at both ends, {@code [n, 2 s + 1]}, and how one may walk along them. */
    private static final class Path {
        private final Tensor classes;
        private final Tensor skips;
        private final Tensor begins;
        private final Tensor never;

        Path(Tensor labels, Tensor lengths, long blank, Tensor logp) {
            long n = labels.shape().size(0);
            long s = labels.shape().size(1);
            Tensor blanks = labels.zerosLike().add(blank);
            Tensor within = Tensor.arange(s, DType.I64, labels.device()).lt(lengths.unsqueeze(1));
            Tensor known = within.where(labels, blanks);
            Tensor end = Tensor.full(blank, DType.I64, labels.device(), n, 1);
            classes = Tensor.cat(1, Tensor.stack(2, blanks, known).flatten(1), end);
            Tensor place = Tensor.arange(2 * s + 1, DType.I64, labels.device());
            Tensor before = classes.roll(2, 1);
            // from a label to the next one, unless they are equal
            skips = place.ge(2L).and(classes.ne(blank)).and(classes.ne(before));
            begins = place.lt(2L).expand(classes.shape());
            never = Tensor.full(NEVER, logp.dtype(), logp.device(), n, 2 * s + 1);
        }

        Tensor start(Tensor logp) {
            return begins.where(logp.gather(1, classes), never);
        }

        Tensor next(Tensor alpha, Tensor logp) {
            long places = never.shape().size(1);
            Tensor one = Tensor.cat(1, never.narrow(1, 0, 1), alpha).narrow(1, 0, places);
            Tensor two = places < 2
                    ? never
                    : Tensor.cat(1, never.narrow(1, 0, 2), alpha).narrow(1, 0, places);
            Tensor reached =
                    Tensor.stack(0, alpha, one, skips.where(two, never)).logSumExp(0);
            return reached.add(logp.gather(1, classes));
        }
    }

    /** Of numbers that are on the host; a device would have to be waited for. */
    private static void checkCounts(String of, Tensor counts, long most) {
        if (!counts.device().isCpu()) {
            return;
        }
        long[] numbers = counts.toLongArray();
        for (int i = 0; i < numbers.length; i++) {
            if (numbers[i] < 0 || numbers[i] > most) {
                throw new TensorException("ctc_loss: " + numbers[i] + " " + of + " of sample " + i + " (expected 0 to "
                        + most + ", as many as were given); check the numbers");
            }
        }
    }

    private void check(Tensor logp, Tensor labels, Tensor steps, Tensor lengths) {
        boolean fits = logp.shape().rank() == 3
                && logp.shape().size(0) > 0
                && labels.shape().rank() == 2
                && labels.shape().size(0) == logp.shape().size(1)
                && steps.shape().rank() == 1
                && steps.shape().equals(lengths.shape())
                && steps.shape().size(0) == logp.shape().size(1)
                && Stream.of(labels, steps, lengths).allMatch(x -> x.dtype() == DType.I64 || x.dtype() == DType.I32);
        if (!fits) {
            throw new TensorException("ctc_loss: log-probabilities " + logp.spec() + ", labels " + labels.spec()
                    + ", steps " + steps.spec() + ", lengths " + lengths.spec()
                    + " (expected [t, n, c], and [n, s], [n] and [n] of I64 or I32); transpose the log-probabilities?");
        }
        if (blank < 0 || blank >= logp.shape().size(2)) {
            throw new TensorException("ctc_loss: blank " + blank + " of "
                    + logp.shape().size(2) + " classes (expected one of them); check its number");
        }
    }
}
