package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * Adamax (Kingma and Ba 2014, arXiv:1412.6980, section 7.1): {@code m = beta1 m + (1 - beta1) g;}
 * {@code u = max(beta2 u, |g| + epsilon); p -= rate / (1 - beta1^step) m / u}.
 */
public final class Adamax extends PerParameter {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta1 the mean's decay
     * @param beta2 the maximum's decay
     * @param epsilon added to the denominator to keep it from 0
     * @param weightDecay the factor of the L2 penalty
     */
    public record Options(double beta1, double beta2, double epsilon, double weightDecay) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a beta is not from 0 to below 1, or another number is negative or not finite
         */
        public Options {
            Hyperparameters.decay("adamax", "beta1", beta1);
            Hyperparameters.decay("adamax", "beta2", beta2);
            Hyperparameters.notNegative("adamax", "epsilon", epsilon);
            Hyperparameters.notNegative("adamax", "weight decay", weightDecay);
        }

        /**
         * PyTorch's default hyperparameters.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.9, 0.999, 1e-8, 0);
        }
    }

    private final Options options;

    /**
     * An Adamax optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adamax(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * An Adamax optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adamax(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * An Adamax optimizer of the given parameters, which form one group.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adamax(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * An Adamax optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its
     * own.
     *
     * @param groups the parameters to train, in groups with learning rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other hyperparameters
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Adamax(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "mean", "maximum");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor mean = state("mean", p);
        Tensor maximum = state("maximum", p);
        track(mean, options.beta1, g);
        maximum.assign(maximum.mul(options.beta2).maximum(g.abs().add(options.epsilon)));
        return mean.div(maximum).mul(rate / (1 - Math.pow(options.beta1, steps(p))));
    }
}
