package dev.lanewise.tensor;

import dev.lanewise.tensor.op.Source.Distribution;

/** Draws from distributions whose probabilities a {@link Tensor} holds. */
public sealed interface RandomMethods permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * For each probability, a random truth value that is true with that probability: {@link DType#BOOL}. 16-bit types
     * are compared in F32, in whose steps of 2^-24 their probabilities are exact.
     *
     * @param rng the source of random numbers
     * @return a tensor of this one's shape
     * @throws TensorException if the type is not floating-point
     */
    default Tensor bernoulli(Rng rng) {
        Tensor probabilities = wide();
        return probabilities.randLike(rng).lt(probabilities);
    }

    private Tensor wide() {
        DType dtype = self().dtype();
        return dtype == DType.F16 || dtype == DType.BF16 ? self().to(DType.F32) : self();
    }

    /**
     * {@return class numbers drawn with these (unnormalized) probabilities {@code [..., c]}: {@code [..., count]} of {@link
     * DType#I64}} Draws without replacement use the exponential race: the classes whose {@code -log(1 - u) / p} come
     * first (Efraimidis and Spirakis 2006). 16-bit types are drawn in F32, in whose steps no class is lost. Waits for
     * the device to check the probabilities.
     *
     * @param count how many numbers are drawn per row
     * @param replacement whether a class can be drawn again
     * @param rng the source of random numbers
     * @throws TensorException if a probability is negative or not finite, or there are too few above 0: one, or without
     *     replacement as many as are drawn
     */
    default Tensor multinomial(long count, boolean replacement, Rng rng) {
        Shape shape = self().shape();
        if (shape.rank() == 0
                || !self().dtype().isFloating()
                || count < 0
                || count > 0 && shape.size(-1) == 0
                || !replacement && count > shape.size(-1)) {
            throw new TensorException(
                    "multinomial: " + count + " draws from " + self().spec()
                            + " (expected probabilities [..., c], and at most c draws without replacement); check the arguments");
        }
        checkWeights(replacement ? Math.min(count, 1) : count);
        Tensor weights = wide();
        if (!replacement) {
            return waitingTimes(weights, rng).topk(count, -1, false).indices();
        }
        if (shape.with(-1, count).isEmpty()) {
            return Tensor.full(
                    0, DType.I64, self().device(), shape.with(-1, count).toArray());
        }
        // by the largest: the sum of any weights is finite, and above 0
        Tensor cumulative = weights.div(weights.amax(-1, Keep.KEEP)).cumsum(-1);
        Tensor total = cumulative.narrow(-1, shape.size(-1) - 1, 1);
        TensorSpec spec = weights.spec().with(shape.with(-1, count));
        Tensor u = rng.draw(Distribution.UNIFORM, 0, 0, spec, self().device()).mul(total);
        // the last class also takes what rounding puts above the total
        Tensor behind = cumulative.narrow(-1, 0, shape.size(-1) - 1).unsqueeze(-2);
        return behind.le(u.unsqueeze(-1)).sum(-1);
    }

    /** The waiting time in the exponential race for each class of these weights: infinite where the weight is 0. */
    private static Tensor waitingTimes(Tensor weights, Rng rng) {
        double longest = weights.dtype() == DType.F64 ? Double.MAX_VALUE : Float.MAX_VALUE;
        return weights.randLike(rng)
                .neg()
                .log1p()
                .neg()
                .div(weights)
                .clamp(0, longest)
                .maskedFill(weights.eq(0), Double.POSITIVE_INFINITY);
    }

    private void checkWeights(long least) {
        if (self().shape().isEmpty()) {
            return;
        }
        Tensor usable = self().ge(0).and(self().isFinite());
        long fewest = self().gt(0).sum(-1).amin().itemLong();
        if (usable.all().itemLong() == 0 || fewest < least) {
            throw new TensorException("multinomial: probabilities " + self().spec() + " with "
                    + (fewest < least
                            ? fewest + " above 0 in a row (expected " + least + " or more); draw fewer"
                            : "a negative or infinite one or NaN (expected numbers from 0 up); check them"));
        }
    }
}
