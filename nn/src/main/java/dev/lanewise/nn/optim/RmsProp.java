package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * RMSprop (Tieleman and Hinton 2012), optionally centered (Graves 2013, arXiv:1308.0850) and with momentum:
 * {@code s = alpha s + (1 - alpha) g^2; p -= rate g / (sqrt(s) + epsilon)}.
 */
public final class RmsProp extends PerParameter {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param alpha the square's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the L2 penalty
     * @param momentum the momentum factor
     * @param centered whether the squared running mean is subtracted from the square; a difference that rounding makes
     *     negative counts as 0, where PyTorch gives NaN
     */
    public record Options(double alpha, double epsilon, double weightDecay, double momentum, boolean centered) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if alpha is not from 0 to 1, or another number is negative or not finite
         */
        public Options {
            Hyperparameters.decayOrOne("rmsprop", "alpha", alpha);
            Hyperparameters.notNegative("rmsprop", "epsilon", epsilon);
            Hyperparameters.notNegative("rmsprop", "weight decay", weightDecay);
            Hyperparameters.notNegative("rmsprop", "momentum", momentum);
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.99, 1e-8, 0, 0, false);
        }
    }

    private final Options options;

    /**
     * An RMSprop optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RmsProp(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An RMSprop optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RmsProp(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An RMSprop optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RmsProp(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An RMSprop optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its
     * own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public RmsProp(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "square", "mean", "momentum");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor square = state("square", p);
        track(square, options.alpha, g.square());
        Tensor variance = square;
        if (options.centered) {
            Tensor mean = state("mean", p);
            track(mean, options.alpha, g);
            // s - m^2 as a product, which does not overflow before s does; rounding can make it negative where
            // gradients hardly change, and its root, NaN, would spoil the parameter
            Tensor deviation = square.sqrt();
            variance = deviation.sub(mean.abs()).mul(deviation.add(mean.abs())).relu();
        }
        Tensor step = g.div(variance.sqrt().add(options.epsilon));
        if (options.momentum > 0) {
            Tensor momentum = state("momentum", p);
            momentum.assign(momentum.mul(options.momentum).add(step));
            step = momentum;
        }
        return step.mul(rate);
    }
}
