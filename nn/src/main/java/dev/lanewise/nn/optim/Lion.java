package dev.lanewise.nn.optim;

import dev.lanewise.nn.Parameter;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.TensorException;
import java.util.List;
import java.util.Objects;

/**
 * Lion (Chen et al. 2023, arXiv:2302.06675, algorithm 2): {@code p -= rate (sign(beta1 m + (1 - beta1) g) + decay p);}
 * {@code m = beta2 m + (1 - beta2) g}. All elements move by the rate, so that it is 3 to 10 times smaller than Adam's, and the
 * weight decay as many times greater.
 */
public final class Lion extends PerParameter {
    /**
     * The hyperparameters other than the learning rate.
     *
     * @param beta1 how much of the running mean counts in the step
     * @param beta2 the mean's decay
     * @param weightDecay scales the parameter
     */
    public record Options(double beta1, double beta2, double weightDecay) {
        /**
         * Checks the ranges of the numbers.
         *
         * @throws TensorException if a beta is not from 0 to below 1, or the weight decay is negative or not finite
         */
        public Options {
            Hyperparameters.decay("lion", "beta1", beta1);
            Hyperparameters.decay("lion", "beta2", beta2);
            Hyperparameters.notNegative("lion", "weight decay", weightDecay);
        }

        /**
         * The paper's defaults: 0.9, 0.99 and no weight decay.
         *
         * @return the options
         */
        public static Options defaults() {
            return new Options(0.9, 0.99, 0);
        }
    }

    private final Options options;

    /**
     * A Lion optimizer of the given parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param parameters the parameters to train
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Lion(List<Parameter> parameters, double rate) {
        this(parameters, rate, Options.defaults());
    }

    /**
     * A Lion optimizer of groups of parameters with the {@linkplain Options#defaults usual} hyperparameters.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Lion(ParameterGroups groups, double rate) {
        this(groups, rate, Options.defaults());
    }

    /**
     * A Lion optimizer of the given parameters, which form one group.
     *
     * @param parameters what is trained
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Lion(List<Parameter> parameters, double rate, Options options) {
        this(ParameterGroups.of(ParameterGroup.of(parameters)), rate, options);
    }

    /**
     * A Lion optimizer of parameters in groups, each of which may have a learning rate and a weight decay of its own.
     *
     * @param groups what is trained, in groups with rates and weight decays of their own
     * @param rate the learning rate, 0 or more
     * @param options the other numbers of the method
     * @throws TensorException if there are no parameters, one occurs twice, or the rate is negative or not finite
     */
    public Lion(ParameterGroups groups, double rate, Options options) {
        super(groups, rate, options.weightDecay, "mean");
        this.options = Objects.requireNonNull(options, "options");
    }

    @Override
    boolean isDecoupled() {
        return true;
    }

    @Override
    Tensor change(Trained p, Tensor g, double rate) {
        Tensor mean = state("mean", p);
        Tensor direction = mean.mul(options.beta1).add(g.mul(1 - options.beta1)).sign();
        track(mean, options.beta2, g);
        return direction.mul(rate);
    }
}
