package dev.lanewise.nn.optim;

import dev.lanewise.autograd.Gradients;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** Keeps gradients from becoming large (Pascanu et al. 2012, arXiv:1211.5063). */
public final class Clipping {
    /** Sums of squares below this may have lost squares that are too small for F32. */
    private static final double LEAST_SQUARES = 1e-28;

    private Clipping() {}

    /**
     * Gradients after clipping, and how large they were before.
     *
     * @param gradients the clipped gradients
     * @param norm the Euclidean norm of all before clipping
     */
    public record Clipped(Gradients gradients, double norm) {
        /** Holds the given values, none of which may be null. */
        public Clipped {
            Objects.requireNonNull(gradients, "gradients");
        }
    }

    /**
     * Scales all gradients so that the Euclidean norm of all together is at most {@code most}.
     *
     * @param gradients the gradients
     * @param most the greatest norm, above 0
     * @return the scaled gradients and the norm before clipping
     * @throws TensorException if the norm is not above 0
     */
    public static Clipped byNorm(Gradients gradients, double most) {
        checkPositive(most);
        double norm = norm(gradients);
        double factor = most / (norm + 1e-6);
        return new Clipped(factor >= 1 ? gradients : gradients.map(g -> g.mul(factor)), norm);
    }

    /**
     * Clipped gradients whose norm is not yet known on the host.
     *
     * @param gradients the clipped gradients
     * @param norm the Euclidean norm of all before clipping, a scalar in F64 on their device; empty if it was not
     *     computed
     */
    public record Pending(Gradients gradients, Optional<Tensor> norm) {
        /** Holds the given values, none of which may be null. */
        public Pending {
            Objects.requireNonNull(gradients, "gradients");
            Objects.requireNonNull(norm, "norm");
        }
    }

    /**
     * Like {@link #byNorm}, but without waiting for the device, as a {@linkplain CapturedStep captured step} needs it.
     * All gradients are on one device.
     *
     * @param gradients the gradients
     * @param most the greatest norm, above 0
     * @return the scaled gradients and the norm before clipping
     * @throws TensorException if the norm is not above 0
     */
    public static Pending byPendingNorm(Gradients gradients, double most) {
        checkPositive(most);
        Tensor[] squares = gradients.values().stream()
                .map(gradient -> wide(gradient).square().sum().to(DType.F64))
                .toArray(Tensor[]::new);
        Tensor norm = Tensor.stack(0, squares).sum().sqrt();
        Tensor factor = norm.add(1e-6).reciprocal().mul(most).clamp(0, 1);
        return new Pending(gradients.map(g -> g.mul(factor.to(g.dtype()))), Optional.of(norm));
    }

    /**
     * The Euclidean norm of all gradients together.
     *
     * @param gradients the gradients
     * @return the norm; waits for the device
     */
    public static double norm(Gradients gradients) {
        double norm = 0;
        for (Tensor gradient : gradients.values()) {
            norm = Math.hypot(norm, norm(gradient));
        }
        return norm;
    }

    private static double norm(Tensor gradient) {
        Tensor wide = wide(gradient);
        double squares = wide.square().sum().item();
        boolean ordinary = squares > LEAST_SQUARES && squares < Double.POSITIVE_INFINITY || Double.isNaN(squares);
        if (ordinary || wide.shape().isEmpty()) {
            return Math.sqrt(squares);
        }
        // for squares that are too large or too small for the type
        return wide.norm(IntStream.range(0, wide.shape().rank()).toArray()).item();
    }

    /** Sums of squares of 16-bit numbers need a wider range. */
    private static Tensor wide(Tensor gradient) {
        return gradient.dtype().bytes() == Short.BYTES ? gradient.to(DType.F32) : gradient;
    }

    /**
     * Clips every element of every gradient to between {@code -most} and {@code most}.
     *
     * @param gradients the gradients
     * @param most the greatest magnitude, above 0
     * @return new gradients
     * @throws TensorException if the magnitude is not above 0
     */
    public static Gradients byValue(Gradients gradients, double most) {
        checkPositive(most);
        return gradients.map(g -> g.clamp(-most, most));
    }

    private static void checkPositive(double most) {
        if (!(most > 0)) {
            throw new TensorException("clip: bound " + most + " (expected a number above 0); check it");
        }
    }
}
