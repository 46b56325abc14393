package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon): momentum whose steps are made orthogonal, by a few
 * Newton-Schulz iterations, so that all directions of a weight matrix move alike. It is for the matrices of hidden layers;
 * embeddings, output layers and vectors are trained by another optimizer, AdamW for example. PyTorch iterates in BF16; here
 * it is done in F32 (F64 for parameters of that type), as two digits are few to compare results by.
 */
public final class Muon extends PerParameter {
    /** How the learning rate of a matrix {@code [n, m]} follows from its sizes. */
    public enum RateFactor {
        /** {@code sqrt(max(1, n / m))}. */
        ORIGINAL,
        /** {@code 0.2 sqrt(max(n, m))}, with which AdamW's rates and weight decays suit (Liu et al. 2025, arXiv:2502.16982). */
        LIKE_ADAMW
    }

    /**
     * The hyperparameters other than the learning rate.
     *
     * @param momentum the running mean's decay
     * @param nesterov whether to look ahead
     * @param weightDecay scales the parameter
     * @param iterations of Newton and Schulz, 1 or more
     * @param epsilon keeps the norm by which the step is divided first from 0
     * @param rateFactor how the rate follows from a matrix's sizes
     */
    public record Options(
            double momentum,
            boolean nesterov,
            double weightDecay,
            int iterations,
            double epsilon,
            RateFactor rateFactor) {
        /**
         * Checks the numbers.
         *
         * @throws TensorException if there is not at least one iteration, or a number is negative or not finite
         */
        public Options {
            Objects.requireNonNull(rateFactor, "rateFactor");
            Hyperparameters.notNegative("muon", "momentum", momentum);
            Hyperparameters.notNegative("muon", "weight decay", weightDecay);
            Hyperparameters.notNegative("muon", "epsilon", epsilon);
            if (iterations < 1) {
                throw new TensorException("muon: " + iterations + " iterations (expected 1 or more); 5 are usual");
            }
        }

        /**
         * PyTorch's defaults: Nesterov momentum of 0.95, weight decay of 0.1, five iterations.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.95, true, 0.1, 5, 1e-7, RateFactor.ORIGINAL);
        }
    }

    private final Options options;

    /**
     * A Muon optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if a parameter is not a matrix
     */
    public Muon(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * A Muon optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if a parameter is not a matrix
     */
    public Muon(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * A Muon optimizer of the given parameters, which form one group.
     *
     * @param parameters what is trained
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if a parameter is not a matrix
     */
    public Muon(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * A Muon optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its own.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if a parameter is not a matrix
     */
    public Muon(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "mean");
        this.options = options;
        for (Parameter parameter : parameters()) {
            if (parameter.leaf().shape().rank() != 2) {
                throw new TensorException("muon: got a parameter "
                        + parameter.leaf().spec() + " (expected matrices); train the others with another optimizer");
            }
        }
    }

    @Override
    boolean isDecoupled() {
        return true;
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor mean = state("mean", p);
        track(mean, options.momentum, g);
        Tensor step = options.nesterov ? g.mul(1 - options.momentum).add(mean.mul(options.momentum)) : mean;
        DType type = p.value().dtype();
        Tensor wide = type.bytes() == Short.BYTES ? step.to(DType.F32) : step;
        return orthogonal(wide).mul(rate * factor(p)).to(type);
    }

    private double factor(Trained p) {
        double n = p.value().shape().size(0);
        double m = p.value().shape().size(1);
        return switch (options.rateFactor) {
            case ORIGINAL -> Math.sqrt(Math.max(1, n / m));
            case LIKE_ADAMW -> 0.2 * Math.sqrt(Math.max(n, m));
        };
    }

    /** A matrix with the singular vectors of x, whose singular values are between about 0.7 and 1.2. */
    private Tensor orthogonal(Tensor x) {
        boolean tall = x.shape().size(0) > x.shape().size(1);
        Tensor y = tall ? x.transpose() : x;
        y = y.div(y.norm().clamp(options.epsilon, Double.POSITIVE_INFINITY));
        for (int i = 0; i < options.iterations; i++) {
            // an odd polynomial of the singular values with the steepest slope at 0, from the method's description
            Tensor gram = y.matmul(y.transpose());
            Tensor inner = gram.mul(-4.7750).add(gram.matmul(gram).mul(2.0315));
            y = y.mul(3.4445).add(inner.matmul(y));
        }
        return tall ? y.transpose() : y;
    }
}
